"""The door: nobody comes in without proof, no other site can act for who is in."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from newsletter.app import App
from newsletter.models import Issue, Role
from newsletter.users import accounts, one_time_codes
from newsletter.web.desk.addresses import DESK, SIGN_IN, SIGN_OUT, welcome_path
from tests.newsletter.web.conftest import everything_in
from tests.newsletter.web.desk.conftest import PASSWORD, Editor, Hire


def issues_in(app: App) -> int:
    with app.database.reading() as session:
        return session.scalar(sa.select(sa.func.count(Issue.id))) or 0


def test_who_is_not_signed_in_is_shown_the_sign_in_and_comes_back(
    client: TestClient,
) -> None:
    response = client.get("/redaktion?lang=en")

    assert response.status_code == 303
    assert (
        response.headers["location"] == f"{SIGN_IN}?vidare={quote('/redaktion?lang=en', safe='')}"
    )
    assert "text/html" in client.get(response.headers["location"]).headers["content-type"]


def test_the_right_answers_open_the_door(hire: Hire) -> None:
    editor = hire()

    assert editor.sign_in() == 303
    assert "Kim Exempel" in editor.see(DESK)


def test_a_wrong_answer_says_so_without_saying_which(hire: Hire) -> None:
    editor = hire()

    page = editor.client.post(
        SIGN_IN, data={"adress": editor.address, "losenord": "fel", "kod": "1"}
    )

    assert page.status_code == 401
    assert "Adressen, lösenordet och koden hör inte ihop." in page.text
    assert "kim.exempel@example.org" in page.text
    assert "set-cookie" not in page.headers


@pytest.mark.parametrize(
    "onward",
    ["https://example.net/", "//example.net/redaktion", "/redaktion//example.net", "/redaktionen",
     "/redaktion/\\example.net", "/avsluta/x", "javascript:alert(1)", "/redaktion/../avsluta"],
)  # fmt: skip
def test_the_sign_in_leads_nowhere_else(hire: Hire, onward: str) -> None:
    editor = hire()
    code = one_time_codes.code(_secret_of(editor.app), editor.app.clock())

    response = editor.client.post(
        SIGN_IN,
        data={"adress": editor.address, "losenord": PASSWORD, "kod": code, "vidare": onward},
    )

    assert response.headers["location"] == DESK


def _secret_of(app: App) -> str:
    with app.database.reading() as session:
        return accounts.every(session)[0].code_secret or ""


def test_the_cookie_is_for_the_desk_alone_and_no_script_reads_it(hire: Hire) -> None:
    editor = hire()
    code = one_time_codes.code(_secret_of(editor.app), editor.app.clock())

    response = editor.client.post(
        SIGN_IN, data={"adress": editor.address, "losenord": PASSWORD, "kod": code}
    )

    cookie = response.headers["set-cookie"].lower()
    for part in ("__secure-desk=", "httponly", "secure", "samesite=lax", "path=/redaktion"):
        assert part in cookie, part


def test_signing_out_ends_the_sign_in_on_the_server_too(editor: Editor) -> None:
    cookies = dict(editor.client.cookies)

    assert editor.post(SIGN_OUT) == SIGN_IN

    editor.client.cookies.update(cookies)
    assert editor.client.get(DESK).status_code == 303


@pytest.mark.parametrize("answer", ["", "0" * 64, "å"])
def test_a_form_without_the_answer_does_nothing(editor: Editor, app: App, answer: str) -> None:
    response = editor.client.post(DESK, data={"svar": answer})

    assert response.status_code == 400
    assert issues_in(app) == 0


def test_a_form_from_another_site_does_nothing(editor: Editor, app: App) -> None:
    response = editor.client.post(
        DESK, data={"svar": editor.answer}, headers={"sec-fetch-site": "cross-site"}
    )

    assert response.status_code == 400
    assert issues_in(app) == 0


def test_the_answer_of_another_editor_does_nothing(editor: Editor, hire: Hire, app: App) -> None:
    other = hire("robin@example.org", name="Robin Exempel", role=Role.ADMIN)
    assert other.sign_in() == 303

    response = editor.client.post(DESK, data={"svar": other.answer})

    assert response.status_code == 400
    assert issues_in(app) == 0


def test_looking_at_the_desk_changes_nothing(editor: Editor, app: App) -> None:
    # The first page anybody sees gives the newsletter its row.
    assert app.newsletter_id
    before = everything_in(app.database)

    for path in (DESK, SIGN_IN, welcome_path("x")):
        editor.client.get(path)
        editor.client.head(path)

    assert everything_in(app.database) == before


def test_an_invited_editor_chooses_password_and_app_and_signs_in(
    app: App, client: TestClient
) -> None:
    with app.database.writing() as session:
        _, token = accounts.invite(
            session, "kim@example.org", name="Kim Exempel", role=Role.EDITOR, at=app.clock(),
            actor="tester",
        )  # fmt: skip
    page = client.get(welcome_path(token)).text
    secret = re.findall(r'name="hemlighet" value="(\w+)"', page)[0]
    assert f"secret={secret}" in html.unescape(page)
    typed = {"hemlighet": secret, "losenord": PASSWORD}

    short = client.post(welcome_path(token), data=typed | {"losenord": "kort", "kod": "1"})
    right = one_time_codes.code(secret, app.clock())
    done = client.post(welcome_path(token), data=typed | {"kod": right})
    again = client.get(welcome_path(token))

    assert short.status_code == 422
    assert short.text.count('aria-invalid="true"') == 2
    assert done.headers["location"] == SIGN_IN
    assert again.status_code == 410
    signed_in = client.post(
        SIGN_IN, data={"adress": "kim@example.org", "losenord": PASSWORD, "kod": right}
    )
    assert signed_in.headers["location"] == DESK
