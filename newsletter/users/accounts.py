"""Invite, list and remove the users of the desk.

Nobody sets another person's password: an invitation is a link that works once, for a day, and
whoever opens it chooses a password and connects an app. A new invitation is also what helps
somebody who forgot theirs.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.errors import NoSuchError, UsageError
from newsletter.models import Role, SignIn, User
from subscribers import addresses, audit
from subscribers.addresses import Address

#: How long an invitation works.
INVITED_FOR = timedelta(hours=24)


def invite(
    session: Session,
    address: str,
    *,
    name: str,
    role: Role,
    at: datetime,
    actor: str,
) -> tuple[User, str]:
    """Add a user, or invite one again; return them and the token of their invitation.

    Somebody who is already there keeps name, role and password until the invitation is used.

    Raises AddressError: not an address; UsageError: a new user without a name.
    """
    read = addresses.read(address)
    user = session.scalar(sa.select(User).where(User.address_key == read.key))
    action = "user.invited"
    if user is None or user.removed_at is not None:
        if not name.strip():
            raise UsageError(
                "A new user needs a name, which approvals are signed with. Nobody was added. "
                "Add --name NAME."
            )
        user = user or _new(session, read, at=at)
        user.name, user.role, user.removed_at = " ".join(name.split()), role, None
        action = "user.added"
    # Another account of the organisation may be theirs now; the next one that signs in is.
    user.organisation_account = None
    token = secrets.token_urlsafe(32)
    user.invitation_hash, user.invited_until = token_hash(token), at + INVITED_FOR
    session.flush()
    _log(session, user, action, at=at, actor=actor)
    return user, token


def add_member(
    session: Session, address: Address, *, name: str, role: Role, at: datetime, actor: str
) -> User:
    """Add somebody who needs no invitation: the organisation's own sign-in knows them."""
    user = _new(session, address, at=at)
    user.name, user.role = " ".join(name.split()) or address.written, role
    session.flush()
    _log(session, user, "user.added", at=at, actor=actor)
    return user


def invited(session: Session, token: str, *, at: datetime) -> User | None:
    """Return whose invitation this is; None if it is nobody's, used or too old."""
    return session.scalar(
        sa.select(User).where(
            User.invitation_hash == token_hash(token),
            User.invited_until > at,
            User.removed_at.is_(None),
        )
    )


def accept(
    session: Session, user: User, *, password_hash: str, secret: str | None, at: datetime
) -> None:
    """Let an invited user in with what they chose; the invitation works no more.

    Whoever was signed in as them is signed out. `secret` is None where no second factor is asked.
    """
    user.password_hash, user.code_secret, user.last_code_step = password_hash, secret, None
    user.invitation_hash = user.invited_until = None
    end_every_sign_in(session, user)
    _log(session, user, "user.accepted_invitation", at=at, actor=user.name)


def change_role(session: Session, user: User, role: Role, *, at: datetime, actor: str) -> None:
    """Give a user another role, from their next page on."""
    user.role = role
    _log(session, user, "user.role_changed", at=at, actor=actor)


def remove(session: Session, address: str, *, at: datetime, actor: str) -> User:
    """Shut a user out at once; the name stays for what they approved.

    Raises NoSuchError: there is no such user.
    """
    user = find(session, address)
    user.removed_at = at
    user.password_hash = user.code_secret = user.invitation_hash = user.invited_until = None
    end_every_sign_in(session, user)
    _log(session, user, "user.removed", at=at, actor=actor)
    return user


def find(session: Session, address: str) -> User:
    """Return the user with an address.

    Raises AddressError: not an address; NoSuchError: there is no such user.
    """
    key = addresses.read(address).key
    user = session.scalar(sa.select(User).where(User.address_key == key, User.removed_at.is_(None)))
    if user is None:
        raise NoSuchError(
            "No user has that address. Nothing was changed. See all: newsletter users list"
        )
    return user


def every(session: Session) -> Sequence[User]:
    """Return all users, by name."""
    return session.scalars(
        sa.select(User).where(User.removed_at.is_(None)).order_by(User.name, User.id)
    ).all()


def sign_out_everywhere(session: Session, user: User, *, at: datetime, actor: str) -> None:
    """End every sign-in of a user at once; they can sign in again."""
    end_every_sign_in(session, user)
    _log(session, user, "user.signed_out_everywhere", at=at, actor=actor)


def end_every_sign_in(session: Session, user: User) -> None:
    """Sign a user out everywhere."""
    session.execute(sa.delete(SignIn).where(SignIn.user_id == user.id))


def token_hash(token: str) -> bytes:
    """Return what is stored of a random token: whoever reads the database cannot use it."""
    return hashlib.sha256(token.encode()).digest()


def _new(session: Session, address: Address, *, at: datetime) -> User:
    user = User(
        address=address.written,
        address_key=address.key,
        name="",
        role=Role.EDITOR,
        created_at=at,
    )
    session.add(user)
    return user


def _log(session: Session, user: User, action: str, *, at: datetime, actor: str) -> None:
    audit.record(
        session,
        at=at,
        actor=actor,
        action=action,
        subject=f"user:{user.id}",
        details={"role": user.role.value},
    )
