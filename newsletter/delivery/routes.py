"""The way to one mail server while an issue goes out: how it is doing, and what its share is.

A server that fails too often is left alone for a while, longer every time, and the others do its
work. Only when none is left does the issue stand still.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence

from newsletter.delivery.limits import Rule
from newsletter.delivery.outcomes import Accepted, Outcome, RecipientDeferred, RecipientRefused
from newsletter.delivery.pacing import Pace
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.delivery.servers import Server
from newsletter.delivery.trouble import Trouble
from subscribers.wording import Sentence

#: Seconds a server is left alone the first, second, … time; the last one is used from then on.
RESTS = (30.0, 120.0, 600.0)
#: So many messages, times its weight, may a server be ahead of the others.
AHEAD = 16


class Route:
    """What the lanes to one mail server share."""

    def __init__(self, server: Server, *, rules: Sequence[Rule], trouble: Trouble) -> None:
        """Take a server, and the rules that hold besides its own limits."""
        self.server = server
        self.rules: Sequence[Rule] = (*rules, *server.limits)
        self.pace = Pace(server.messages_per_second)
        self.trouble = trouble
        #: The server has spoken of a recipient: more connections are worth making.
        self.proven = asyncio.Event()
        #: Lanes connect one after the other, so that a failure is one failure.
        self.connecting = asyncio.Lock()
        self.connections = 0
        #: Why it is left alone; None while it is used.
        self.down: Pause | None = None
        #: A limit of its own lets nothing go just now.
        self.is_held = False
        #: Deliveries it was given, from a start that it shares with the others.
        self.taken = 0.0
        self._rests = 0
        self._rest_ends_at = 0.0

    @property
    def rest(self) -> float:
        """Seconds it is still to be left alone."""
        if self.down is None:
            return 0.0
        return max(0.0, self._rest_ends_at - asyncio.get_running_loop().time())

    @property
    def is_serving(self) -> bool:
        """Whether it could take messages now."""
        return self.connections > 0 and self.proven.is_set() and not self.is_held

    def leave_alone(self, why: Pause) -> None:
        """Use it no more for a while."""
        if self.down is None:
            rest = RESTS[min(self._rests, len(RESTS) - 1)]
            self._rest_ends_at = asyncio.get_running_loop().time() + rest
            self._rests += 1
        self.down = why

    def answers(self) -> None:
        """Use it again: a connection was made."""
        self.down = None

    def saw(self, outcome: Outcome) -> None:
        """Take in what became of one message."""
        if isinstance(outcome, Accepted | RecipientDeferred | RecipientRefused):
            self.proven.set()
            self._rests = 0


def to(
    servers: Iterable[Server],
    *,
    rules: Sequence[Rule],
    back_off: Sequence[float],
    receivers: Mapping[str, str] | None = None,
) -> list[Route]:
    """Return a way to each server, under rules that hold for all of them together."""
    return [
        Route(server, rules=rules, trouble=Trouble(back_off, receivers or {})) for server in servers
    ]


def share(route: Route, routes: Iterable[Route]) -> float:
    """Return how many messages a server may be given so that the weights are kept."""
    level = _level(route, routes)
    return math.inf if level is None else route.server.weight * (level + AHEAD) - route.taken


def fall_in(route: Route, routes: Iterable[Route]) -> None:
    """Forget how far a server is before or behind the others."""
    level = _level(route, routes)
    if level is not None:
        route.taken = route.server.weight * level


def _level(route: Route, routes: Iterable[Route]) -> float | None:
    """Return how far the last of the others is; None if weights do not matter."""
    others = [
        other.taken / other.server.weight
        for other in routes
        if other is not route and other.server.weight and other.is_serving
    ]
    return min(others) if others and route.server.weight else None


def all_down(routes: Sequence[Route]) -> Pause | None:
    """Return the pause that all servers together are reason for; None while one is used."""
    reasons = [(route.server.name, route.down) for route in routes if route.down is not None]
    if len(reasons) < len(routes):
        return None
    if len(reasons) == 1:
        return reasons[0][1]
    kinds = {pause.kind for _, pause in reasons}
    said = Sentence("No mail server can be used.")
    for name, pause in reasons:
        said = Sentence(
            "{before} {server}: {reason}", before=said, server=name, reason=pause.sentence
        )
    return Pause(kinds.pop() if len(kinds) == 1 else PauseKind.SERVER, said)
