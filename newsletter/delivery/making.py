"""Make the messages of a lane's window, some of them ahead of their turn."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Iterable
from typing import Generic, TypeAlias

from newsletter.delivery.in_flight import AnyFlight
from newsletter.delivery.outcomes import Outcome, RecipientDeferred, RecipientRefused
from newsletter.delivery.reasons import Reason
from newsletter.delivery.replies import shown
from newsletter.delivery.road import Composer
from newsletter.delivery.transport import Message
from newsletter.errors import HeaderError, RenderingError

#: Messages made together, for one by one they take twice as long. Each is some 60 KB of memory.
AHEAD = 6

Made: TypeAlias = Message | Outcome


class Maker(Generic[AnyFlight]):
    """Makes messages in the order of their window; in threads, if that is what they take."""

    def __init__(self, composer: Composer[AnyFlight]) -> None:
        self._composer = composer
        self._made: deque[Made] = deque()
        #: Those that come after them, while they are made in a thread.
        self._making: asyncio.Future[list[Made]] | None = None

    def begin(self) -> None:
        """Forget what was made: a window begins, or what is left of the last one was given back."""
        self._made.clear()
        self._making = None

    def look(self, flying: Iterable[AnyFlight]) -> Made | None:
        """Return what the first of a window gets; None if it is still being made.

        That is its message, or what becomes of it where none can be made.
        """
        if self._composer.executor is None:
            if not self._made:
                self._made += self._make(itertools.islice(flying, AHEAD))
        elif self._making is None and len(self._made) <= AHEAD:
            # The next ones are made while these go.
            known = len(self._made)
            if ahead := list(itertools.islice(flying, known, known + AHEAD)):
                loop = asyncio.get_running_loop()
                self._making = loop.run_in_executor(self._composer.executor, self._make, ahead)
                self._making.add_done_callback(self._take_in)
        return self._made[0] if self._made else None

    def take(self) -> Made:
        """Return what `look` returned; the one after it is the first then."""
        return self._made.popleft()

    async def wait(self, flying: Iterable[AnyFlight]) -> None:
        """Wait until there is something for `look` to return."""
        if self.look(flying) is None and (making := self._making) is not None:
            await asyncio.wait({making})
            making.result()

    def _take_in(self, made: asyncio.Future[list[Made]]) -> None:
        # Else it is of a window that is over; a mistake is left to whoever waits for it.
        if made is self._making and not made.cancelled() and made.exception() is None:
            self._made += made.result()
            self._making = None

    def _make(self, flying: Iterable[AnyFlight]) -> list[Made]:
        return [self._made_of(flight) for flight in flying]

    def _made_of(self, flight: AnyFlight) -> Made:
        try:
            return self._composer.message(flight)
        except HeaderError:
            return RecipientRefused(reason=Reason.BAD_SYNTAX)
        except RenderingError as error:
            # A template of a service mail: it can be mended before this one is tried again.
            return RecipientDeferred(shown(str(error)), Reason.TEMPLATE)
