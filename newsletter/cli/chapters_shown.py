"""How chapters of what is held on somebody are printed."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from newsletter.cli.command import Output
from newsletter.rights.chapters import said
from subscribers.chapters import Chapter


def entries(out: Output, chapter: Chapter, zone: ZoneInfo) -> None:
    """Print a chapter, a line for each value that is held, for more than fits beside another."""
    out.plain(out.language.say(chapter.heading))
    heads = [out.language.say(head) for head in chapter.columns.values()]
    for number, row in enumerate(chapter.rows):
        if number:
            out.plain()
        for head, cell in zip(heads, row, strict=True):
            if cell not in (None, ""):
                out.plain(f"  {head}: {said(cell, out.language, zone)}")
