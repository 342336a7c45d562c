"""The tables of `subscribers`, and the `Base` that `newsletter.models` shares.

Times are aware and stored in UTC. An address stands in plain text only on its subscriber (and,
while an issue is being sent, on the delivery made for it); everything that outlives the person
holds a keyed hash.
"""

from subscribers.models.base import (
    IDN,
    Base,
    UtcDateTime,
    state_column,
    where_both,
)
from subscribers.models.imports import (
    BatchState,
    ImportBatch,
    ImportChange,
    ImportPurpose,
)
from subscribers.models.leaving import LeavingReason
from subscribers.models.ledger import (
    AuditEntry,
    ConsentBasis,
    ConsentEvent,
    ConsentKind,
    ConsentText,
    Erasing,
)
from subscribers.models.people import (
    AddressChange,
    Newsletter,
    Segment,
    Subscriber,
    Subscription,
    SubscriptionState,
)
from subscribers.models.suppressions import (
    Suppression,
    SuppressionReason,
)

__all__ = [
    "IDN",
    "AddressChange",
    "AuditEntry",
    "Base",
    "BatchState",
    "ConsentBasis",
    "ConsentEvent",
    "ConsentKind",
    "ConsentText",
    "Erasing",
    "ImportBatch",
    "ImportChange",
    "ImportPurpose",
    "LeavingReason",
    "Newsletter",
    "Segment",
    "Subscriber",
    "Subscription",
    "SubscriptionState",
    "Suppression",
    "SuppressionReason",
    "UtcDateTime",
    "state_column",
    "where_both",
]
