"""Find dates in running text: "den 20 januari", "6–10 mars 2017", "2017-02-22"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from newsletter.issues.hints.words import LanguageWords

_ISO = re.compile(r"(?<![\w-])(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})(?![\w-])")
#: Between the first and the last day of something.
_THROUGH = re.compile(r"\s*(?:–|-|till(?: och med)?|t\.o\.m\.|och|to|until|and)\s*(?:den )?")


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date as it stands in a text."""

    #: The last day, where a first and a last one are given.
    day: date
    words: str
    start: int
    end: int


def dates_in(text: str, *, words: LanguageWords, near: date) -> list[FoundDate]:
    """Return the dates of a text in order; a date without a year is the one nearest to `near`.

    >>> swedish = LanguageWords(months={"mars": 3})
    >>> [found.day for found in dates_in("den 3 mars", words=swedish, near=date(2017, 2, 1))]
    [datetime.date(2017, 3, 3)]
    """
    matches = [*_ISO.finditer(text)]
    if words.months:
        day_first, month_first = _forms(tuple(words.months))
        matches += day_first.finditer(text)
        # Swedish never says "mars 7": there it would be seven of something in March.
        matches += month_first.finditer(text) if words.month_first else ()
    found: list[FoundDate] = []
    for match in sorted(matches, key=lambda match: match.start()):
        day = _day(match.groupdict(), words.months, near)
        if day is None or (found and match.start() < found[-1].end):
            continue
        start = match.start()
        if found and _THROUGH.fullmatch(text, found[-1].end, start):
            start = found.pop().start
        found.append(FoundDate(day, text[start : match.end()], start, match.end()))
    return found


@lru_cache(maxsize=8)
def _forms(names: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    month = "|".join(sorted(names, key=len, reverse=True))
    day, year = r"(?P<day>\d{1,2})", r"(?P<year>\d{4})"
    return (
        re.compile(
            rf"(?<![\d.,]){day}(?::?[ae]|st|nd|rd|th)?\s(?:of )?(?P<month>{month})\b"
            rf"(?:\.?,?\s{year}\b)?",
            re.IGNORECASE,
        ),
        re.compile(
            rf"\b(?P<month>{month})\s{day}(?:st|nd|rd|th)?\b(?:,\s{year}\b)?", re.IGNORECASE
        ),
    )


def _day(parts: dict[str, str | None], months: Mapping[str, int], near: date) -> date | None:
    number = parts.get("number")
    month = int(number) if number else months[str(parts["month"]).casefold()]
    day = int(str(parts["day"]))
    if parts["year"]:
        return _date(int(parts["year"]), month, day)
    years = (near.year - 1, near.year, near.year + 1)
    possible = [found for year in years if (found := _date(year, month, day))]
    return min(possible, key=lambda found: abs(found - near), default=None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
