"""Trouble at the desk: said calmly, with what to do; nothing is lost and nothing goes twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from newsletter import sqlite
from newsletter.app import App
from newsletter.database import Database
from newsletter.models import IssueState
from newsletter.worker import installation, rota, starting
from newsletter.worker.duties import DUTIES
from tests.conftest import Clock
from tests.newsletter.web.conftest import client_of
from tests.newsletter.web.desk.conftest import Editor
from tests.newsletter.web.desk.test_after_sending import app
from tests.newsletter.web.desk.test_rooms import ISSUE, begun, form_of, titles
from tests.newsletter.web.desk.test_sending import UNDERWAY, approved, confirm, issue_of

__all__ = ["app", "approved", "begun"]
NOBODY_SENDS = "Inget program skickar just nu."


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_locked_database_keeps_nobody_from_trying_again(
    begun: Editor, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LOCK_TIMEOUT", 0)
    impatient = Database(app.settings.database_url)
    form = {"svar": begun.answer, **form_of(begun.see(f"{ISSUE}/skriv")), "title": "Ny rubrik"}

    with client_of(replace(app, database=impatient)) as client:
        client.cookies.update(begun.client.cookies)
        with app.database.writing() as somebody_else:
            somebody_else.connection()
            busy = client.post(f"{ISSUE}/skriv", data=form)
        again = client.post(f"{ISSUE}/skriv", data=form)
    impatient.close()

    assert busy.status_code == 503
    assert "finns det du skrev kvar i formuläret" in busy.text
    assert "prenumeration" not in busy.text.partition("<main")[2].partition("</main>")[0]
    assert again.status_code == 303
    assert "Ny rubrik" in titles(app)


@pytest.mark.parametrize("field", ["text", "title", "link_text"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_ten_megabytes_in_a_field_are_refused_calmly_and_keep_nobody_waiting(
    begun: Editor, field: str
) -> None:
    pasted = "ord " * (10 * 1024 * 1024 // 4)
    form = {"svar": begun.answer, **form_of(begun.see(f"{ISSUE}/skriv?nyhet=1")), field: pasted}

    refused = begun.client.post(f"{ISSUE}/skriv", data=form)

    assert refused.status_code == 422
    assert "Inte sparat än." in refused.text
    assert "länka till resten" in refused.text
    assert pasted[:1000] in refused.text
    assert "ord ord" not in begun.see(f"{ISSUE}/skriv?nyhet=1")


def test_a_worker_that_died_is_told_of_and_the_sending_goes_on_with_the_next(
    approved: Editor, app: App, clock: Clock
) -> None:
    confirm(approved, nar="nu")
    clock.forward(minutes=10)
    starting.start_scheduled(app)
    assert issue_of(app).state is IssueState.SENDING

    assert NOBODY_SENDS in approved.see(UNDERWAY)
    heartbeat = next(duty for duty in DUTIES if duty.work is installation.beat)
    asyncio.run(rota.do(app, heartbeat, owner="tester"))
    assert NOBODY_SENDS not in approved.see(UNDERWAY)
    clock.forward(hours=1)
    assert NOBODY_SENDS in approved.see(UNDERWAY)


def test_now_begins_after_the_time_to_undo_and_not_a_second_before(
    approved: Editor, app: App, clock: Clock
) -> None:
    confirm(approved, nar="nu")

    clock.forward(minutes=9, seconds=59)
    assert starting.start_scheduled(app) == ""
    assert "0:01" in approved.see(UNDERWAY)
    clock.forward(seconds=1)
    starting.start_scheduled(app)

    assert issue_of(app).state is IssueState.SENDING
    late = approved.client.post(UNDERWAY, data={"svar": approved.answer, "stoppa": "ja"})
    # Nobody has got it yet, so it can still be taken back.
    assert late.status_code == 303
    assert issue_of(app).state is IssueState.APPROVED


def test_a_scheduled_issue_goes_at_its_time_by_the_newsletters_clock(
    approved: Editor, app: App, clock: Clock
) -> None:
    confirm(approved, nar="schema", datum="2026-11-24", klockslag="09:00")

    clock.forward(days=3, hours=23, minutes=59)
    assert starting.start_scheduled(app) == ""
    clock.forward(minutes=1)
    starting.start_scheduled(app)

    assert clock().isoformat() == "2026-11-24T08:00:00+00:00"
    assert issue_of(app).state is IssueState.SENDING
