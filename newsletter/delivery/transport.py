"""Anything that takes an envelope and a message: what a lane needs of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from newsletter.delivery.outcomes import Outcome
from newsletter.messages import WireText


@dataclass(frozen=True, slots=True)
class Message:
    """What servers read, where bounces go and to whom, and what they hand on."""

    sender: str
    recipient: str
    text: WireText


class Transport(Protocol):
    """Anything that takes an envelope and a message."""

    @property
    def is_connected(self) -> bool:
        """Whether a message can be sent without connecting first."""

    async def connect(self) -> None:
        """Make ready to send.

        Raises ServerUnavailableError: try again later; SenderMisconfiguredError: somebody must
        change something.
        """

    async def send(self, message: Message, following: Message | None = None) -> Outcome:
        """Send one message; say what became of it.

        `following` may be announced to the server meanwhile: the next call must be for it, or the
        connection must be closed. Never raises for what a server or network does. When cancelled,
        the connection is gone.
        """

    async def close(self) -> None:
        """Say goodbye and close; never fails, may be called twice."""
