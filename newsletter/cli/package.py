"""`subscribers package`: all that is held on a person, for that person."""

from __future__ import annotations

from pathlib import Path

from newsletter.cli import people_shown
from newsletter.cli.command import Common
from newsletter.cli.files import new_file
from newsletter.errors import UsageError
from newsletter.rights import package as packages
from newsletter.times import day_in


def package(who: str, /, *, out: Path, received: str = "", common: Common | None = None) -> None:
    """Pack all that is held on a person: a readable page in their language, and JSON.

    The answer to whoever asks what we know of them (GDPR, article 15). Make sure that it is they
    who ask, and send it where only they read it.

    Example: subscribers package kim.exempel@example.org --out kim.zip

    Parameters
    ----------
    who
        The address, or the id that `subscribers list` shows.
    out
        The zip file to write; one that is there is never written over.
    received
        The day the person asked, as 2026-11-20; today if not given. The answer is due in a month.
    """
    app, output = (common or Common()).open_for_all()
    if out.suffix.lower() != ".zip":
        raise UsageError(
            "The package is a zip file. Nothing was written. Let the name {path} end in .zip.",
            path=str(out),
        )
    received_on = day_in(received) or app.today
    with app.database.reading() as session:
        subscriber_id = people_shown.number_of(session, app, who)
    with new_file(out) as file:
        made = packages.pack(app, subscriber_id, actor=app.actor, received_on=received_on)
        file.write(made.zip)
    output.say(
        "Made {path} ({files}). Case {case}, to be answered by {due_on}.",
        path=str(out),
        files=", ".join(made.files),
        case=made.case.number,
        due_on=made.case.due_on,
    )
    output.table(
        ("what is held", "rows"),
        [(output.language.say(chapter.heading), len(chapter.rows)) for chapter in made.chapters],
    )
    output.say("It holds personal data of one person. Send it to nobody else, then delete it.")
    output.result(
        {
            "path": str(out),
            "files": list(made.files),
            "case": made.case.number,
            "due_on": made.case.due_on.isoformat(),
            "held": {chapter.name: len(chapter.rows) for chapter in made.chapters},
        }
    )
