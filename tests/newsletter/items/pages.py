"""Invented pages of news, in the shape the real ones have."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from hypothesis import settings

from newsletter.items.drafts import ItemDraft
from newsletter.items.sources import Page, read

#: Other work on the machine is no fault of ours.
unhurried = settings(deadline=None)

TODAY = date(2026, 11, 22)
SAMPLE = Path(__file__).parents[3] / "templates" / "sample" / "nyhetssida.txt"
HEAD = "Externa relationer\n\nEn inledning om enheten.\n\nNyheter och aktuellt\n\n"
MONTHS = ("jan", "feb", "mars", "april", "maj", "juni", "juli", "aug", "sep", "okt", "nov", "dec")


def hidden(places: int, link: str = "mailto:info@example.org") -> str:
    """Return a link the way old pages hid it; made when the test runs, never stored."""
    return "".join(chr(ord(letter) + places) for letter in link)


def read_text(text: str) -> Page:
    return read(text.encode(), today=TODAY)


def page_of(stories: Iterable[tuple[str, str, str]], *, head: str = HEAD) -> str:
    """Return a page of stories: title, date as written, text."""
    listed = (f" • {title}\n\n  {day}\n\n  {text}\n" for title, day, text in stories)
    return head + "\n".join(listed)


def in_swedish(day: date) -> str:
    return f"{day.day:02d} {MONTHS[day.month - 1]} {day.year:04d}"


def draft(
    title: str = "Kontoret visar vardagen på film",
    *,
    published_on: date | None = date(2026, 11, 12),
    text: str = "Fyra korta filmer följer ett ärende från början till",
    url: str = "",
) -> ItemDraft:
    return ItemDraft(
        title=title,
        published_on=published_on,
        excerpt=text,
        raw_excerpt=f"{text}......",
        truncated=True,
        url=url,
    )
