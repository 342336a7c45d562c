"""From a delivery in flight to the message that a server gets."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import TracebackType

from newsletter.delivery.in_flight import InFlight
from newsletter.delivery.transport import Message
from newsletter.errors import HeaderError
from newsletter.issues.approval import FrozenIssue
from newsletter.messages import MessageRecipient, Signer, Skeleton
from subscribers.tokens import Claim, Keys, Purpose

#: Threads that sign: while OpenSSL does, Python is free for the others. One core is left to them.
SIGNING_THREADS = min(8, max(1, (os.cpu_count() or 1) - 1))


class Addressing:
    """One issue, ready to be addressed: the same delivery always gives the same message.

    A context manager, for the threads that sign.
    """

    def __init__(
        self,
        frozen: FrozenIssue,
        *,
        keys: Keys,
        newsletter_id: int,
        issued_at: datetime,
        signer: Signer | None = None,
    ) -> None:
        """Take what was approved; `issued_at` is part of every token, fixed once for the issue.

        Raises HeaderError, RenderingError: no message can be made of it.
        """
        self._skeleton = Skeleton.of(
            frozen.rendered, content=frozen.content, sender=frozen.sender, signer=signer
        )
        self._keys = keys
        self._newsletter_id = newsletter_id
        self._issued_at = issued_at
        self._threads = ThreadPoolExecutor(SIGNING_THREADS, "sign") if signer else None

    def __enter__(self) -> Addressing:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._threads is not None:
            self._threads.shutdown()

    def message(self, delivery: InFlight) -> Message:
        """Return the message of one delivery.

        Raises HeaderError: its address may not stand on the wire.
        """
        token = self._keys.sign(
            Claim(Purpose.UNSUBSCRIBE, delivery.subscriber_id, self._newsletter_id, self._issued_at)
        )
        text = self._skeleton.fill(
            MessageRecipient(
                address=delivery.address,
                token=token,
                message_id=delivery.message_id,
                date=delivery.first_attempt_at,
            )
        )
        return Message(delivery.envelope_sender, delivery.address, text)

    async def signed(self, flying: Sequence[InFlight]) -> dict[int, Message]:
        """Return the messages of a window by delivery, made in threads, if they are signed.

        Those not signed, which take no time, and those that cannot be made are left to `message`.
        """
        if self._threads is None:
            return {}
        loop = asyncio.get_running_loop()
        shares = [flying[first::SIGNING_THREADS] for first in range(SIGNING_THREADS)]
        made = await asyncio.gather(
            *(loop.run_in_executor(self._threads, self._made, share) for share in shares if share)
        )
        return {delivery: message for share in made for delivery, message in share.items()}

    def _made(self, flying: Sequence[InFlight]) -> dict[int, Message]:
        made = {}
        for delivery in flying:
            try:
                made[delivery.id] = self.message(delivery)
            except HeaderError:
                continue
        return made
