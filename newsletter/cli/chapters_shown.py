"""How chapters of what is held on somebody are printed."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from newsletter.cli.command import Output
from newsletter.rights.chapters import said
from subscribers.chapters import Chapter


def table(out: Output, chapter: Chapter, zone: ZoneInfo) -> None:
    """Print a chapter as a table, without the columns that are empty throughout."""
    filled = [
        place
        for place in range(len(chapter.columns))
        if any(row[place] not in (None, "") for row in chapter.rows)
    ]
    heads = list(chapter.columns.values())
    out.table(
        [heads[place].message for place in filled],
        [[said(row[place], out.language, zone) for place in filled] for row in chapter.rows],
    )


def entries(out: Output, chapter: Chapter, zone: ZoneInfo) -> None:
    """Print a chapter of long texts, one line for each that is held."""
    out.plain(out.language.say(chapter.heading))
    for row in chapter.rows:
        for head, cell in zip(chapter.columns.values(), row, strict=True):
            out.plain(f"  {out.language.say(head)}: {said(cell, out.language, zone)}")
