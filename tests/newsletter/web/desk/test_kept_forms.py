"""A sign-in that ends mid-edit: nothing is acted upon, nothing typed is lost."""

from __future__ import annotations

import html
import json
import re

import pytest
import sqlalchemy as sa

from newsletter.app import App
from newsletter.models import SignIn
from newsletter.users import one_time_codes
from newsletter.web.desk.addresses import SIGN_IN
from tests.conftest import Clock
from tests.newsletter.web.desk.conftest import PASSWORD, SECRET, Editor
from tests.newsletter.web.desk.test_rooms import ISSUE, titles
from tests.newsletter.web.desk.test_start import store_items

OURS = {"sec-fetch-site": "same-origin"}
WRITE = f"{ISSUE}/skriv"
TYPED = {"nyhet": "1", "title": "En rubrik som tog tid", "text": 'Två "hela"\nmeningar.'}


@pytest.fixture
def writing(app: App, editor: Editor) -> Editor:
    """An editor who wrote until their sign-in ended."""
    store_items(app, "Första nyheten")
    editor.post("/redaktion")
    end_every_sign_in(app)
    return editor


def end_every_sign_in(app: App) -> None:
    with app.database.writing() as session:
        session.execute(sa.delete(SignIn))


def carried_by(page: str) -> str:
    return html.unescape(re.findall(r'name="kvar" value="([^"]*)"', page)[0])


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of a page, as a browser would send them."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def test_what_was_typed_too_late_comes_back_after_the_sign_in(
    writing: Editor, app: App, clock: Clock
) -> None:
    late = writing.client.post(WRITE, data={"svar": writing.answer} | TYPED, headers=OURS)
    assert late.status_code == 401
    assert "Din text är kvar." in late.text
    assert titles(app) == ["Första nyheten"]

    answers = {"adress": writing.address, "losenord": PASSWORD, "vidare": WRITE}
    answers |= {"kvar": carried_by(late.text)}
    wrong = writing.client.post(SIGN_IN, data=answers | {"kod": "1"}, headers=OURS)
    assert wrong.status_code == 401
    assert carried_by(wrong.text) == carried_by(late.text)
    # The code that opened the door before opens it no more.
    clock.forward(minutes=1)
    code = one_time_codes.code(SECRET, app.clock())
    shown = writing.client.post(SIGN_IN, data=answers | {"kod": code}, headers=OURS)

    assert shown.status_code == 200
    assert "En rubrik som tog tid" in shown.text
    assert f'action="{WRITE}"' in shown.text
    fields = fields_of(shown.text)
    before = re.findall(r'name="nu" id="nu" value="(\w+)"', writing.see(f"{WRITE}?nyhet=1"))[0]
    kept = writing.client.post(WRITE, data={"nu": before} | fields, headers=OURS)
    assert kept.status_code == 303
    assert titles(app) == ["En rubrik som tog tid"]


def test_a_form_from_before_another_sign_in_is_shown_again(
    writing: Editor, app: App, clock: Clock
) -> None:
    clock.forward(minutes=1)
    before = writing.answer
    writing.come_in()

    late = writing.client.post(WRITE, data={"svar": before} | TYPED, headers=OURS)

    assert late.status_code == 401
    assert fields_of(late.text) == TYPED | {"svar": writing.answer}
    assert titles(app) == ["Första nyheten"]


@pytest.mark.parametrize(
    "headers", [{}, {"sec-fetch-site": "cross-site"}, {"origin": "https://other.example.net"}]
)
def test_nothing_of_another_sites_form_is_shown(writing: Editor, headers: dict[str, str]) -> None:
    late = writing.client.post(WRITE, data=TYPED, headers=headers)
    carried = writing.client.post(
        SIGN_IN,
        data={"vidare": WRITE, "kvar": json.dumps([["title", "Någon annans ord"]])},
        headers=headers,
    )

    assert late.headers["location"].startswith(SIGN_IN)
    assert "Någon annans ord" not in carried.text


@pytest.mark.parametrize("carried", ["", "{", "[]", '[["a"]]', '{"a": "b"}', "null", '[["a", 1]]'])
def test_a_spoilt_form_is_as_none(writing: Editor, carried: str) -> None:
    page = writing.client.post(SIGN_IN, data={"vidare": WRITE, "kvar": carried}, headers=OURS)

    assert page.status_code == 401
    assert 'name="kvar"' not in page.text


def test_nobody_sends_or_approves_by_having_been_signed_out(writing: Editor) -> None:
    sent = writing.client.post(f"{ISSUE}/skicka", data={"nar": "nu", "antal": "3"}, headers=OURS)
    approved = writing.client.post(
        f"{ISSUE}/kontrollera", data={"godkann": "ja", "annan": "Robin Exempel"}, headers=OURS
    )

    assert sent.headers["location"].startswith(SIGN_IN)
    assert [name for name, _ in json.loads(carried_by(approved.text))] == ["annan"]
