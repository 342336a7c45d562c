"""Erase a person in all that the program keeps, and look whether anything is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from newsletter.app import App
from newsletter.delivery import people
from newsletter.rights import ANONYMISE
from subscribers import addresses, erasure, holdings, traces
from subscribers.cases import Case
from subscribers.erasure import Checksum, Erased
from subscribers.models import Subscriber
from subscribers.traces import Search


@dataclass(frozen=True, slots=True)
class Done:
    """An erasure that is over, and was looked after."""

    case: Case
    erased: Erased
    #: What was looked through for each address afterwards.
    searches: list[Search]
    #: Nothing that was deleted can be read in the database's own files any more.
    is_scrubbed: bool


def would_erase(app: App, subscriber_id: int, *, checksum: Checksum = Checksum.SUPPRESS) -> Erased:
    """Return what erasing somebody would take away, and change nothing.

    Raises NoSuchSubscriberError.
    """
    # What is done while reading is not kept.
    with app.database.reading() as session:
        return erasure.erase(
            session,
            holdings.numbers_of(session, subscriber_id),
            at=app.clock(),
            others=ANONYMISE,
            checksum=checksum,
        )


def erase(
    app: App,
    subscriber_id: int,
    *,
    actor: str,
    received_on: date,
    checksum: Checksum = Checksum.SUPPRESS,
) -> Done:
    """Erase somebody by any of their numbers, then look whether anything of them is left.

    Raises NoSuchSubscriberError.
    """
    with app.database.writing() as session:
        people.hold_audiences(session)
        numbers = holdings.numbers_of(session, subscriber_id)
        written = session.scalars(
            sa.select(Subscriber.address).where(Subscriber.id.in_(numbers))
        ).all()
        erased = erasure.erase(
            session,
            numbers,
            at=app.clock(),
            others=ANONYMISE,
            checksum=checksum,
        )
        case = erasure.close(session, erased, received_on=received_on, at=app.clock(), actor=actor)
    is_scrubbed = app.database.scrub()
    with app.database.reading() as session:
        searches = [
            traces.search(session, address, app.keys.address_hash(address.key))
            for address in map(addresses.read, written)
        ]
    return Done(case, erased, searches, is_scrubbed)
