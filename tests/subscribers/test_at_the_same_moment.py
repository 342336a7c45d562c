"""Whoever leaves at the moment in which something else is done to them has left."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers import adding, addresses, consent, erasure, merging, preferences, retention
from subscribers.adding import Candidate
from subscribers.models import ConsentBasis
from tests.subscribers.conftest import People

KIM, ROBIN = 1, 2
Act = Callable[[People, Session], object]


def _merge(people: People, session: Session) -> object:
    return merging.merge(session, ROBIN, KIM, at=people.clock(), actor="alex")


def _erase(people: People, session: Session) -> object:
    return erasure.erase(session, [KIM], at=people.clock(), others=[])


def _add(people: People, session: Session) -> object:
    return adding.add_all(
        session,
        [Candidate(addresses.read("kim@example.org"), "sv")],
        people.newsletter_id,
        keys=people.keys,
        basis=ConsentBasis.CONSENT,
        source="a list",
        at=people.clock(),
        actor="alex",
    )


def _pause(people: People, session: Session) -> None:
    preferences.pause(
        session, KIM, people.newsletter_id, until=None, at=people.clock(), actor="alex"
    )


def _purge(people: People, session: Session) -> None:
    ids = session.scalars(retention.unconfirmed(people.clock()).with_for_update()).all()
    retention.forget_unconfirmed(session, ids, at=people.clock(), others=[])


def _leave(people: People, session: Session) -> object:
    return consent.unsubscribe(
        session, KIM, people.newsletter_id, source="one-click", at=people.clock()
    )


@pytest.mark.parametrize("act", [_merge, _erase, _add, _pause, _purge])
@pytest.mark.parametrize("leaves_first", [True, False])
def test_leaving_wins_whichever_comes_first(people: People, act: Act, leaves_first: bool) -> None:
    for name in ("kim", "robin"):
        people.join(f"{name}@example.org")
    first, second = (_leave, act) if leaves_first else (act, _leave)
    begun = threading.Event()
    failures: list[BaseException] = []

    def follow() -> None:
        begun.set()
        try:
            with people.database.writing() as session:
                second(people, session)
        except BaseException as error:
            failures.append(error)

    following = threading.Thread(target=follow)
    with people.database.writing() as session:
        first(people, session)
        following.start()
        begun.wait()
        _let_it_wait(people, following)
    following.join()

    # Nothing was left in a circle of waiting; leaving first may leave nothing to pause.
    assert [type(error).__name__ for error in failures] in ([], ["UnsafeError"])
    assert "kim@example.org" not in people.mailable()
    if act is _merge:
        assert people.mailable() == []


def _let_it_wait(people: People, following: threading.Thread) -> None:
    """On PostgreSQL, go on only when the other one waits for us, or did not have to."""
    if people.database.is_sqlite:
        return
    waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    while following.is_alive():
        with people.database.reading() as session:
            if session.scalar(waiting):
                return
