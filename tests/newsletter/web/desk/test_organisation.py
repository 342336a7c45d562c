"""The organisation's own sign-in: whoever it proves comes in, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from joserfc.jwk import OctKey
from pydantic import SecretStr
from starlette.testclient import TestClient

from newsletter import settings as settings_module
from newsletter.app import App
from newsletter.errors import SettingsError
from newsletter.models import Role, SignIn, User
from newsletter.settings import OidcSettings
from newsletter.users import accounts
from newsletter.users.errand import Errand, ProviderError, UnprovenError
from newsletter.users.provider import Provider
from newsletter.web.desk.addresses import (
    DESK,
    ORGANISATION,
    ORGANISATION_ANSWER,
    ORGANISATION_SIGN_OUT,
    SIGN_IN,
)
from subscribers.models import AuditEntry
from tests.conftest import Clock
from tests.newsletter.web.conftest import client_of
from tests.newsletter.web.desk.conftest import Editor, Hire
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, OTHER_KEY, OidcProvider, running

ADDRESS = "kim.exempel@example.org"
ANNA = {"sub": "anna-1", "email": ADDRESS, "email_verified": True, "name": "Kim Exempel"}
#: What is believed does not depend on the database.
ON_ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Visit: TypeAlias = Callable[..., TestClient]


@pytest.fixture
def provider(clock: Clock) -> Iterator[OidcProvider]:
    with running() as provider:
        provider.now = lambda: clock().timestamp()
        provider.claims = dict(ANNA)
        yield provider


@pytest.fixture
def visit(app: App, provider: OidcProvider) -> Iterator[Visit]:
    """A browser at a desk that knows the provider, with these settings."""
    with ExitStack() as clients:

        def open_browser(*, passwords: bool = True, **values: Any) -> TestClient:
            oidc = OidcSettings(
                issuer=provider.issuer,
                client_id=CLIENT_ID,
                client_secret=SecretStr(CLIENT_SECRET),
                **values,
            )
            desk = app.settings.desk.model_copy(update={"oidc": oidc, "passwords": passwords})
            settings = app.settings.model_copy(update={"desk": desk})
            return clients.enter_context(client_of(replace(app, settings=settings)))

        yield open_browser


def sign_in(client: TestClient, provider: OidcProvider, *, onward: str = "") -> Any:
    """Go to the provider and back."""
    sent = client.get(ORGANISATION, params={"vidare": onward} if onward else {})
    assert sent.status_code == 303, sent.text
    back = urlsplit(provider.consent(sent.headers["location"]))
    return client.get(f"{back.path}?{back.query}")


def invite(app: App, *, address: str = ADDRESS, role: Role = Role.EDITOR) -> None:
    with app.database.writing() as session:
        accounts.invite(
            session, address, name="Kim Exempel", role=role, at=app.clock(), actor="tester"
        )


def users(app: App) -> list[User]:
    with app.database.reading() as session:
        found = list(accounts.every(session))
        session.expunge_all()
    return found


def sign_ins(app: App) -> int:
    with app.database.reading() as session:
        return session.scalar(sa.select(sa.func.count(SignIn.id))) or 0


def test_an_invited_user_comes_in_and_goes_on_to_what_they_asked_for(
    app: App, provider: OidcProvider, visit: Visit
) -> None:
    invite(app)
    client = visit()

    answer = sign_in(client, provider, onward="/redaktion/2026-01/skriv?nyhet=3")

    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/redaktion/2026-01/skriv?nyhet=3"
    assert "Kim Exempel" in client.get(DESK).text
    with app.database.reading() as session:
        last = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last is not None
    assert (last.action, last.details) == ("user.signed_in", {"by": "oidc"})


@ON_ONE
@pytest.mark.parametrize("onward", ["https://example.net/", "//example.net", "/redaktion//x"])
def test_the_way_back_leads_nowhere_else(
    app: App, provider: OidcProvider, visit: Visit, onward: str
) -> None:
    invite(app)

    assert sign_in(visit(), provider, onward=onward).headers["location"] == DESK


def wrong(**claims: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A lie: the token says this instead."""

    def lie(told: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in (told | claims).items() if value is not None}

    return lie


@ON_ONE
@pytest.mark.parametrize(
    "lie",
    [
        wrong(iss="https://other.example.net"), wrong(iss=None),
        wrong(aud="another program"), wrong(aud=None), wrong(aud=["newsletter", "another"]),
        wrong(azp="another program"), wrong(aud="another program", azp=CLIENT_ID),
        wrong(exp=1_000_000_000), wrong(exp=None), wrong(nbf=4_000_000_000), wrong(iat=None),
        wrong(nonce="of another errand"), wrong(nonce=None),
        wrong(sub=None), wrong(sub=""), wrong(sub="x" * 256), wrong(sub=7),
        wrong(at_hash="of another token"),
    ],
)  # fmt: skip
def test_a_token_that_was_made_for_something_else_proves_nothing(
    app: App, provider: OidcProvider, visit: Visit, lie: Callable[..., dict[str, Any]]
) -> None:
    invite(app)
    provider.lie = lie

    answer = sign_in(visit(), provider)

    assert answer.status_code == 401
    assert "Du är inte inloggad." in answer.text
    assert sign_ins(app) == 0


@ON_ONE
@pytest.mark.parametrize("forged", ["other key", "shared secret", "none"])
def test_a_token_that_the_provider_did_not_sign_proves_nothing(
    app: App, provider: OidcProvider, visit: Visit, forged: str
) -> None:
    invite(app)
    if forged == "other key":
        provider.key = OTHER_KEY
    elif forged == "shared secret":
        provider.algorithm, provider.key = "HS256", OctKey.import_key(CLIENT_SECRET * 3)
    else:
        provider.algorithm = "none"

    assert sign_in(visit(), provider).status_code == 401
    assert sign_ins(app) == 0


@ON_ONE
def test_an_answer_to_nobodys_errand_is_not_even_asked_about(
    app: App, provider: OidcProvider, visit: Visit
) -> None:
    invite(app)
    mine, others = visit(), visit()
    way = mine.get(ORGANISATION).headers["location"]
    back = urlsplit(provider.consent(way))
    others.get(ORGANISATION)
    provider.asked.clear()

    for query in (back.query, f"{back.query}x", "code=x", "error=server_error&state=x", ""):
        assert others.get(f"{ORGANISATION_ANSWER}?{query}").status_code == 401

    assert provider.asked == []
    assert sign_ins(app) == 0


@ON_ONE
def test_an_answer_is_taken_once(app: App, provider: OidcProvider, visit: Visit) -> None:
    invite(app)
    client = visit()
    back = urlsplit(provider.consent(client.get(ORGANISATION).headers["location"]))
    first = client.get(f"{back.path}?{back.query}")

    assert first.status_code == 303
    assert client.get(f"{back.path}?{back.query}").status_code == 401


@ON_ONE
def test_who_turns_back_is_told_calmly(visit: Visit) -> None:
    client = visit()
    way = parse_qs(urlsplit(client.get(ORGANISATION).headers["location"]).query)

    page = client.get(
        ORGANISATION_ANSWER, params={"error": "access_denied", "state": way["state"][0]}
    )

    assert page.status_code == 403
    assert "Du avbröt" in page.text


@ON_ONE
@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/.well-known/openid-configuration", (500, b"")),
        ("/.well-known/openid-configuration", (200, b"<html>")),
        ("/.well-known/openid-configuration", (200, b"[]")),
        ("/.well-known/openid-configuration", (200, b'{"issuer": "https://other.example.net"}')),
        ("/.well-known/openid-configuration", (200, b" " * 300_000)),
        ("/.well-known/openid-configuration", (302, b"")),
    ],
)
def test_a_provider_that_cannot_be_used_is_said_to_be_away(
    provider: OidcProvider, visit: Visit, path: str, answer: tuple[int, bytes]
) -> None:
    provider.instead[path] = answer

    page = visit().get(ORGANISATION)

    assert page.status_code == 503
    assert "fungerar inte just nu" in page.text
    assert "Referensnummer" in page.text


@ON_ONE
def test_a_provider_that_is_gone_is_said_to_be_away(app: App) -> None:
    gone = Provider(OidcSettings(issuer="http://127.0.0.1:9", client_id="x"))

    with pytest.raises(ProviderError):
        gone.way_out("https://example.org", at=app.clock())


@ON_ONE
@pytest.mark.parametrize("endpoint", ["http://login.example.org/token", "file:///etc/passwd", 7])
def test_a_secret_goes_nowhere_unsafe(
    app: App, provider: OidcProvider, visit: Visit, endpoint: object
) -> None:
    invite(app)
    provider.instead["/.well-known/openid-configuration"] = (
        200, json.dumps(provider.metadata | {"token_endpoint": endpoint}).encode(),
    )  # fmt: skip

    assert sign_in(visit(), provider).status_code == 503


@ON_ONE
def test_who_was_not_invited_stays_outside(app: App, provider: OidcProvider, visit: Visit) -> None:
    answer = sign_in(visit(), provider)

    assert answer.status_code == 403
    assert "Be den som sköter nyhetsbrevet att bjuda in dig." in answer.text
    assert users(app) == []


def test_who_was_removed_stays_outside_whatever_the_groups_say(
    app: App, provider: OidcProvider, visit: Visit
) -> None:
    provider.claims["groups"] = ["Redaktion"]
    client = visit(roles={"Redaktion": "editor"}, adds_users=True)
    assert sign_in(client, provider).status_code == 303
    with app.database.writing() as session:
        accounts.remove(session, ADDRESS, at=app.clock(), actor="tester")

    assert sign_in(client, provider).status_code == 403
    provider.claims["email"] = "another@example.org"
    assert sign_in(client, provider).status_code == 403


def test_groups_give_the_role_at_every_sign_in(
    app: App, provider: OidcProvider, visit: Visit
) -> None:
    client = visit(roles={"Redaktion": "editor", "Chefer": "approver"}, adds_users=True)
    seen = []
    for groups in (["Redaktion", "Chefer", "Annat"], "Redaktion", ["Annat"], [], None, [7]):
        provider.claims["groups"] = groups
        seen.append((sign_in(client, provider).status_code, users(app)[0].role))

    assert seen == [(303, Role.APPROVER), (303, Role.EDITOR), *[(403, Role.EDITOR)] * 4]


@ON_ONE
def test_groups_add_nobody_unless_the_settings_say_so(
    app: App, provider: OidcProvider, visit: Visit
) -> None:
    provider.claims["groups"] = ["Redaktion"]

    assert sign_in(visit(roles={"Redaktion": "editor"}), provider).status_code == 403
    assert users(app) == []


def test_the_account_counts_from_then_on_and_not_the_address(
    app: App, provider: OidcProvider, visit: Visit
) -> None:
    invite(app)
    client = visit()
    assert sign_in(client, provider).status_code == 303

    provider.claims["email"] = "kim.nyttnamn@example.org"
    same_person = sign_in(client, provider)
    provider.claims |= {"email": ADDRESS, "sub": "somebody-else"}
    same_address = sign_in(client, provider)

    assert same_person.status_code == 303
    assert same_address.status_code == 403
    # A new invitation lets the next account in.
    invite(app)
    assert sign_in(client, provider).status_code == 303


@ON_ONE
@pytest.mark.parametrize("told", [{"email": None}, {"email_verified": False}, {"email": "kim"}])
def test_an_address_that_is_not_proved_lets_nobody_in(
    app: App, provider: OidcProvider, visit: Visit, told: dict[str, Any]
) -> None:
    invite(app)
    provider.claims |= told

    assert sign_in(visit(), provider).status_code == 403


@ON_ONE
def test_userinfo_is_asked_for_what_the_token_lacks(
    app: App, provider: OidcProvider, visit: Visit
) -> None:
    invite(app)
    provider.claims = {"sub": "anna-1"}
    provider.userinfo = {"email": ADDRESS}
    assert sign_in(visit(), provider).status_code == 303

    provider.userinfo = {"email": ADDRESS, "sub": "somebody-else"}
    assert sign_in(visit(), provider).status_code == 401


@ON_ONE
def test_signing_out_leads_out_of_the_organisation_as_well(
    app: App, provider: OidcProvider, visit: Visit
) -> None:
    invite(app)
    client = visit()
    sign_in(client, provider)
    editor = Editor(app, client, ADDRESS)
    editor.answer = client.get(DESK).text.partition('name="svar" value="')[2][:64]

    left = editor.post("/redaktion/logga-ut")
    page = client.get(left).text
    out = client.get(ORGANISATION_SIGN_OUT).headers["location"]

    assert ORGANISATION_SIGN_OUT in page
    assert out.startswith(f"{provider.issuer}/logout?client_id=newsletter&")
    assert parse_qs(urlsplit(out).query)["post_logout_redirect_uri"] == [
        f"{app.settings.base_url}{SIGN_IN}"
    ]


@ON_ONE
def test_passwords_can_be_turned_off(hire: Hire, visit: Visit) -> None:
    editor = hire()
    editor.client = visit(passwords=False)

    assert editor.sign_in() == 401
    page = editor.client.get(SIGN_IN).text
    assert 'name="losenord"' not in page
    assert "Logga in med organisationens konto" in page
    assert editor.client.get("/redaktion/valkommen/x").headers["location"] == SIGN_IN


@ON_ONE
def test_without_a_provider_there_is_no_way_to_one(client: TestClient) -> None:
    for path in (ORGANISATION, ORGANISATION_ANSWER, ORGANISATION_SIGN_OUT):
        assert client.get(path).status_code == 404
    assert "organisationens konto" not in client.get(SIGN_IN).text


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('[desk.oidc]\nissuer = "http://login.example.org"\nclient_id = "x"', "like https://"),
        ('[desk.oidc]\nissuer = "https://login.example.org"', "both be there"),
        ('[desk.oidc]\nisuer = "x"', "Did you mean issuer?"),
        ('[desk.oidc]\nissuer = "https://a.example.org"\nclient_id = "x"\nadds_users = true',
         "needs roles"),
        ("[desk]\npasswords = false", "nobody comes in"),
    ],
)  # fmt: skip
def test_settings_that_would_let_in_too_many_or_nobody_are_refused(
    tmp_path: Path, lines: str, says: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        settings_module.of_text(lines, tmp_path / "newsletter.toml")

    assert says in refused.value.sentence.in_english()


@ON_ONE
def test_the_secret_is_read_from_its_file(tmp_path: Path, app: App, provider: OidcProvider) -> None:
    (tmp_path / "secret").write_text(f"{CLIENT_SECRET}\n")
    settings = settings_module.of_text(
        f'secret = "{"x" * 40}"\n[desk.oidc]\nissuer = "{provider.issuer}"\n'
        f'client_id = "{CLIENT_ID}"\nclient_secret_file = "secret"',
        tmp_path / "newsletter.toml",
    )
    asked = Provider(settings.desk.oidc)
    errand = Errand("s", "https://example.org/back")
    back = dict(
        pair.split("=")
        for pair in urlsplit(provider.consent(asked.way_in(errand, at=app.clock()))).query.split(
            "&"
        )
        if not pair.startswith("iss")
    )

    assert asked.who_came_back(errand, back, at=app.clock()).address == ADDRESS
    with pytest.raises(UnprovenError):
        asked.who_came_back(errand, back, at=app.clock())
