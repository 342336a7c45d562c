"""`subscribers list` and `subscribers show`: who is on the list, and how they stand."""

from __future__ import annotations

from typing import Annotated, Literal

import cyclopts
from cyclopts import Parameter

from newsletter.cli import people_shown
from newsletter.cli.command import Common
from newsletter.cli.people_shown import as_json, status_of
from subscribers import addresses, audit, listing, searching
from subscribers.consent_words import KIND_NAMES
from subscribers.listing import Status


def list_(
    *,
    state: Literal["active", "pending", "unsubscribed", "suppressed"] | None = None,
    search: str = "",
    limit: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1))] = 50,
    after: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=0))] = 0,
    show_addresses: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> None:
    """List who is on the list, addresses masked.

    Example: subscribers list --state active --search exempel --limit 20

    Parameters
    ----------
    state
        Only who stands so.
    search
        Only who has this in their address.
    limit
        At most so many.
    after
        Only ids above this one, to go on where an earlier list ended.
    show_addresses
        Show whole addresses; that somebody did is written to the audit log.
    """
    app, out = (common or Common()).open()
    newsletter_id = app.newsletter_id
    with app.database.writing() if show_addresses else app.database.reading() as session:
        people, total = listing.listed(
            session,
            newsletter_id,
            at=app.clock(),
            limit=limit,
            status=Status(state) if state else None,
            search=search,
            after=after,
        )
        if show_addresses:
            # What was searched for may be an address, so it is not logged.
            audit.record(
                session,
                at=app.clock(),
                actor=app.actor,
                action="addresses.shown",
                subject=f"newsletter:{newsletter_id}",
                count=len(people),
                details={"state": state or "", "searched": bool(search)},
            )
        shown = [as_json(person, show_address=show_addresses) for person in people]
    out.table(
        ("id", "address", "status", "language", "since"),
        [
            (
                person.subscriber_id,
                row["address"],
                out.language.say(status_of(person)),
                person.language,
                person.since.astimezone(app.settings.zone).date().isoformat(),
            )
            for person, row in zip(people, shown, strict=True)
        ],
    )
    number = out.language.number
    if total is None:
        out.say(
            "{shown} of more than {n}. The next: --after {after}",
            shown=number(len(people)),
            n=number(searching.COUNTED),
            after=people[-1].subscriber_id if people else after,
        )
    else:
        out.say("{shown} of {n}.", shown=number(len(people)), n=number(total))
    if people and not show_addresses:
        out.say("Show whole addresses with --show-addresses (logged).")
    out.result(shown)


def show(who: str, /, *, common: Common | None = None) -> None:
    """Show how one person stands, and what happened to their consent.

    Example: subscribers show kim.exempel@example.org

    Parameters
    ----------
    who
        The address, or the id that `subscribers list` shows.
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        person = people_shown.find(session, app, who)
        events = listing.history(session, person.subscriber_id, app.newsletter_id)
    out.plain(f"{person.subscriber_id}  {addresses.masked(person.address)}")
    out.say(
        "{status} since {day}, language {language}, source: {source}",
        status=status_of(person),
        day=person.since.astimezone(app.settings.zone).date(),
        language=person.language,
        source=person.source,
    )
    if person.paused_until is not None:
        paused_until = person.paused_until.astimezone(app.settings.zone).date()
        out.say("Paused until {day}.", day=paused_until)
    out.table(
        ("time", "what happened", "source", "by"),
        [
            (
                out.language.stamp(event.at, app.settings.zone),
                out.language.say(KIND_NAMES[event.kind]),
                event.source,
                event.actor,
            )
            for event in events
        ],
    )
    out.result(
        {
            **as_json(person, show_address=False),
            "source": person.source,
            "paused_until": person.paused_until.isoformat() if person.paused_until else None,
            "skipped": person.skipped.value if person.skipped else None,
            "consent": [
                {
                    "at": event.at.isoformat(),
                    "kind": event.kind.value,
                    "source": event.source,
                    "basis": event.basis.value if event.basis else None,
                    "batch": event.batch_id,
                    "actor": event.actor,
                }
                for event in events
            ],
        }
    )
