"""Senders to be measured, each in a process of its own.

Run as `python -m benchmarks.senders NAME PORT COUNT CONNECTIONS …`; prints its `Run`. Starting
Python, and what is read once, is not counted; all else is.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import aiosmtplib
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy.orm import configure_mappers

from benchmarks import readers
from benchmarks.measuring import Run, Stopwatch, report
from benchmarks.messages import CONTENT, RECIPIENT, RENDERED, SENDER, as_email_message
from benchmarks.readers import FROZEN, KEYS
from newsletter.database import Database
from newsletter.delivery import smtp_url
from newsletter.delivery.outcomes import Accepted, Outcome
from newsletter.delivery.progress import Progress
from newsletter.delivery.sending import send_issue
from newsletter.delivery.servers import Server
from newsletter.delivery.smtp import SmtpTransport
from newsletter.delivery.transport import Supply
from newsletter.messages import Signer, SigningKey, Skeleton


class _Counted:
    """A supply that counts what was accepted of it."""

    accepted = 0

    def __init__(self, supply: Supply) -> None:
        self.take, self.following, self._supply = supply.take, supply.following, supply

    def went(self, outcome: Outcome) -> None:
        """Count one; see `Supply`."""
        _Counted.accepted += isinstance(outcome, Accepted)
        self._supply.went(outcome)


class _Counting(SmtpTransport):
    """Has it counted what this process sends while others send, too."""

    async def send(self, supply: Supply) -> None:
        """See `Transport.send`."""
        await super().send(_Counted(supply))


async def ours(
    port: int,
    count: int,
    connections: int,
    url: str,
    *,
    signed: bool = False,
    is_frozen: bool = False,
    transport: type[SmtpTransport] = SmtpTransport,
) -> Run:
    """Send at least so much of an issue the way `newsletter issues send` does.

    `is_frozen`: the audience was frozen before, as if somebody goes on with it.
    """
    database = Database(url)
    if is_frozen:
        await readers.freeze(database)
    signer = _signer() if signed else None
    address = smtp_url.parse(f"smtp+plain://127.0.0.1:{port}")
    transports = [transport(address) for _ in range(connections)]
    stop = asyncio.Event()

    def stop_in_time(progress: Progress) -> None:
        if 0 < count <= progress.accepted:
            stop.set()

    # What is read once.
    configure_mappers()
    watch = Stopwatch()
    status = await send_issue(
        database,
        issue_id=1,
        frozen=FROZEN,
        keys=KEYS,
        clock=lambda: datetime.now(UTC),
        servers=[Server(transports=transports)],
        signer=signer,
        stop=stop,
        on_progress=stop_in_time,
    )
    run = watch.run(_Counted.accepted or status.accepted)
    if status.accepted < count:
        raise SystemExit(f"only {status.accepted} of {count} were accepted: {status}")
    database.close()
    return run


async def ours_frozen(port: int, count: int, connections: int, url: str) -> Run:
    """Send an issue whose audience was frozen before."""
    return await ours(port, count, connections, url, is_frozen=True)


async def ours_signed(port: int, count: int, connections: int, url: str) -> Run:
    """Send an issue, each message signed with RSA-2048."""
    return await ours(port, count, connections, url, signed=True)


async def ours_together(port: int, _all: int, connections: int, url: str) -> Run:
    """Send an issue together with others who do the same."""
    return await ours(port, 0, connections, url, transport=_Counting)


async def sendmail(port: int, count: int, connections: int) -> Run:
    """Send finished bytes with aiosmtplib's own `sendmail`."""
    content = Skeleton.of(RENDERED, content=CONTENT, sender=SENDER).fill(RECIPIENT)

    async def one(client: aiosmtplib.SMTP) -> None:
        await client.sendmail(SENDER.from_address, [RECIPIENT.address], content)

    return await _in_turns(one, port, count, connections)


async def send_message(port: int, count: int, connections: int) -> Run:
    """Send the way most do: an `EmailMessage` for each reader, and aiosmtplib's `send_message`."""

    async def one(client: aiosmtplib.SMTP) -> None:
        await client.send_message(as_email_message())

    return await _in_turns(one, port, count, connections)


async def _in_turns(
    send: Callable[[aiosmtplib.SMTP], Awaitable[None]], port: int, count: int, connections: int
) -> Run:
    async def over_one_connection(share: int) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for _ in range(share):
                await send(client)

    watch = Stopwatch()
    await asyncio.gather(*(over_one_connection(count // connections) for _ in range(connections)))
    return watch.run(count // connections * connections)


def _signer() -> Signer:
    return Signer("example.org", (SigningKey("nb", rsa.generate_private_key(65537, 2048)),))


SENDERS: dict[str, Callable[..., Awaitable[Run]]] = {
    "ours": ours,
    "ours_frozen": ours_frozen,
    "ours_signed": ours_signed,
    "ours_together": ours_together,
    "sendmail": sendmail,
    "send_message": send_message,
}


async def _main(name: str, port: str, count: str, connections: str, *more: str) -> None:
    report(await SENDERS[name](int(port), int(count), int(connections), *more))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
