"""How far a sending has come, while it goes on: cheap enough for every window."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.delivery.counting import Counts
from newsletter.models import DeliveryState

_DONE = (
    DeliveryState.ACCEPTED,
    DeliveryState.REFUSED,
    DeliveryState.SKIPPED,
    DeliveryState.UNCERTAIN,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The running counts of one issue."""

    audience: int
    #: Accepted, refused, skipped or uncertain.
    done: int
    accepted: int
    refused: int
    uncertain: int
    #: Told to come back later.
    deferred: int
    #: Messages this worker had accepted, a second.
    rate_per_second: float

    @classmethod
    def of(cls, counts: Counts, *, rate_per_second: float) -> Progress:
        """Return the progress that running counts tell of."""
        return cls(
            audience=counts.total(),
            done=sum(counts[state] for state in _DONE),
            accepted=counts[DeliveryState.ACCEPTED],
            refused=counts[DeliveryState.REFUSED],
            uncertain=counts[DeliveryState.UNCERTAIN],
            deferred=counts[DeliveryState.DEFERRED],
            rate_per_second=rate_per_second,
        )

    @property
    def seconds_left(self) -> float | None:
        """Until all but the deferred have been tried; None while no rate is known."""
        left = self.audience - self.done - self.deferred
        return left / self.rate_per_second if self.rate_per_second else None
