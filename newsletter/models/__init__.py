"""The tables of `newsletter`: items, pictures, issues, rendered issues, deliveries, service mails.

The four states and their arrows are drawn in docs/architecture.md; `subscribers.models` has the
tables about people.
"""

from newsletter.models.deliveries import (
    Delivery,
    DeliveryCount,
    DeliveryState,
    SendingLimit,
    ServiceMail,
)
from newsletter.models.issues import (
    AcceptedHint,
    Issue,
    IssueState,
    IssueVersion,
    PlacedItem,
    RenderedIssueRow,
    Section,
)
from newsletter.models.items import Item, ItemKind, LinkCheck, Picture
from newsletter.models.reviews import Review, ReviewState
from newsletter.models.upkeep import Attempt, DutyRow, Installation
from newsletter.models.users import FailedSignIn, Role, SignIn, User
from subscribers.models import Base, Newsletter, Subscriber

__all__ = [
    "AcceptedHint",
    "Attempt",
    "Base",
    "Delivery",
    "DeliveryCount",
    "DeliveryState",
    "DutyRow",
    "FailedSignIn",
    "Installation",
    "Issue",
    "IssueState",
    "IssueVersion",
    "Item",
    "ItemKind",
    "LinkCheck",
    "Newsletter",
    "Picture",
    "PlacedItem",
    "RenderedIssueRow",
    "Review",
    "ReviewState",
    "Role",
    "Section",
    "SendingLimit",
    "ServiceMail",
    "SignIn",
    "Subscriber",
    "User",
]
