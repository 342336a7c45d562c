"""What somebody who has left can do besides: say why, and have it in writing. Neither is needed."""

from __future__ import annotations

import re
from datetime import date

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from newsletter.app import App
from newsletter.models import ServiceMail
from subscribers import why_left
from subscribers.models import LeavingReason, SubscriptionState
from subscribers.tokens import Purpose
from subscribers.why_left import Why
from tests.conftest import Clock
from tests.newsletter.web.conftest import Reader, add_reader, everything_in

YES = {"answer": "ja"}
OUT = SubscriptionState.UNSUBSCRIBED
#: What does not depend on the database is tried on one.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def mails(app: App) -> list[str]:
    with app.database.reading() as session:
        return list(session.scalars(sa.select(ServiceMail.kind)))


def answers(app: App) -> dict[Why, int]:
    with app.database.reading() as session:
        return why_left.since(session, app.newsletter_id, date(2000, 1, 1))


@on_sqlite
def test_the_question_comes_after_the_leaving_and_nothing_is_chosen(
    client: TestClient, reader: Reader
) -> None:
    asking = client.get(reader.link).text
    done = client.post(reader.link, data=YES).text

    assert "varfor" not in asking
    assert "kvitto" not in asking
    assert reader.state is OUT
    assert done.count('name="varfor"') == len(Why)
    assert not re.search("<input[^>]* checked", done)
    assert "<textarea" not in done


def test_an_answer_is_counted_once_and_by_nobodys_name(
    client: TestClient, app: App, reader: Reader
) -> None:
    other = add_reader(app, "robin@example.org")
    client.post(reader.link, data=YES)
    client.post(other.link, data=YES)

    for who in (reader, reader, other):
        page = client.post(f"{who.link}/varfor", data={"varfor": "too_much"})
        assert page.status_code == 200
        assert "Ditt svar är räknat." in page.text

    assert answers(app) == {Why.TOO_MUCH: 2}
    with app.database.reading() as session:
        [row] = session.scalars(sa.select(LeavingReason))
        assert row.month.day == 1
        assert set(LeavingReason.__table__.columns.keys()) == {
            "newsletter_id", "month", "why", "times"
        }  # fmt: skip


@on_sqlite
def test_a_receipt_goes_only_to_who_asks_for_one(
    client: TestClient, app: App, reader: Reader
) -> None:
    client.post(reader.link, data=YES)
    client.post(f"{reader.link}/varfor", data={"varfor": "other"})
    before = mails(app)

    page = client.post(f"{reader.link}/kvitto", data=YES)

    assert before == []
    assert mails(app) == ["goodbye"]
    assert "Ett kvitto är på väg" in page.text
    assert "kim.exempel@" not in page.text
    assert reader.state is OUT


@on_sqlite
def test_whoever_presses_often_fills_no_inbox(client: TestClient, app: App, reader: Reader) -> None:
    client.post(reader.link, data=YES)

    pages = [client.post(f"{reader.link}/kvitto", data=YES) for _ in range(5)]

    assert {page.status_code for page in pages} == {200}
    assert len(mails(app)) == 3


@on_sqlite
@pytest.mark.parametrize("what", ["kvitto", "varfor"])
def test_nothing_happens_but_by_the_leaver_who_presses(
    client: TestClient, app: App, reader: Reader, what: str
) -> None:
    sent = {"varfor": "other", "answer": "ja"}
    before = everything_in(app.database)

    # Still on the list; with another kind of link; with none; only looking.
    refused = [
        client.post(f"{reader.link}/{what}", data=sent),
        client.post(f"/avsluta/{reader.token(Purpose.SETTINGS)}/{what}", data=sent),
        client.post(f"/avsluta/{'a' * 48}/{what}", data=sent),
        client.get(f"{reader.link}/{what}"),
        client.head(f"{reader.link}/{what}"),
    ]

    assert all(page.status_code in (404, 405, 410) for page in refused)
    assert everything_in(app.database) == before


@on_sqlite
@pytest.mark.parametrize("answer", ["", "TOO_MUCH", "x" * 5000, "kim@example.org"])
def test_only_the_answers_that_are_offered_are_taken(
    client: TestClient, app: App, reader: Reader, answer: str
) -> None:
    client.post(reader.link, data=YES)

    page = client.post(f"{reader.link}/varfor", data={"varfor": answer})

    assert page.status_code == 400
    assert answers(app) == {}


@on_sqlite
def test_the_question_is_gone_when_the_leaving_cannot_be_undone_any_more(
    client: TestClient, reader: Reader, clock: Clock
) -> None:
    client.post(reader.link, data=YES)
    clock.forward(days=15)

    page = client.get(reader.link).text

    assert not re.search("varfor|kvitto", page)
