"""`subscribers`: who is on the list, and how they came there or left."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Annotated, Any, Literal

import cyclopts
from cyclopts import Parameter
from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.cli import imports, suppress
from newsletter.cli.command import Common, run
from newsletter.errors import UnsafeError
from subscribers import addresses, audit, consent, listing, stats
from subscribers.adding import Added, Outcome
from subscribers.errors import NoSuchSubscriberError
from subscribers.listing import Listed, Status
from subscribers.models import ConsentKind, SubscriptionState
from subscribers.suppression import REASON_NAMES, reason_for
from subscribers.wording import Sentence

program = cyclopts.App(
    name="subscribers",
    help="Manage who may be mailed, and why.",
    version=metadata.version("newsletter"),
)
program.command(imports.import_, name="import")
program.command(suppress.program)

STATUS_NAMES = {
    Status.ACTIVE: Sentence("active"),
    Status.PENDING: Sentence("pending"),
    Status.UNSUBSCRIBED: Sentence("unsubscribed"),
    Status.SUPPRESSED: Sentence("suppressed"),
}
_EVENT_NAMES = {
    ConsentKind.ADDED: Sentence("added by an administrator"),
    ConsentKind.IMPORTED: Sentence("imported"),
    ConsentKind.REQUESTED: Sentence("asked for"),
    ConsentKind.CONFIRMED: Sentence("confirmed"),
    ConsentKind.WITHDRAWN: Sentence("withdrawn"),
    ConsentKind.RESTORED: Sentence("withdrawal undone"),
}


def main() -> None:
    """Run the command `subscribers`."""
    sys.exit(run(program))


@program.command
def add(
    address: str,
    /,
    *,
    basis: str | None = None,
    source: str | None = None,
    language: Annotated[Literal["sv", "en"] | None, Parameter(name="--language")] = None,
    common: Common | None = None,
) -> None:
    """Put one person on the list, as active.

    Example: subscribers add kim.exempel@example.org --basis samtycke --source "mejl 2026-11-20"

    Parameters
    ----------
    basis
        Why we may mail: samtycke (consent) or allmant-intresse (public-interest).
    source
        How we know: where and when the person said so.
    language
        The person's own, for service mails and pages: sv or en.
    """
    app, out = (common or Common()).open()
    ground, origin = imports.grounds(basis, source)
    read = addresses.read(address)
    with app.database.writing() as session:
        added = consent.add(
            session,
            read,
            app.newsletter_id,
            keys=app.keys,
            basis=ground,
            source=origin,
            language=language or app.settings.newsletter.language,
            at=app.clock(),
            actor=app.actor,
        )
    _refuse_held_back(added)
    shown = addresses.masked(read.written)
    if added.outcome is Outcome.ADDED:
        out.say("{address} is added, as active.", address=shown)
    elif added.since is not None:
        out.say(
            "{address} is on the list already (active since {day}). Nothing was changed.",
            address=shown,
            day=added.since.astimezone(app.settings.zone).date(),
        )
    if read.needs_smtputf8:
        out.say(
            "No issue can be sent to that address yet: "
            "letters such as å, ä and ö stand before the @."
        )
    out.result(
        {
            "outcome": added.outcome.value,
            "id": added.subscriber_id,
            "address": shown,
            "state": added.state.value if added.state else None,
            "since": added.since.isoformat() if added.since else None,
        }
    )


@program.command(name="list")
def list_(
    *,
    state: Literal["active", "pending", "unsubscribed", "suppressed"] | None = None,
    search: str = "",
    limit: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1))] = 50,
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
        shown = [_as_json(person, show_address=show_addresses) for person in people]
    out.table(
        ("id", "address", "status", "language", "since"),
        [
            (
                person.subscriber_id,
                row["address"],
                out.language.say(_status(person)),
                person.language,
                person.since.astimezone(app.settings.zone).date().isoformat(),
            )
            for person, row in zip(people, shown, strict=True)
        ],
    )
    out.say("{shown} of {n}.", shown=len(people), n=total)
    if people and not show_addresses:
        out.say("Show whole addresses with --show-addresses (logged).")
    out.result(shown)


@program.command
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
        person = _find(session, app, who)
        events = listing.history(session, person.subscriber_id, app.newsletter_id)
    out.plain(f"{person.subscriber_id}  {addresses.masked(person.address)}")
    out.say(
        "{status} since {day}, language {language}, source: {source}",
        status=_status(person),
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
                out.language.moment(event.at, app.settings.zone),
                out.language.say(_EVENT_NAMES[event.kind]),
                event.source,
                event.actor,
            )
            for event in events
        ],
    )
    out.result(
        {
            **_as_json(person, show_address=False),
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


@program.command
def remove(who: str, /, *, reason: str = "", common: Common | None = None) -> None:
    """Unsubscribe one person at their wish; only they can come back.

    Example: subscribers remove kim.exempel@example.org --reason "begäran per telefon"

    Parameters
    ----------
    who
        The address, or the id that `subscribers list` shows.
    reason
        How the person told us.
    """
    app, out = (common or Common()).open()
    source = imports.plain_text("--reason", reason)
    with app.database.writing() as session:
        person = _find(session, app, who)
        changed = consent.unsubscribe(
            session,
            person.subscriber_id,
            app.newsletter_id,
            source=source,
            at=app.clock(),
            actor=app.actor,
        )
    shown = addresses.masked(person.address)
    if changed:
        out.say("{address} is unsubscribed and gets no more issues.", address=shown)
    else:
        out.say(
            "{address} was unsubscribed already, since {day}. Nothing was changed.",
            address=shown,
            day=person.since.astimezone(app.settings.zone).date(),
        )
    out.result({"id": person.subscriber_id, "address": shown, "changed": changed})


@program.command(name="stats")
def stats_(*, common: Common | None = None) -> None:
    """Count the list: who may be mailed, and who may not.

    Example: subscribers stats --json
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = stats.of(session, app.newsletter_id, at=app.clock())
    out.say(
        "Subscribers: {active} active · {pending} pending · {unsubscribed} unsubscribed · "
        "{suppressed} suppressed",
        active=found.active,
        pending=found.pending,
        unsubscribed=found.unsubscribed,
        suppressed=found.suppressed,
    )
    if found.paused or found.not_supported:
        out.say(
            "Among the active: {paused} paused, {not_supported} with an address no issue can be "
            "sent to yet",
            paused=found.paused,
            not_supported=found.not_supported,
        )
    out.say(
        "On the suppression list: {n} entry",
        plural="On the suppression list: {n} entries",
        n=found.suppression_list,
    )
    out.result(
        {
            "active": found.active,
            "pending": found.pending,
            "unsubscribed": found.unsubscribed,
            "suppressed": found.suppressed,
            "paused": found.paused,
            "not_supported": found.not_supported,
            "suppression_list": found.suppression_list,
        }
    )


def _refuse_held_back(added: Added) -> None:
    if added.outcome is not Outcome.HELD_BACK:
        return
    if added.state is SubscriptionState.UNSUBSCRIBED:
        raise UnsafeError(
            "That person has left the list. Nothing was changed. "
            "Only they can come back, by signing up themselves."
        )
    if added.state is SubscriptionState.PENDING:
        raise UnsafeError(
            "That person has not confirmed their subscription. Nothing was changed. "
            "Only they can confirm it."
        )
    assert added.suppressed is not None  # noqa: S101 - nothing else holds anybody back
    raise UnsafeError(
        "That address is suppressed ({reason}). Nothing was changed. "
        "See the list with: subscribers suppress list",
        reason=REASON_NAMES[added.suppressed],
    )


def _find(session: Session, app: App, who: str) -> Listed:
    """Return the person with an id or an address; say so if only a suppression is left of them."""
    if who.strip().isdecimal() and len(who) < 12:
        subscriber_id = int(who)
    else:
        address = addresses.read(who)
        try:
            subscriber_id = consent.find(session, address).id
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
    people, _ = listing.listed(
        session, app.newsletter_id, at=app.clock(), limit=1, subscriber_id=subscriber_id
    )
    if not people:
        raise NoSuchSubscriberError(
            "Nobody on this list has the id {id}. Nothing was changed. "
            "See who is there with: subscribers list",
            id=subscriber_id,
        )
    return people[0]


def _status(person: Listed) -> Sentence:
    if person.suppressed is not None:
        return Sentence("suppressed: {reason}", reason=REASON_NAMES[person.suppressed])
    return STATUS_NAMES[person.status]


def _as_json(person: Listed, *, show_address: bool) -> dict[str, Any]:
    return {
        "id": person.subscriber_id,
        "address": person.address if show_address else addresses.masked(person.address),
        "state": person.status.value,
        "suppressed": person.suppressed.value if person.suppressed else None,
        "language": person.language,
        "since": person.since.isoformat(),
    }
