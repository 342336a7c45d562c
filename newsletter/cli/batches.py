"""`subscribers import --list` and `--undo`: imports by their number."""

from __future__ import annotations

from newsletter.cli.command import DONE, Common
from newsletter.cli.progress import Progress
from subscribers import batches, undoing
from subscribers.fates import Fate
from subscribers.models import BatchState
from subscribers.wording import Sentence

#: Imports listed.
_LISTED = 50
_STATES = {
    BatchState.RUNNING: Sentence("under way, or broken off"),
    BatchState.DONE: Sentence("done"),
    BatchState.UNDOING: Sentence("being undone, or that was broken off"),
    BatchState.UNDONE: Sentence("undone"),
}
_FATES = {
    Fate.DELETED: Sentence(
        "unknown before the import, is deleted", plural="unknown before the import, are deleted"
    ),
    Fate.RESTORED: Sentence("stands again as before", plural="stand again as before"),
    Fate.KEPT: Sentence(
        "did something since then, stays as it is",
        plural="did something themselves since then, stay as they are",
    ),
    Fate.LANGUAGE: Sentence(
        "gets back the earlier language", plural="get back the language they had"
    ),
    Fate.SUPPRESSION: Sentence("is suppressed no longer", plural="are suppressed no longer"),
}


def show_all(common: Common | None) -> int:
    """List the imports, newest first."""
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = batches.every(session, app.newsletter_id, limit=_LISTED)
    if found:
        out.table(
            ("number", "time", "source", "state", "added", "errors"),
            [
                (
                    batch.id,
                    out.language.stamp(batch.at, app.settings.zone),
                    batch.source,
                    out.language.say(_STATES[batch.state]),
                    out.language.number(batch.counts.get("added", 0)),
                    out.language.number(batch.counts.get("errors", 0)),
                )
                for batch in found
            ],
        )
    else:
        out.say("Nothing has been imported yet.")
    out.result(
        [
            {
                "batch": batch.id,
                "at": batch.at.isoformat(),
                "source": batch.source,
                "purpose": batch.purpose.value,
                "state": batch.state.value,
                **batch.counts,
            }
            for batch in found
        ]
    )
    return DONE


def undo(batch_id: str, *, dry_run: bool, common: Common | None) -> int:
    """Take back what an import changed, and say what became of whom."""
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        total = undoing.changes(session, batches.find(session, app.newsletter_id, batch_id))
    with Progress(out, total=max(total, 1)) as bar:
        undone = undoing.undo(
            batch_id,
            app.newsletter_id,
            database=app.database,
            clock=app.clock,
            actor=app.actor,
            dry_run=dry_run,
            progress=lambda undone: bar.reached(undone.fates.total()),
        )
    if dry_run:
        out.say("If you run it in earnest:")
    for fate, meaning in _FATES.items():
        if undone.fates[fate]:
            n = undone.fates[fate]
            out.plain(f"{out.language.number(n):>9}  {out.language.say(meaning.counting(n))}")
    if dry_run:
        out.say("Nothing was changed.")
    else:
        out.say("The import {batch} is undone.", batch=undone.batch)
    out.result(
        {
            "batch": undone.batch,
            "dry_run": dry_run,
            **{fate.value: undone.fates[fate] for fate in Fate},
        }
    )
    return DONE
