"""Read the date lines of news pages: "09 februari 2017", "[2018-08-29]", "Jan 30, 2017 11:16"."""

from __future__ import annotations

import re
from datetime import date

#: Longer lines are text, whatever they begin with.
_LONGEST = 80

#: By their first three letters, which differ in Swedish and in English.
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mar", "apr", "maj may", "jun", "jul", "aug", "sep", "okt oct", "nov",
         "dec"), start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = (
    r"(?P<month>jan(?:uari|uary)?|feb(?:r|ruari|ruary)?|mar(?:s|ch)?|apr(?:il)?|maj|may|jun[ie]?"
    r"|jul[iy]?|aug(?:usti|ust)?|sept?(?:ember)?|okt(?:ober)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)\.?"
)
_WEEKDAY = (
    r"(?:(?:må|tis|ons|tors?|fre|lör|sön)(?:n?dag)?(?:en)?"
    r"|(?:mon|tue|wed|thu|fri|sat|sun)(?:[a-z]{0,5}day|s|rs?)?)\.?,? "
)
_TIME = (
    r"(?:,? ?(?:kl\.? ?|klockan |at )?\d{1,2}[.:]\d{2}(?:[.:]\d{2})?"
    r"(?: ?(?:cest|cet|utc|gmt|z|[+-]\d{2}:?\d{2}))?)?"
)
_LABEL = r"(?:(?:publicera[dt]|publiceringsdatum|published|datum|date)(?: on)? ?:? ?)?"

_FORMS = tuple(
    re.compile(rf"{_LABEL}[\[(]?{form}{_TIME}[\])]?\.?", re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})-(?P<day_of>\d{1,2}-\d{1,2})(?:t(?=\d))?",
        rf"(?:den )?(?:{_WEEKDAY})?(?:den )?(?P<day>\d{{1,2}})(?:[:.]?[ae]|st|nd|rd|th)?\.? "
        rf"{_MONTH}(?:,? (?P<year>\d{{4}}))?",
        rf"(?:{_WEEKDAY})?{_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>\d{{4}}))?",
    )
)
_LABEL_ALONE = re.compile(r"publicera[dt] ?:", re.IGNORECASE)


def is_label_alone(line: str) -> bool:
    """Say whether a line promises a date and gives none: "Publicerad:"."""
    return len(line) <= _LONGEST and _LABEL_ALONE.fullmatch(line) is not None


def read(line: str, *, today: date) -> date | None:
    """Return the date that a whole line is, or None where it is something else.

    A date without a year is the newest one that is not in the future.

    Raises ValueError: it looks like a date, but no calendar has it.

    >>> read("Publicerad: den 21 maj 2018", today=date(2026, 11, 22))
    datetime.date(2018, 5, 21)
    >>> read("tisdag 24 november kl. 13.30", today=date(2026, 11, 22))
    datetime.date(2025, 11, 24)
    """
    if len(line) > _LONGEST:
        return None
    for form in _FORMS:
        match = form.fullmatch(line)
        if match is None:
            continue
        parts = match.groupdict()
        if "day_of" in parts:
            month, day = (int(part) for part in parts["day_of"].split("-"))
        else:
            month, day = _MONTHS[parts["month"].lower()[:3]], int(parts["day"])
        if parts["year"] is None:
            return _newest(month, day, today)
        return date(int(parts["year"]), month, day)
    return None


def _newest(month: int, day: int, today: date) -> date:
    # Between two 29 Februaries there are eight years at the most (1896 to 1904, 2096 to 2104).
    for year in range(today.year, max(today.year - 9, 0), -1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= today:
            return found
    raise ValueError(month, day)
