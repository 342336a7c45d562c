"""Sign in with address, password and code; stay signed in for a working day; sign out.

A wrong answer never says which part was wrong, and takes as long as a right one. Who keeps
guessing waits longer each time: per address and per network, counted in the database, so that
neither a restart nor a second process gives new tries.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.database import Database
from newsletter.models import FailedSignIn, SignIn, User
from newsletter.users import one_time_codes, passwords
from newsletter.users.accounts import token_hash
from subscribers import addresses, audit
from subscribers.errors import AddressError
from subscribers.tokens import Keys

#: How long somebody stays signed in; a working day, however often they come.
SIGNED_IN_FOR = timedelta(hours=12)
#: Failures are counted for this long.
REMEMBERED = timedelta(hours=1)
#: Tries that are free; then each failure doubles the wait, from a minute to a quarter of an hour.
FREE_TRIES = 5
#: A network is many people.
FREE_TRIES_OF_A_NETWORK = 30
_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody typed at the door."""

    address: str
    password: str
    code: str
    #: Where they come from, in any form that is the same every time.
    network: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The door opened: the token to keep in a cookie."""

    user_id: int
    token: str


@dataclass(frozen=True, slots=True)
class NotSignedIn:
    """The door stayed shut."""

    #: Not before this time; None: the answer was wrong.
    wait_until: datetime | None = None


def sign_in(
    database: Database, keys: Keys, answer: Answer, *, at: datetime, asks_for_code: bool
) -> SignedIn | NotSignedIn:
    """Open the door to whoever can prove to be a user; the slow part holds no transaction."""
    whom = _counted_as(keys, answer)
    with database.reading() as session:
        wait_until = _wait_until(session, whom, at=at)
        user = _user(session, answer.address)
    if wait_until is not None:
        return NotSignedIn(wait_until)
    right = passwords.is_right(answer.password, user.password_hash if user else None)
    with database.writing() as session:
        # Read again: the code must not be used twice, nor the user be removed meanwhile.
        user = _user(session, answer.address)
        if user is None or not right or not _code_is_right(user, answer, at, asks_for_code):
            _count_failure(session, whom, at=at)
            return NotSignedIn()
        session.execute(sa.delete(FailedSignIn).where(FailedSignIn.whom == whom[0]))
        return begin(session, user, at=at)


def begin(session: Session, user: User, *, at: datetime, by: str = "password") -> SignedIn:
    """Sign in a user who has proved who they are; `by` is how, for the audit log."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(user_id=user.id, token_hash=token_hash(token), began_at=at, until=at + SIGNED_IN_FOR)
    )
    session.execute(sa.delete(SignIn).where(SignIn.until <= at))
    audit.record(
        session,
        at=at,
        actor=user.name,
        action="user.signed_in",
        subject=f"user:{user.id}",
        details={"by": by},
    )
    return SignedIn(user.id, token)


def signed_in(session: Session, token: str, *, at: datetime) -> User | None:
    """Return who is signed in with a token; None: nobody, or not any more."""
    return session.scalar(
        sa.select(User)
        .join(SignIn, SignIn.user_id == User.id)
        .where(SignIn.token_hash == token_hash(token), SignIn.until > at, User.removed_at.is_(None))
    )


def every(session: Session, user: User, *, at: datetime) -> Sequence[SignIn]:
    """Return the sign-ins of a user that hold, newest first."""
    return session.scalars(
        sa.select(SignIn)
        .where(SignIn.user_id == user.id, SignIn.until > at)
        .order_by(SignIn.began_at.desc(), SignIn.id.desc())
    ).all()


def counted(session: Session, *, at: datetime) -> dict[int, int]:
    """Count the sign-ins that hold, by user."""
    rows = session.execute(
        sa.select(SignIn.user_id, sa.func.count()).where(SignIn.until > at).group_by(SignIn.user_id)
    )
    return dict(rows.all())


def end_one(session: Session, user: User, sign_in_id: int) -> None:
    """End one of a user's own sign-ins; nothing happens if it is not theirs."""
    session.execute(sa.delete(SignIn).where(SignIn.id == sign_in_id, SignIn.user_id == user.id))


def sign_out(session: Session, token: str) -> None:
    """End one sign-in."""
    session.execute(sa.delete(SignIn).where(SignIn.token_hash == token_hash(token)))


def _user(session: Session, address: str) -> User | None:
    try:
        key = addresses.read(address).key
    except AddressError:
        return None
    return session.scalar(sa.select(User).where(User.address_key == key, User.removed_at.is_(None)))


def _code_is_right(user: User, answer: Answer, at: datetime, asks_for_code: bool) -> bool:
    if not asks_for_code:
        return True
    if user.code_secret is None:
        return False
    step = one_time_codes.step_of(answer.code, user.code_secret, at=at, after=user.last_code_step)
    user.last_code_step = step or user.last_code_step
    return step is not None


def _counted_as(keys: Keys, answer: Answer) -> tuple[bytes, bytes]:
    """Return what failures are counted by: keyed hashes of the address and of the network."""
    folded = addresses.folded(answer.address.strip())
    return keys.pseudonym(f"sign-in {folded}"), keys.pseudonym(f"sign-in from {answer.network}")


def _wait_until(session: Session, whom: Sequence[bytes], *, at: datetime) -> datetime | None:
    waits = []
    for counted, free in zip(whom, (FREE_TRIES, FREE_TRIES_OF_A_NETWORK), strict=True):
        failures = session.scalars(
            sa.select(FailedSignIn.at)
            .where(FailedSignIn.whom == counted, FailedSignIn.at > at - REMEMBERED)
            .order_by(FailedSignIn.at)
        ).all()
        if len(failures) >= free:
            wait = _SHORTEST_WAIT * 2 ** min(len(failures) - free, 10)
            waits.append(failures[-1] + min(wait, _LONGEST_WAIT))
    return max((until for until in waits if until > at), default=None)


def _count_failure(session: Session, whom: Sequence[bytes], *, at: datetime) -> None:
    session.execute(sa.delete(FailedSignIn).where(FailedSignIn.at <= at - REMEMBERED))
    session.add_all([FailedSignIn(whom=counted, at=at) for counted in whom])
