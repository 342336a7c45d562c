"""Sending from the desk: a test, a confirmation with the number, time to undo, and the result."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from newsletter.app import App
from newsletter.delivery import issue_states
from newsletter.issues import composing
from newsletter.models import Issue, IssueState
from tests.conftest import Clock
from tests.mail_server import MailServer
from tests.newsletter.web.conftest import add_reader, everything_in
from tests.newsletter.web.desk.conftest import Editor, Hire
from tests.newsletter.web.desk.prepared import approve
from tests.newsletter.web.desk.test_rooms import ISSUE
from tests.newsletter.web.desk.test_start import store_items

SEND = f"{ISSUE}/skicka"
UNDERWAY = f"{ISSUE}/utskick"


@pytest.fixture
def app(app: App, mail_server: MailServer) -> App:
    """The program with a mail server that takes everything."""
    url = SecretStr(f"smtp+plain://127.0.0.1:{mail_server.port}")
    return replace(app, settings=app.settings.model_copy(update={"smtp_url": url}))


@pytest.fixture
def approved(hire: Hire, app: App) -> Editor:
    """An editor with an approved issue and three readers."""
    editor = hire()
    editor.come_in()
    store_items(app, "Första nyheten", "Andra nyheten", "Tredje nyheten")
    editor.post("/redaktion")
    approve(app)
    for number in range(3):
        add_reader(app, f"reader{number}@example.org")
    return editor


def issue_of(app: App) -> Issue:
    with app.database.reading() as session:
        issue = composing.find(session, app.newsletter_id, "2026-01")
        session.expunge(issue)
        return issue


def confirm(editor: Editor, **choice: str) -> str:
    """Press send, then the button of the confirmation; return where it leads."""
    page = editor.client.post(SEND, data={"svar": editor.answer, "skicka": "ja", **choice}).text
    count = re.findall(r'name="antal" value="(\d+)"', page)[0]
    return editor.post(SEND, antal=count, **choice)


def test_a_test_goes_to_me_and_whom_i_name(approved: Editor, mail_server: MailServer) -> None:
    page = approved.client.post(
        SEND,
        data={"svar": approved.answer, "test": "ja", "till": approved.address,
              "fler": "robin@example.org, alex@example.org"},
    ).text  # fmt: skip

    assert "Test 1 skickades till 3 av 3." in page.replace("\N{NO-BREAK SPACE}", " ")
    assert len(mail_server.received) == 3
    assert "Skicka test 2" in approved.see(SEND)


def test_an_address_that_is_none_is_explained(approved: Editor, mail_server: MailServer) -> None:
    page = approved.client.post(
        SEND, data={"svar": approved.answer, "test": "ja", "fler": "no address"}
    )

    assert page.status_code == 422
    assert mail_server.received == []


def test_sending_asks_with_the_number_and_waits_ten_minutes(
    approved: Editor, app: App, clock: Clock
) -> None:
    page = approved.client.post(SEND, data={"svar": approved.answer, "skicka": "ja", "nar": "nu"})

    assert "till 3 prenumeranter?" in page.text.replace("\N{NO-BREAK SPACE}", " ")
    assert issue_of(app).state is IssueState.APPROVED
    assert confirm(approved, nar="nu") == UNDERWAY
    issue = issue_of(app)
    assert issue.state is IssueState.SCHEDULED
    assert issue.scheduled_at == clock() + timedelta(minutes=10)
    assert "10:00" in approved.see(UNDERWAY)


def test_it_can_be_stopped_before_it_begins(
    approved: Editor, app: App, mail_server: MailServer
) -> None:
    confirm(approved, nar="nu")

    assert approved.post(UNDERWAY, stoppa="ja") == SEND

    assert issue_of(app).state is IssueState.APPROVED
    assert mail_server.received == []


def test_another_number_than_was_confirmed_is_asked_again(approved: Editor, app: App) -> None:
    add_reader(app, "one.more@example.org")

    page = approved.client.post(SEND, data={"svar": approved.answer, "nar": "nu", "antal": "3"})

    assert page.status_code == 200
    assert "Nu är det 4." in page.text.replace("\N{NO-BREAK SPACE}", " ")
    assert issue_of(app).state is IssueState.APPROVED


def test_a_time_on_the_newsletters_clock_is_kept(approved: Editor, app: App) -> None:
    confirm(approved, nar="schema", datum="2026-11-24", klockslag="09:00")

    assert issue_of(app).scheduled_at == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    assert "24 november 2026 kl. 09.00" in approved.see(UNDERWAY)


@pytest.mark.parametrize(
    "when",
    [{"datum": "2027-02-31", "klockslag": "09:00"}, {"datum": "", "klockslag": ""},
     {"datum": "2020-01-01", "klockslag": "09:00"},
     {"datum": "2027-03-28", "klockslag": "02:30"}],
)  # fmt: skip
def test_a_time_that_is_none_is_explained(approved: Editor, app: App, when: dict[str, str]) -> None:
    page = approved.client.post(
        SEND, data={"svar": approved.answer, "skicka": "ja", "nar": "schema", **when}
    )

    assert page.status_code == 422
    assert issue_of(app).state is IssueState.APPROVED


def test_a_draft_can_be_tested_but_not_sent(approved: Editor, app: App) -> None:
    page = approved.see(f"{ISSUE}/skriv?nyhet=1")
    nu = re.findall(r'name="nu" id="nu" value="(\w+)"', page)[0]
    approved.post(f"{ISSUE}/skriv", nyhet="1", nu=nu, title="Ändrad rubrik")

    assert "Numret är inte godkänt" in approved.see(SEND)
    refused = approved.client.post(SEND, data={"svar": approved.answer, "nar": "nu", "antal": "3"})

    assert refused.status_code == 422
    assert issue_of(app).state is IssueState.DRAFT


def test_what_is_under_way_is_paused_and_given_up(approved: Editor, app: App) -> None:
    confirm(approved, nar="nu")
    with app.database.writing() as session:
        issue = issue_states.find(session, issue_of(app).id)
        issue.state, issue.sending_since = IssueState.SENDING, app.clock()

    approved.post(UNDERWAY, pausa="ja")
    assert issue_of(app).state is IssueState.PAUSED
    approved.post(UNDERWAY, avbryt="ja")
    assert issue_of(app).state is IssueState.PAUSED
    approved.post(UNDERWAY, avbryt="ja", sakert="ja")

    assert issue_of(app).state is IssueState.CANCELLED
    assert "avbröts" in approved.see(UNDERWAY)


def test_looking_at_the_sending_changes_nothing(approved: Editor, app: App) -> None:
    approved.see(SEND)
    confirm(approved, nar="nu")
    before = everything_in(app.database)

    for _ in range(3):
        approved.see(UNDERWAY)

    assert everything_in(app.database) == before
