"""Send what is in the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from newsletter.database import Database
from newsletter.delivery import routes
from newsletter.delivery.driving import drive
from newsletter.delivery.outbox_books import OutboxBooks
from newsletter.delivery.pauses import Pause
from newsletter.delivery.road import Road
from newsletter.delivery.sending import Limits
from newsletter.delivery.servers import Server
from newsletter.delivery.service_mails import Links
from newsletter.delivery.stationery import Stationery


async def send_outbox(
    database: Database,
    *,
    links: Links,
    stationery: Stationery,
    clock: Callable[[], datetime],
    servers: Sequence[Server],
    limits: Limits | None = None,
    stop: asyncio.Event | None = None,
) -> Pause | None:
    """Send the service mails that are due; return what stood in the way, if anything did.

    Several at once share the work. Connects to nobody if nothing is due.

    Raises LedgerError, StorageError, BusyError.
    """
    limits = limits or Limits()
    books = OutboxBooks(database, links, clock=clock, lease=limits.lease)
    if await books.is_over():
        return None
    road = Road(
        books,
        stationery,
        routes=routes.to(servers, rules=limits.shared, back_off=limits.back_off),
        on_progress=lambda _progress: None,
    )
    await drive(road, stop=stop or asyncio.Event(), lease=limits.lease)
    return road.pause
