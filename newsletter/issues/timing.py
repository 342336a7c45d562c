"""Whether a time is a good one to send at: the calendar of those who read at work.

The only door to the library that knows the holidays.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from subscribers.wording import Sentence

#: Whose holidays they are.
COUNTRY = "SE"
#: When people are at work; outside it a mail is old before it is read.
WORK_BEGINS, WORK_ENDS = time(7, 0), time(17, 0)
_SATURDAY, _JULY = 5, 7
#: Days off by law, and those that are off everywhere all the same, such as Christmas Eve.
_CATEGORIES = ("public", "de_facto")
_HOLIDAY_LANGUAGES = {"sv": "sv", "en": "en_US"}


def doubts(at: datetime, zone: ZoneInfo, *, language: str) -> Iterator[Sentence]:
    """Yield what speaks against sending at a time; none of it forbids to.

    `language` is that of the names of holidays.
    """
    local = at.astimezone(zone)
    if name := _holiday(local.date(), language):
        yield Sentence("That day is a holiday: {name}.", name=name)
    elif local.weekday() >= _SATURDAY:
        yield Sentence("That day is at a weekend.")
    if not WORK_BEGINS <= local.time() < WORK_ENDS:
        yield Sentence("Most people are not at work at that hour.")
    if local.month == _JULY:
        yield Sentence("In July most people are on holiday.")


def _holiday(day: date, language: str) -> str:
    # A quarter of a second to import, and seldom needed.
    import holidays

    known = holidays.country_holidays(
        COUNTRY,
        years=day.year,
        language=_HOLIDAY_LANGUAGES.get(language, "en_US"),
        categories=_CATEGORIES,
    )
    return str(known.get(day, ""))
