"""A scheduled issue begins when its time has come, and asks again when that would surprise."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from newsletter.app import App
from newsletter.delivery import issue_states, pauses, schedules
from newsletter.delivery.pauses import PauseKind
from newsletter.errors import ExplainedError
from newsletter.models import IssueState, RenderedIssueRow
from newsletter.worker import starting
from tests.builders import make_issue_content
from tests.conftest import Clock
from tests.mail_server import MailServer
from tests.newsletter.delivery.approved import FROZEN, approve_issue, issue_state

HERE = "http://127.0.0.1:8025"
APPROVED = replace(FROZEN, content=make_issue_content(base_url=HERE))


@pytest.fixture
def app(app: App, mail_server: MailServer) -> App:
    """The program with a mail server on this machine, and pages on this machine."""
    settings = app.settings.model_copy(
        update={"base_url": HERE, "smtp_url": SecretStr(mail_server.url)}
    )
    return replace(app, settings=settings)


@pytest.fixture
def at(clock: Clock) -> datetime:
    return clock() + timedelta(hours=2)


@pytest.fixture
def scheduled(app: App, at: datetime) -> int:
    issue_id = approve_issue(app.database, app.keys, 3, now=app.clock(), frozen=APPROVED)
    with app.database.writing() as session:
        schedules.schedule(session, issue_id, at=at)
    return issue_id


@pytest.mark.parametrize(
    ("late", "state"),
    [
        (timedelta(seconds=-1), IssueState.SCHEDULED),
        (timedelta(), IssueState.SENDING),
        (timedelta(minutes=60), IssueState.SENDING),
        (timedelta(minutes=61), IssueState.PAUSED),
    ],
)
def test_an_issue_goes_at_its_time_or_within_the_hour(
    app: App, clock: Clock, at: datetime, scheduled: int, late: timedelta, state: IssueState
) -> None:
    clock.at = at + late

    starting.start_scheduled(app)

    assert issue_state(app.database, scheduled) is state


def test_one_that_is_late_says_so_and_goes_on_somebodys_word(
    app: App, clock: Clock, at: datetime, scheduled: int
) -> None:
    clock.at = at + timedelta(days=1)
    said = starting.start_scheduled(app)
    with app.database.reading() as session:
        pause = pauses.from_json(issue_states.find(session, scheduled).paused_because)

    starting.start(app, scheduled, actor="kim")

    assert said == "2026-02 held back"
    assert pause is not None
    assert pause.kind is PauseKind.SAFETY
    assert "2026-11-20 11:00" in pause.sentence.in_english()
    assert issue_state(app.database, scheduled) is IssueState.SENDING


def test_one_whose_mail_server_is_away_is_tried_again_within_the_hour(
    app: App, clock: Clock, at: datetime, scheduled: int
) -> None:
    away = replace(
        app,
        settings=app.settings.model_copy(
            update={"smtp_url": SecretStr("smtp+plain://127.0.0.1:1025")}
        ),
    )
    clock.at = at

    with pytest.raises(ExplainedError):
        starting.start_scheduled(away)
    assert issue_state(app.database, scheduled) is IssueState.SCHEDULED

    starting.start_scheduled(app)
    assert issue_state(app.database, scheduled) is IssueState.SENDING


def test_one_that_is_not_what_was_approved_is_held_back(
    app: App, clock: Clock, at: datetime, scheduled: int
) -> None:
    with app.database.writing() as session:
        session.execute(sa.update(RenderedIssueRow).values(text="Something else"))
    clock.at = at

    starting.start_scheduled(app)

    assert issue_state(app.database, scheduled) is IssueState.PAUSED
