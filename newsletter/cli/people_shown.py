"""How people on the list are found by what is typed, and shown; addresses masked."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from newsletter.app import App
from subscribers import addresses, consent, listing
from subscribers.errors import NoSuchSubscriberError
from subscribers.listing import STATUS_NAMES, Listed
from subscribers.suppression import REASON_NAMES, reason_for
from subscribers.wording import Sentence


def find(session: Session, app: App, who: str) -> Listed:
    """Return the person on this list with an id or an address; raises as `number_of`."""
    subscriber_id = number_of(session, app, who)
    person = listing.one(session, app.newsletter_id, subscriber_id, at=app.clock())
    if person is None:
        raise NoSuchSubscriberError(
            "Nobody on this list has the id {id}. Nothing was changed. "
            "See who is there with: subscribers list",
            id=subscriber_id,
        )
    return person


def number_of(session: Session, app: App, who: str) -> int:
    """Return the id that is typed, or the one of an address.

    Raises NoSuchSubscriberError: nobody has the address; says so if a suppression is left of them.
    """
    if who.strip().isdecimal() and len(who) < 12:
        return int(who)
    address = addresses.read(who)
    try:
        return consent.find(session, address).id
    except NoSuchSubscriberError:
        reason = reason_for(
            session, app.keys.address_hash(address.key), address.domain, app.newsletter_id
        )
        if reason is None:
            raise
        raise NoSuchSubscriberError(
            "Nobody on the list has that address, and none can: it is suppressed ({reason}). "
            "Nothing was changed.",
            reason=REASON_NAMES[reason],
        ) from None


def status_of(person: Listed) -> Sentence:
    """Return how somebody stands, with the reason where they are suppressed."""
    if person.suppressed is not None:
        return Sentence("suppressed: {reason}", reason=REASON_NAMES[person.suppressed])
    return STATUS_NAMES[person.status]


def as_json(person: Listed, *, show_address: bool) -> dict[str, Any]:
    """Return one person as programs read them; the address masked unless asked for whole."""
    return {
        "id": person.subscriber_id,
        "address": person.address if show_address else addresses.masked(person.address),
        "state": person.status.value,
        "suppressed": person.suppressed.value if person.suppressed else None,
        "language": person.language,
        "since": person.since.isoformat(),
    }
