"""Too many refused for good: then the list is not what it should be, and receivers take note.

Counted over all workers, from the running counts that every turn reads. Somebody who looked at it
and goes on is not asked again for the same issue.
"""

from __future__ import annotations

from newsletter.delivery.counting import Counts
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.models import DeliveryState
from subscribers.wording import Sentence

#: So many may be refused whatever their share: one in twenty of the first two hundred.
NO_MATTER = 10
#: More than these are too many from this share on of all that were answered.
SHARE = 0.02


class Refusals:
    """Watches one sending from its first counts on."""

    def __init__(self, *, are_known: bool = False) -> None:
        """Take whether somebody knows of them, and goes on all the same."""
        self._are_known = are_known
        self._before: Counts | None = None

    def judge(self, counts: Counts) -> Pause | None:
        """Take in how the deliveries stand; return a pause if too many were refused."""
        if self._before is None:
            self._before = counts.copy()
        refused, accepted = (
            counts[state] - self._before[state]
            for state in (DeliveryState.REFUSED, DeliveryState.ACCEPTED)
        )
        answered = refused + accepted
        if self._are_known or refused <= NO_MATTER or refused <= SHARE * answered:
            return None
        return Pause(
            PauseKind.REFUSALS,
            Sentence(
                "{refused} of {answered} recipients were refused for good, which is more than a "
                "well-kept list has. Those not served wait. See why with newsletter issues status, "
                "and where the addresses came from, before you go on.",
                refused=refused,
                answered=answered,
            ),
        )
