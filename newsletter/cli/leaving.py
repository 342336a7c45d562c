"""`subscribers remove`: let one person go."""

from __future__ import annotations

from newsletter.cli import imports, people_shown
from newsletter.cli.command import Common
from subscribers import addresses, consent


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
        person = people_shown.find(session, app, who)
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
        out.say(
            "If nothing about them is to be kept: subscribers erase {id}",
            id=person.subscriber_id,
        )
    else:
        out.say(
            "{address} was unsubscribed already, since {day}. Nothing was changed.",
            address=shown,
            day=person.since.astimezone(app.settings.zone).date(),
        )
    out.result({"id": person.subscriber_id, "address": shown, "changed": changed})
