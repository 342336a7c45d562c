"""What is held over a wire: a generator, which reads from top to bottom like an RFC's example.

It says what it has to say, yields while it waits, and is gone on with in the very call that brings
what it waits for: to wake a task for each reply would take longer than all that is done about it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple, TypeVar

from newsletter.delivery.replies import Reply

Told = TypeVar("Told")


class Wait(NamedTuple):
    """What a conversation yields: it goes on once there is news, and ends if there is none."""

    #: At most so long.
    seconds: float
    #: What is said of it then.
    too_late: str


Conversation = Generator[Wait, None, Told]


class WireError(Exception):
    """The conversation is over; the connection cannot be used any more."""


class LostError(WireError):
    """The connection was closed or broken by the server or the network."""


class SilenceError(WireError):
    """The server did not answer, or did not read, within the time limit."""


class GarbledError(WireError):
    """The server answered something that is no reply, or when nothing was asked."""

    def __init__(self, message: str, reply: Reply | None = None) -> None:
        super().__init__(message)
        #: What came unasked, where it was at least a reply.
        self.reply = reply
