"""`subscribers pause` and `subscribers language`: what somebody asked for about their mails."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Literal

from cyclopts import Parameter

from newsletter.cli import people_shown
from newsletter.cli.command import Common
from newsletter.errors import UsageError
from newsletter.times import day_in
from subscribers import addresses, preferences


def pause(
    who: str,
    /,
    *,
    until: str = "",
    end: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> None:
    """Let one person have no issue before a day; it ends by itself.

    Example: subscribers pause kim.exempel@example.org --until 2027-01-10

    Parameters
    ----------
    who
        The address, or the id that `subscribers list` shows.
    until
        The first day they are mailed again: 2027-01-10.
    end
        End the pause now.
    """
    app, out = (common or Common()).open()
    day = day_in(until)
    if (day is None) is not end:
        raise UsageError("Say either --until and a day, or --end. Nothing was changed.")
    moment = None if day is None else datetime.combine(day, time(), app.settings.zone)
    with app.database.writing() as session:
        person = people_shown.find(session, app, who)
        preferences.pause(
            session,
            person.subscriber_id,
            app.newsletter_id,
            until=moment,
            at=app.clock(),
            actor=app.actor,
        )
    shown = addresses.masked(person.address)
    if day is None:
        out.say("{address} gets the issues again.", address=shown)
    else:
        out.say("{address} gets no issue before {day}.", address=shown, day=day)
    out.result(
        {
            "id": person.subscriber_id,
            "address": shown,
            "paused_until": moment.isoformat() if moment else None,
        }
    )


def language(who: str, code: Literal["sv", "en"], /, *, common: Common | None = None) -> None:
    """Set the language of one person's service mails and pages; issues have their own.

    Example: subscribers language kim.exempel@example.org en

    Parameters
    ----------
    who
        The address, or the id that `subscribers list` shows.
    code
        sv or en.
    """
    app, out = (common or Common()).open()
    with app.database.writing() as session:
        person = people_shown.find(session, app, who)
        changed = preferences.set_language(
            session, person.subscriber_id, code, at=app.clock(), actor=app.actor
        )
    shown = addresses.masked(person.address)
    if changed:
        out.say("The language of {address} is {code} now.", address=shown, code=code)
    else:
        out.say("The language of {address} was {code} already.", address=shown, code=code)
    out.result({"id": person.subscriber_id, "address": shown, "language": code, "changed": changed})
