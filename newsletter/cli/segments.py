"""`subscribers segment`: named parts of the list, and how many are in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cyclopts
from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.cli.command import Common, Output
from newsletter.errors import UsageError
from subscribers import segments
from subscribers.audiences import Audience
from subscribers.segments import Description
from subscribers.wording import Sentence

if TYPE_CHECKING:
    from newsletter.delivery.status import Status

program = cyclopts.App(name="segment", help="Describe parts of the list that issues can go to.")


@program.command
def create(name: str, /, *, where: str, common: Common | None = None) -> None:
    """Keep a condition under a name.

    Example: subscribers segment create kommuner --where 'domain endswith kommun.example.org'

    Fields: address, domain, language, status, since, source. Write field = value, or !=, in (a, b),
    contains, startswith, endswith, and for since <, <=, >, >= a date; join with and, or, not, ( ).

    Parameters
    ----------
    name
        What to call it.
    where
        Who is in it, in quotes.
    """
    app, out = (common or Common()).open()
    with app.database.writing() as session:
        segment = segments.create(
            session, app.newsletter_id, name, where, at=app.clock(), actor=app.actor
        )
        described = segments.describe(segment, app.settings.zone)
        audience = segments.counts(session, app.newsletter_id, described, at=app.clock())
    _print(out, described, audience)


@program.command
def count(condition: str, /, *, common: Common | None = None) -> None:
    """Count who a condition describes, or who is in a segment.

    Example: subscribers segment count 'source contains "mässa" and language = sv'

    Parameters
    ----------
    condition
        A condition in quotes, or the name of a segment.
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        named = {segment.name: segment for segment in segments.every(session, app.newsletter_id)}
        kept = named.get(condition.strip())
        zone = app.settings.zone
        described = segments.describe(kept, zone) if kept else Description("", condition, zone.key)
        audience = segments.counts(session, app.newsletter_id, described, at=app.clock())
    _print(out, described, audience)


@program.command(name="list")
def list_(*, common: Common | None = None) -> None:
    """List the segments and their conditions.

    Example: subscribers segment list
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = segments.every(session, app.newsletter_id)
    if found:
        out.table(("name", "condition"), [(row.name, row.condition) for row in found])
    else:
        out.say("There are no segments. Make one: subscribers segment create NAME --where …")
    out.result([{"name": row.name, "condition": row.condition} for row in found])


@program.command
def delete(name: str, /, *, common: Common | None = None) -> None:
    """Forget a segment; nobody leaves the list.

    Example: subscribers segment delete kommuner
    """
    app, out = (common or Common()).open()
    with app.database.writing() as session:
        segments.delete(session, app.newsletter_id, name, at=app.clock(), actor=app.actor)
    out.say("The segment “{name}” is forgotten. Nobody left the list.", name=name.strip())
    out.result({"name": name.strip(), "deleted": True})


def chosen(
    app: App, session: Session, issue: Status, *, name: str | None, everybody: bool
) -> Description | None:
    """Return the segment an issue is to go to, as the command line or the issue itself says.

    Raises UsageError: both a segment and everybody; ExplainedError: there is no such segment.
    """
    if name is not None and everybody:
        raise UsageError("Say either --segment or --everybody. Nothing was sent.")
    if name is not None:
        found = segments.find(session, app.newsletter_id, name)
        return segments.describe(found, app.settings.zone)
    return None if everybody else issue.segment


def warn(out: Output, segment: Description | None) -> None:
    """Say what an organisation gives up that sends to a part of its list (product rule 1.6)."""
    if segment is None:
        return
    out.say(
        "Only to the segment “{name}”: {condition}", name=segment.name, condition=segment.condition
    )
    out.say(
        "Note: a newsletter can count as a constitutionally protected publication only if the "
        "same goes to everybody at the same time. Whoever answers for the newsletter should "
        "decide whether to send to a part of the list."
    )


def _print(out: Output, described: Description, audience: Audience) -> None:
    number = out.language.number
    if described.name:
        out.say(
            "Segment “{name}”: {active} active, of them {mailable} can be mailed now.",
            plural="Segment “{name}”: {active} active, of them {mailable} can be mailed now.",
            n=audience.active,
            name=described.name,
            active=number(audience.active),
            mailable=number(audience.mailable),
        )
    else:
        out.say(
            "{active} active, of them {mailable} can be mailed now.",
            plural="{active} active, of them {mailable} can be mailed now.",
            n=audience.active,
            active=number(audience.active),
            mailable=number(audience.mailable),
        )
    suppressed = sum(audience.suppressed.values())
    others = [
        out.language.say(meaning.counting(n))
        for n, meaning in (
            (audience.pending, Sentence("{n} pending", plural="{n} pending")),
            (audience.unsubscribed, Sentence("{n} unsubscribed", plural="{n} unsubscribed")),
            (suppressed, Sentence("{n} suppressed", plural="{n} suppressed")),
        )
        if n
    ]
    if others:
        out.say("It also describes, but nobody mails: {others}.", others=", ".join(others))
    out.result(
        {
            "name": described.name or None,
            "condition": described.condition,
            "active": audience.active,
            "mailable": audience.mailable,
            "pending": audience.pending,
            "unsubscribed": audience.unsubscribed,
            "suppressed": suppressed,
        }
    )
