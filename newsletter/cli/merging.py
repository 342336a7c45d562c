"""`subscribers duplicates` and `subscribers merge`: one person, one place on the list."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from newsletter.cli import people_shown
from newsletter.cli.command import Common
from newsletter.cli.people_shown import as_json, status_of
from newsletter.delivery import ledger
from subscribers import addresses, listing, merging
from subscribers.listing import STATUS_NAMES, Status
from subscribers.models import Subscriber

#: Groups printed.
_PRINTED = 50


def duplicates(*, common: Common | None = None) -> None:
    """List people who are probably on the list twice: a +tag, dots at Gmail, a slip of a domain.

    Example: subscribers duplicates

    It is a guess to look at; nothing is changed.
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        groups = merging.duplicates(session)
        shown = [
            [
                person
                for subscriber_id in group
                if (
                    person := listing.one(session, app.newsletter_id, subscriber_id, at=app.clock())
                )
            ]
            for group in groups[:_PRINTED]
        ]
    # Where one is left, the others are on another newsletter's list.
    shown = [group for group in shown if len(group) > 1]
    for group in shown:
        out.say("Group {n}", n=group[0].subscriber_id)
        for person in group:
            out.plain(
                f"  {person.subscriber_id:>7}  {addresses.masked(person.address)}"
                f"  {out.language.say(status_of(person))}"
            )
    if len(groups) > _PRINTED:
        out.say("… and {n} more.", n=len(groups) - _PRINTED)
    if shown:
        out.say(
            "Make one person of a group: subscribers merge {n} --dry-run",
            n=shown[0][0].subscriber_id,
        )
    else:
        out.say("Nobody seems to be on the list twice.")
    out.result([[as_json(person, show_address=False) for person in group] for group in shown])


def merge(
    kept: str,
    given_up: str | None = None,
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> None:
    """Make one person of two, or of a group: the strictest status holds, and nobody is lifted.

    Histories are joined. The address given up gets nothing more and no import brings it back; its
    old links to leave take the kept one off too.

    Example: subscribers merge 107 --dry-run

    Parameters
    ----------
    kept
        The address to keep, its id, or the number of a group that `subscribers duplicates` shows.
    given_up
        The address to give up, or its id; without one, everybody else in the group.
    dry_run
        Say what would be done, and do nothing.
    """
    app, out = (common or Common()).open()
    # What is done while reading is not kept.
    with app.database.reading() if dry_run else app.database.writing() as session:
        one = people_shown.find(session, app, kept)
        if given_up is None:
            others = merging.others_like(session, one.subscriber_id)
        else:
            others = [people_shown.find(session, app, given_up).subscriber_id]
        names = [addresses.masked(session.get_one(Subscriber, number).address) for number in others]
        done = [
            merging.merge(
                session,
                one.subscriber_id,
                number,
                at=app.clock(),
                actor=app.actor,
                follow=[ledger.follow_merge],
            )
            for number in others
        ]
        after = listing.one(session, app.newsletter_id, one.subscriber_id, at=app.clock())
    status = Status.UNSUBSCRIBED if after is None else after.status
    if dry_run:
        out.say("If you run it in earnest:")
    out.say(
        "Keeps {kept}, gives up {given_up}. The status is {status} (the strictest holds). "
        "The histories are joined.",
        kept=addresses.masked(one.address),
        given_up=", ".join(names),
        status=STATUS_NAMES[status],
    )
    if dry_run:
        out.say("Nothing was changed.")
    out.result(
        {
            "dry_run": dry_run,
            "kept": one.subscriber_id,
            "given_up": others,
            "state": status.value,
            "suppressions": sum(merged.suppressions for merged in done),
            "events": sum(merged.events for merged in done),
        }
    )
