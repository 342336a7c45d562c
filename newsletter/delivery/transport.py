"""Anything that takes an envelope and a message: what a lane needs of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from newsletter.delivery.outcomes import NotSent, Outcome
from newsletter.messages import WireText


# Not frozen, as each reader has one: that takes three times as long to make.
@dataclass(slots=True)
class Message:
    """What servers read, where bounces go and to whom, and what they hand on."""

    sender: str
    recipient: str
    text: WireText


class Supply(Protocol):
    """Where a transport gets messages from, one after the other and without ever waiting."""

    def take(self) -> Message | None:
        """Return the message that goes now; None if none can go without waiting."""

    def following(self) -> Message | None:
        """Return the message that `take` will return next, if it may be announced already.

        Asked at most once for each message taken. What was announced is then taken next, or
        nothing more is over this connection.
        """

    def went(self, outcome: Outcome) -> None:
        """Learn what became of the message taken last."""


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

    async def send(self, supply: Supply) -> None:
        """Send messages until the supply has none or the connection is gone.

        Tells the supply what became of each. Never raises for what a server or network does. When
        cancelled, the connection is gone, and nothing is told of the message taken last.
        """

    async def close(self) -> None:
        """Say goodbye and close; never fails, may be called twice."""


class Messages:
    """A supply of messages that are all there, and what became of them."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._left = deque(messages)
        #: In the order of the messages; fewer where the connection was gone before.
        self.outcomes: list[Outcome] = []

    def take(self) -> Message | None:
        """Return the next one; see `Supply`."""
        return self._left.popleft() if self._left else None

    def following(self) -> Message | None:
        """Return the one after it; see `Supply`."""
        return self._left[0] if self._left else None

    def went(self, outcome: Outcome) -> None:
        """Note what became of one; see `Supply`."""
        self.outcomes.append(outcome)


async def send_one(transport: Transport, message: Message) -> Outcome:
    """Send one message; say what became of it."""
    supply = Messages([message])
    await transport.send(supply)
    return supply.outcomes[0] if supply.outcomes else NotSent("not connected")
