"""The kinds of service mails: what the templates of each are given, or why it need not go.

A kind is a function here and a folder of the same name in `templates/email/`. It is asked in the
transaction that puts the mail in flight, so it sees how the person stands at that moment; it is
asked again for every attempt and must answer the same. Links are made here and stored nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from newsletter.delivery.reasons import Reason
from subscribers import address_changes, preferences
from subscribers.consent import CONFIRM_WITHIN
from subscribers.models import SubscriptionState
from subscribers.tokens import Claim, Keys, Purpose

#: What the templates of one mail are given.
Values: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the links of a mail: our own address, and what they are signed with."""

    keys: Keys
    base_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a service mail is made from."""

    #: Whom it is about; None: somebody erased, or nobody on the list.
    subscriber_id: int | None
    newsletter_id: int
    #: How they stand now; None: not on the list.
    standing: SubscriptionState | None
    #: When it was asked for: whole minutes, as a token has them.
    at: datetime
    #: What was given to `outbox.add`.
    fields: Mapping[str, Any]
    links: Links

    def link(self, page: str, purpose: Purpose, *, number: int | None = None) -> str:
        """Return the person's own link to a page, good for one purpose.

        `number` signs it for something of the person's instead, as their change of address. Call
        it only for a mail that is about somebody.
        """
        if self.subscriber_id is None:
            raise ValueError("nobody to sign a link for")
        signed = self.subscriber_id if number is None else number
        claim = Claim(purpose, signed, self.newsletter_id, self.at)
        return f"{self.links.base_url}/{page}/{self.links.keys.sign(claim)}"


def confirmation(asked: Asked) -> Values | Reason:
    """Ask somebody who was signed up whether they want it: the second half of a double opt-in."""
    if asked.standing is None:
        return Reason.ERASED
    if asked.standing is not SubscriptionState.PENDING and not asked.fields.get("wants_back"):
        return Reason.SETTLED
    return {
        "confirm_url": asked.link("bekrafta", Purpose.CONFIRM),
        "valid_through": asked.at + CONFIRM_WITHIN,
        "days": CONFIRM_WITHIN.days,
    }


def welcome(asked: Asked) -> Values | Reason:
    """Greet somebody who has just confirmed."""
    if asked.standing is not SubscriptionState.ACTIVE:
        return Reason.SETTLED
    return {"settings_url": _settings(asked), "comes_at": _time(asked, "comes_at")}


def already(asked: Asked) -> Values | Reason:
    """Tell somebody who signed up that they are on the list."""
    return welcome(asked)


def goodbye(asked: Asked) -> Values | Reason:
    """Confirm to somebody that they have left, who asked for that."""
    if asked.standing is None:
        return Reason.ERASED
    if asked.standing is not SubscriptionState.UNSUBSCRIBED:
        return Reason.SETTLED
    return {"left_at": _time(asked, "left_at")}


def settings_link(asked: Asked) -> Values | Reason:
    """Give somebody a fresh link to their own settings."""
    if asked.standing is None:
        return Reason.ERASED
    return {
        "settings_url": _settings(asked),
        "hours": preferences.FRESH_WITHIN // timedelta(hours=1),
    }


def new_address(asked: Asked) -> Values | Reason:
    """Ask whoever holds a new address whether it is to be used."""
    if asked.standing is None:
        return Reason.ERASED
    return {
        "confirm_url": asked.link(
            "ny-adress", Purpose.NEW_ADDRESS, number=int(asked.fields["change"])
        ),
        "valid_through": asked.at + CONFIRM_WITHIN,
    }


def old_address(asked: Asked) -> Values | Reason:
    """Tell whoever holds the old address that it was changed, and how to take that back."""
    if asked.standing is None:
        return Reason.ERASED
    return {
        "undo_url": asked.link(
            "gammal-adress", Purpose.OLD_ADDRESS, number=int(asked.fields["change"])
        ),
        "valid_through": asked.at + address_changes.UNDO_WITHIN,
    }


def data_link(asked: Asked) -> Values | Reason:
    """Give somebody the link to all that is held on them."""
    if asked.standing is None:
        return Reason.ERASED
    return {
        "data_url": asked.link("mina-uppgifter", Purpose.DATA),
        "valid_through": asked.at + preferences.FRESH_WITHIN,
    }


def review(asked: Asked) -> Values | Reason:
    """Ask somebody at the desk to read an issue before it is approved."""
    return {"review_url": asked.links.base_url + asked.fields["page"], **asked.fields}


def review_answered(asked: Asked) -> Values | Reason:
    """Tell who asked for a review what the answer is."""
    return {"issue_url": asked.links.base_url + asked.fields["page"], **asked.fields}


def _time(asked: Asked, name: str) -> datetime | None:
    written = asked.fields.get(name)
    return datetime.fromisoformat(written) if written else None


def _settings(asked: Asked) -> str:
    return asked.link("nyhetsbrev/installningar", Purpose.SETTINGS)


#: Every kind by its name; a new one is added here.
KINDS: Mapping[str, Callable[[Asked], Values | Reason]] = {
    kind.__name__: kind
    for kind in (
        confirmation,
        welcome,
        already,
        goodbye,
        settings_link,
        new_address,
        old_address,
        data_link,
        review,
        review_answered,
    )
}
