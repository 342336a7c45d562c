"""Send what is in the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from newsletter.database import Database
from newsletter.delivery.driving import drive
from newsletter.delivery.lanes import Lane
from newsletter.delivery.outbox_books import OutboxBooks
from newsletter.delivery.pacing import Pace
from newsletter.delivery.pauses import Pause
from newsletter.delivery.road import Road
from newsletter.delivery.sending import Limits
from newsletter.delivery.service_mails import Links
from newsletter.delivery.stationery import Stationery
from newsletter.delivery.transport import Transport
from newsletter.delivery.trouble import Trouble


async def send_outbox(
    database: Database,
    *,
    links: Links,
    stationery: Stationery,
    clock: Callable[[], datetime],
    transports: Sequence[Transport],
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
        pace=Pace(limits.messages_per_second),
        trouble=Trouble(limits.back_off),
        on_progress=lambda _progress: None,
        limits=limits.shared,
    )
    lanes = [Lane(road, transport) for transport in transports]
    await drive(road, lanes, stop=stop or asyncio.Event(), lease=limits.lease)
    return road.pause
