"""One commit serves all lanes, and none of them waits for it while it has something to send."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from newsletter.database import Database
from newsletter.delivery import routes
from newsletter.delivery.addressing import Addressing
from newsletter.delivery.books import Books
from newsletter.delivery.driving import drive
from newsletter.delivery.folder import FolderTransport
from newsletter.delivery.in_flight import InFlight
from newsletter.delivery.leases import LEASE
from newsletter.delivery.outcomes import Accepted
from newsletter.delivery.pacing import LARGEST_WINDOW, Pace
from newsletter.delivery.road import Road
from newsletter.delivery.routes import Route
from newsletter.delivery.servers import Server
from newsletter.delivery.transport import Transport
from newsletter.delivery.turns import Turns
from newsletter.delivery.windows import Window
from newsletter.models import DeliveryState
from subscribers.tokens import Keys
from tests.conftest import Clock
from tests.mail_server import MailServer
from tests.newsletter.delivery.approved import FROZEN, approve_issue, smtp

LANES = 3


async def test_one_commit_writes_down_and_fills_up_what_all_lanes_have(
    database: Database, keys: Keys, clock: Clock, tmp_path: Path
) -> None:
    issue_id = approve_issue(database, keys, 2 * LANES * LARGEST_WINDOW, now=clock())
    _, road = await _to_be_sent(database, issue_id, keys, clock, FolderTransport(tmp_path))
    [route] = road.routes
    turns = Turns(road, route)
    windows = _joined(turns, route)
    await turns.begin()
    for window in windows:
        window.outcomes = [(window.flying.popleft(), Accepted("250 ok")) for _ in range(20)]

    turn = await turns.begin()

    assert turn.counts[DeliveryState.ACCEPTED] == LANES * 20
    assert turn.counts[DeliveryState.IN_FLIGHT] == LANES * LARGEST_WINDOW
    assert [len(window.flying) for window in windows] == [LARGEST_WINDOW] * LANES


async def test_the_last_messages_are_shared_out_among_all_lanes(
    database: Database, keys: Keys, clock: Clock, tmp_path: Path
) -> None:
    issue_id = approve_issue(database, keys, LANES * 5, now=clock())
    _, road = await _to_be_sent(database, issue_id, keys, clock, FolderTransport(tmp_path))
    [route] = road.routes
    turns = Turns(road, route)
    windows = _joined(turns, route)

    await turns.begin()

    assert [len(window.flying) for window in windows] == [5] * LANES


async def test_messages_go_on_while_a_commit_is_awaited(
    database: Database, keys: Keys, clock: Clock, mail_server: MailServer
) -> None:
    issue_id = approve_issue(database, keys, 3 * LARGEST_WINDOW, now=clock())
    more_came = threading.Event()

    class Slow(Database):
        """A database that commits, and whose answer comes when three more messages have gone."""

        @contextmanager
        def writing(self) -> Iterator[Session]:
            with super().writing() as session:
                yield session
            wanted = len(mail_server.received) + 3
            # The first message went alone, and nobody had anything else to send.
            if wanted > 1 + 3 and not more_came.is_set():
                for _ in range(1000):
                    if len(mail_server.received) >= wanted:
                        more_came.set()
                        break
                    more_came.wait(0.01)

    slow = Slow(database.url.render_as_string(hide_password=False))
    books, road = await _to_be_sent(slow, issue_id, keys, clock, smtp(mail_server.url))
    await drive(road, stop=asyncio.Event(), lease=LEASE)
    status = await books.status()
    slow.close()

    assert more_came.is_set()
    assert status.accepted == 3 * LARGEST_WINDOW


def _joined(turns: Turns[InFlight], route: Route) -> list[Window[InFlight]]:
    """Return empty windows that take part in turns, one for each lane."""
    windows: list[Window[InFlight]] = [
        Window(route.pace, size=lambda: LARGEST_WINDOW) for _ in range(LANES)
    ]
    for window in windows:
        turns.join(window)
    return windows


async def _to_be_sent(
    database: Database, issue_id: int, keys: Keys, clock: Clock, transport: Transport
) -> tuple[Books, Road[InFlight]]:
    """Freeze the audience of an issue; no message takes any time, so that windows are large."""
    books = Books(database, issue_id, clock=clock)
    await books.begin(FROZEN)
    while await books.freeze_chunk(FROZEN, limit=1000) is None:
        pass
    [route] = routes.to([Server(transports=[transport])], rules=(), back_off=())
    route.pace = Pace(0, monotonic=lambda: 0.0)
    addressing = Addressing(FROZEN, keys=keys, newsletter_id=1, issued_at=clock())
    return books, Road(books, addressing, routes=[route], on_progress=lambda _progress: None)
