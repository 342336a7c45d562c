"""From a delivery in flight to the message that a server gets."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import TracebackType

from newsletter.delivery.in_flight import InFlight
from newsletter.delivery.transport import Message
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
        #: Signing takes its time; all else does not.
        self.executor = ThreadPoolExecutor(SIGNING_THREADS, "sign") if signer else None

    def __enter__(self) -> Addressing:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.executor is not None:
            self.executor.shutdown(cancel_futures=True)

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
