"""Dates and times as people write them at the command line."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from newsletter.errors import UsageError

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d)[.:](\d\d)((?:[+-]\d\d:?\d\d|Z)?)")


def moment_in(text: str, zone: ZoneInfo) -> datetime | None:
    """Return a time as people write it; empty text is no time.

    Without an offset it is in `zone`.

    Raises UsageError: not a date with a time.
    """
    if not text:
        return None
    try:
        if not (parts := _MOMENT.fullmatch(text.strip())):
            raise ValueError(text)
        day, hour, minute, offset = parts.groups()
        moment = datetime.fromisoformat(f"{day}T{hour}:{minute}{offset}")
    except ValueError:
        raise UsageError(
            "“{text}” is no date with a time. Nothing was changed. Write it like 2026-12-01 13:30.",
            text=text,
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def day_in(text: str) -> date | None:
    """Return a date written as 2026-12-01; empty text is no date.

    Raises UsageError: not a date.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            "“{text}” is no date. Nothing was changed. Write it like 2026-12-01.", text=text
        ) from None
