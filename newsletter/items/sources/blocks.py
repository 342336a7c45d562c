"""Cut a page of text into blocks: lines that stand together, date lines and headings alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from itertools import zip_longest

from newsletter.items.sources import dates, tidying

#: Marks that begin an item of a list. A dash with a blank after it (–) is a spoken line instead.
BULLETS = "•·▪●*-"
_BULLET = re.compile(r"(?P<indent>\s*)(?:(?P<round>[•·▪●])\s*|(?P<plain>[*-])(?:\s+|$))")

_LIST = r"(?:nyheter(?:na)?|nytt|aktuellt|pressmeddelanden|news|press releases)"
_WHICH = r"(?:alla|senaste|aktuella|våra|fler|latest)"
_PLACE = r"(?:och|från|om|i|på|hos|and|from|about)"
#: The line over a list of news; the looser form may be a title too: "Nytt om strukturfonderna".
_HEADING = re.compile(rf"(?:{_WHICH} )?{_LIST}(?: (?:och|and) {_LIST})?:?", re.IGNORECASE)
_PERHAPS_HEADING = re.compile(rf"(?:{_WHICH} )?{_LIST} {_PLACE} .{{1,60}}", re.IGNORECASE)
#: Lines of the page around the news, wherever they stand.
_PAGE_CHROME = re.compile(
    r"(?:senast|last) (?:uppdaterad|ändrad|granskad|updated)\b.{0,60}"
    r"|(?:sidan |artikeln )?(?:uppdaterad|ändrad|granskad|updated):? ?(?:den )?\d.{0,40}"
    r"|(?:gå direkt|hoppa|skip) (?:till|to) (?:sidans |the |main )*"
    r"(?:huvudinnehåll|innehåll|content|meny|navigation|sök)\w*.{0,40}"
    r"|(?:vi|webbplatsen|den här webbplatsen|vår webbplats|this site|we) (?:använder|uses?) "
    r"(?:teknik som|kakor|cookies)\b.*"
    r"|(?:till (?:sidans )?topp(?:en)?|skriv ut|lyssna|dela(?: sidan)?|print|share)"
    r"|(?:foto|bild|fotograf|photo) ?: .{1,80}",
    re.IGNORECASE,
)
_DATE_IN_BRACKETS = r"\[\d{4}-\d{1,2}-\d{1,2}\]"
_DATE_AFTER = re.compile(rf"(?P<text>.*\S)\s+(?P<date>{_DATE_IN_BRACKETS})")
_DATE_BEFORE = re.compile(rf"(?P<date>{_DATE_IN_BRACKETS})\s+(?P<text>\S.*)")


class Kind(Enum):
    """What a block is."""

    TEXT = "text"
    #: A date, or the promise of one ("Publicerad:").
    DATE = "date"
    #: The heading over a list of news.
    HEADING = "heading"
    #: Such a heading, or a title that looks like one.
    PERHAPS_HEADING = "perhaps a heading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Lines that stand together."""

    kind: Kind
    #: Number of its first line, from 1.
    line: int
    #: Where it begins on its line, from 0; the bullet counts.
    column: int
    #: Where its text begins on its line.
    text_column: int
    #: The bullet it begins with; empty: none.
    bullet: str
    #: Its lines as the source has them, bullet and all, without outer blanks.
    raw_lines: tuple[str, ...]
    #: Only for dates; None where the calendar has no such day, or none was given.
    day: date | None = None
    #: Looks like a date, but the calendar has no such day.
    is_impossible: bool = False
    #: Stands on the line right below a date.
    follows_date: bool = False

    @property
    def text(self) -> str:
        """The text tidied, on one line."""
        return tidying.line(" ".join(self.raw_lines))

    def split_before_last_line(self) -> tuple[Block, Block]:
        """Return all lines but the last, and the last, as two blocks."""
        return (
            replace(self, raw_lines=self.raw_lines[:-1]),
            replace(self, raw_lines=self.raw_lines[-1:], bullet="", follows_date=False),
        )


def is_list_heading(text: str) -> bool:
    """Say whether a heading stands over a list of news: "Nyheter och aktuellt"."""
    return any(form.fullmatch(text) for form in (_HEADING, _PERHAPS_HEADING))


def cut(lines: Sequence[str], *, left_out: Set[int], today: date) -> list[Block]:
    """Return the blocks of a page; lines whose index is in `left_out` count as blank."""
    found: list[Block] = []
    for number, line in enumerate(lines, start=1):
        if number - 1 in left_out:
            continue
        for block in _blocks_of(line, number=number, today=today):
            last = found[-1] if found else None
            if last is None or last.line + len(last.raw_lines) != number or block.bullet:
                found.append(block)
            elif last.kind is Kind.TEXT and block.kind is not Kind.DATE:
                # A heading stands alone; this is the next line of a wrapped text.
                found[-1] = replace(last, raw_lines=(*last.raw_lines, *block.raw_lines))
            else:
                found.append(replace(block, follows_date=last.kind is Kind.DATE))
    return [_settled(block, below) for block, below in zip_longest(found, found[1:])]


def _settled(block: Block, below: Block | None) -> Block:
    if block.kind is not Kind.PERHAPS_HEADING:
        return block
    is_title = below is not None and below.kind is Kind.DATE and not below.bullet
    return replace(block, kind=Kind.TEXT if is_title else Kind.HEADING)


def _blocks_of(line: str, *, number: int, today: date) -> Iterator[Block]:
    bullet = _BULLET.match(line)
    mark = (bullet["round"] or bullet["plain"]) if bullet else ""
    begin = bullet.end() if bullet else len(line) - len(line.lstrip())
    text = tidying.line(line[begin:])
    if not (text or mark) or _PAGE_CHROME.fullmatch(text):
        return
    whole = Block(
        kind=Kind.TEXT,
        line=number,
        column=len(line[: bullet.end("indent") if bullet else begin].expandtabs(4)),
        text_column=len(line[:begin].expandtabs(4)),
        bullet=mark,
        raw_lines=(line.strip(),),
    )
    if not mark and text[0].isupper() and _HEADING.fullmatch(text):
        yield replace(whole, kind=Kind.HEADING)
    elif not mark and text[0].isupper() and _PERHAPS_HEADING.fullmatch(text):
        yield replace(whole, kind=Kind.PERHAPS_HEADING)
    elif dated := _dated(whole, text, today):
        yield dated
    elif parts := _DATE_AFTER.fullmatch(text) or _DATE_BEFORE.fullmatch(text):
        worded = replace(whole, raw_lines=(f"{mark} {parts['text']}".lstrip(),))
        day = _dated(replace(whole, bullet=""), parts["date"], today) or whole
        comes_first = not mark and parts.start("date") == 0
        yield from (day, worded) if comes_first else (worded, day)
    else:
        yield whole


def _dated(block: Block, text: str, today: date) -> Block | None:
    """Return the block as a date, or None where its text is none."""
    try:
        day = dates.read(text, today=today)
    except ValueError:
        return replace(block, kind=Kind.DATE, is_impossible=True)
    if day is None and not dates.is_label_alone(text):
        return None
    return replace(block, kind=Kind.DATE, day=day)
