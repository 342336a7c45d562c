"""From a delivery in flight to the message that a server gets."""

from __future__ import annotations

from datetime import datetime

from newsletter.delivery.claims import InFlight
from newsletter.delivery.transport import Message
from newsletter.issues.approval import FrozenIssue
from newsletter.messages import MessageRecipient, Skeleton
from subscribers.tokens import Claim, Keys, Purpose


class Addressing:
    """One issue, ready to be addressed: the same delivery always gives the same message."""

    def __init__(
        self, frozen: FrozenIssue, *, keys: Keys, newsletter_id: int, issued_at: datetime
    ) -> None:
        """Take what was approved; `issued_at` is part of every token, fixed once for the issue.

        Raises HeaderError, RenderingError: no message can be made of it.
        """
        self._skeleton = Skeleton.of(frozen.rendered, content=frozen.content, sender=frozen.sender)
        self._keys = keys
        self._newsletter_id = newsletter_id
        self._issued_at = issued_at

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
