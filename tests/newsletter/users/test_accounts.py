"""Users: invited by a link that works once, shut out at once, never overheard."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from newsletter.app import App
from newsletter.errors import NoSuchError, UsageError
from newsletter.models import FailedSignIn, Role, SignIn, User
from newsletter.users import accounts, one_time_codes, passwords, signing_in
from newsletter.users.signing_in import Answer, NotSignedIn, SignedIn
from subscribers.models import AuditEntry
from tests.conftest import Clock

ADDRESS = "kim.exempel@example.org"
PASSWORD = "fyra ord på en rad"
SECRET = one_time_codes.new_secret()
HASH = passwords.hashed(PASSWORD, address=ADDRESS)


def invite(app: App, address: str = ADDRESS, *, role: Role = Role.EDITOR) -> str:
    with app.database.writing() as session:
        _, token = accounts.invite(
            session, address, name="Kim Exempel", role=role, at=app.clock(), actor="tester"
        )
    return token


def accept(app: App, token: str) -> bool:
    with app.database.writing() as session:
        user = accounts.invited(session, token, at=app.clock())
        if user is None:
            return False
        accounts.accept(session, user, password_hash=HASH, secret=SECRET, at=app.clock())
    return True


def sign_in(
    app: App, *, address: str = ADDRESS, password: str = PASSWORD, code: str | None = None,
    network: str = "198.51.100.7",
) -> SignedIn | NotSignedIn:  # fmt: skip
    typed = one_time_codes.code(SECRET, app.clock()) if code is None else code
    return signing_in.sign_in(
        app.database,
        app.keys,
        Answer(address, password, typed, network),
        at=app.clock(),
        asks_for_code=True,
    )


def visitor(app: App, token: str) -> str | None:
    with app.database.reading() as session:
        user = signing_in.signed_in(session, token, at=app.clock())
        return user.name if user else None


@pytest.fixture
def user(app: App) -> None:
    assert accept(app, invite(app))


def test_an_invitation_works_once(app: App) -> None:
    token = invite(app)

    assert accept(app, token)
    assert not accept(app, token)


def test_an_invitation_is_too_old_after_a_day(app: App, clock: Clock) -> None:
    token = invite(app)
    clock.forward(hours=24)

    assert not accept(app, token)


def test_a_new_invitation_makes_the_older_one_worthless(app: App) -> None:
    first, second = invite(app), invite(app)

    assert not accept(app, first)
    assert accept(app, second)


@pytest.mark.usefixtures("user")
def test_a_password_works_until_the_new_invitation_is_used(app: App, clock: Clock) -> None:
    token = invite(app)
    assert isinstance(sign_in(app), SignedIn)

    clock.forward(minutes=1)
    before = sign_in(app)
    accept(app, token)

    assert isinstance(before, SignedIn)
    assert visitor(app, before.token) is None


def test_a_new_user_needs_a_name(app: App) -> None:
    with pytest.raises(UsageError), app.database.writing() as session:
        accounts.invite(session, ADDRESS, name=" ", role=Role.EDITOR, at=app.clock(), actor="x")


@pytest.mark.parametrize(
    ("password", "ok"), [("elva tecken", False), ("tolv tecken!", True), ("å" * 257, False)]
)
def test_length_is_what_a_password_is_judged_by(password: str, ok: bool) -> None:
    if ok:
        assert passwords.is_right(password, passwords.hashed(password, address=ADDRESS))
    else:
        with pytest.raises(UsageError):
            passwords.hashed(password, address=ADDRESS)


@pytest.mark.usefixtures("user")
def test_whoever_can_prove_it_is_signed_in_for_twelve_hours(app: App, clock: Clock) -> None:
    outcome = sign_in(app)

    assert isinstance(outcome, SignedIn)
    assert visitor(app, outcome.token) == "Kim Exempel"
    clock.forward(hours=12)
    assert visitor(app, outcome.token) is None


@pytest.mark.usefixtures("user")
@pytest.mark.parametrize(
    "wrong",
    [{"password": "fel lösenord här"}, {"code": "000000"}, {"address": "robin@example.org"},
     {"address": "no address"}, {"code": ""}],
)  # fmt: skip
def test_every_wrong_answer_is_the_same_answer(app: App, wrong: dict[str, str]) -> None:
    assert sign_in(app, **wrong) == NotSignedIn()


@pytest.mark.usefixtures("user")
def test_a_code_lets_nobody_in_twice(app: App) -> None:
    assert isinstance(sign_in(app), SignedIn)
    assert sign_in(app) == NotSignedIn()


@pytest.mark.usefixtures("user")
def test_who_keeps_guessing_waits_longer_each_time(app: App, clock: Clock) -> None:
    for _ in range(5):
        assert sign_in(app, code="000000") == NotSignedIn()

    waits = []
    for _ in range(5):
        refused = sign_in(app)
        assert isinstance(refused, NotSignedIn)
        assert refused.wait_until is not None
        waits.append((refused.wait_until - clock()).total_seconds() / 60)
        clock.at = refused.wait_until
        assert sign_in(app, code="000000") == NotSignedIn()

    assert waits == [1, 2, 4, 8, 15]


@pytest.mark.usefixtures("user")
def test_guessing_from_one_network_is_counted_over_all_addresses(app: App) -> None:
    for number in range(30):
        sign_in(app, address=f"nobody{number}@example.org")

    refused, elsewhere = sign_in(app), sign_in(app, network="203.0.113.9")

    assert isinstance(refused, NotSignedIn)
    assert refused.wait_until is not None
    assert isinstance(elsewhere, SignedIn)


@pytest.mark.usefixtures("user")
def test_failures_are_forgotten_after_an_hour_and_hold_no_address(app: App, clock: Clock) -> None:
    sign_in(app, code="000000")
    with app.database.reading() as session:
        kept = session.scalars(sa.select(FailedSignIn)).all()
    assert all(len(row.whom) == 32 for row in kept)

    clock.forward(hours=1)
    sign_in(app, code="000000")

    with app.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(FailedSignIn.id))) == 2


@pytest.mark.usefixtures("user")
def test_removing_a_user_shuts_them_out_at_once(app: App, clock: Clock) -> None:
    outcome = sign_in(app)
    assert isinstance(outcome, SignedIn)

    with app.database.writing() as session:
        accounts.remove(session, ADDRESS, at=app.clock(), actor="tester")

    clock.forward(minutes=1)
    assert visitor(app, outcome.token) is None
    assert sign_in(app) == NotSignedIn()
    with app.database.reading() as session:
        assert accounts.every(session) == []
        with pytest.raises(NoSuchError):
            accounts.find(session, ADDRESS)


@pytest.mark.usefixtures("user")
def test_what_is_stored_opens_no_door(app: App) -> None:
    outcome = sign_in(app)
    assert isinstance(outcome, SignedIn)

    with app.database.reading() as session:
        row, user = session.scalars(sa.select(SignIn)).one(), session.scalars(sa.select(User)).one()

    assert outcome.token.encode() not in row.token_hash
    assert (user.password_hash or "").startswith("$argon2id$")


@pytest.mark.usefixtures("user")
def test_the_audit_log_tells_of_it_by_id(app: App) -> None:
    sign_in(app)

    with app.database.reading() as session:
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()

    assert [entry.action for entry in entries] == [
        "user.added", "user.accepted_invitation", "user.signed_in",
    ]  # fmt: skip
    assert {entry.subject for entry in entries} == {"user:1"}


def test_a_used_up_sign_in_is_swept_out_by_the_next(app: App, clock: Clock) -> None:
    accept(app, invite(app))
    sign_in(app)
    clock.at += timedelta(hours=13)
    sign_in(app)

    with app.database.reading() as session:
        assert session.scalar(sa.select(sa.func.count(SignIn.id))) == 1
