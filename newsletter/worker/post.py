"""Empty the outbox: queue what is due, and send it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from newsletter.app import App
from newsletter.delivery import confirmations
from newsletter.delivery.pauses import Pause
from newsletter.delivery.posting import send_outbox
from newsletter.delivery.service_mails import Links
from newsletter.delivery.stationery import Stationery
from newsletter.worker import installation


def queue_confirmations(app: App) -> int:
    """Put the confirmations that are due into the outbox; return how many people were looked at.

    Raises BusyError, StorageError.
    """
    senders = {row: one.settings.sender for row, one in app.newsletters.items()}
    total = 0
    while True:
        with app.database.writing() as session:
            queued = confirmations.queue_due(session, senders, keys=app.keys, now=app.clock())
        total += queued
        if queued < confirmations.CHUNK:
            return total


def has_confirmations_due(app: App) -> bool:
    """Tell whether anybody is to be asked to confirm."""
    newsletters = app.newsletters
    with app.database.reading() as session:
        return confirmations.is_any_due(session, newsletters, now=app.clock())


async def empty(app: App, *, stop: asyncio.Event | None = None) -> Pause | None:
    """Send the service mails that are due; return what stood in the way, if anything did.

    Raises UnsafeError: this is a restored copy;
    SettingsError: there is no mail server, or no key to sign with; RenderingError: the theme
    cannot be used; LedgerError, StorageError, BusyError.
    """
    await asyncio.to_thread(installation.check, app)
    return await send_outbox(
        app.database,
        links=Links(app.keys, app.settings.base_url),
        stationery=await asyncio.to_thread(_stationery, app),
        clock=app.clock,
        # They are few: one connection to each server is enough.
        servers=[
            replace(server, transports=server.transports[:1]) for server in app.mail_servers()
        ],
        limits=app.sending_limits,
        stop=stop,
    )


def _stationery(app: App) -> Stationery:
    return _of_one(
        app, {row: _of_one(one) for row, one in app.newsletters.items() if one is not app}
    )


def _of_one(app: App, others: Mapping[int, Stationery] | None = None) -> Stationery:
    return Stationery(app.press, app.signer(app.press.sender.from_address), others=others)
