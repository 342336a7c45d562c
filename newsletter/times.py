"""Dates and times as people write them, at the command line and at the desk."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from newsletter.errors import UsageError

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d)[.:](\d\d)((?:[+-]\d\d:?\d\d|Z)?)")


def moment_in(text: str, zone: ZoneInfo) -> datetime | None:
    """Return a time as people write it; empty text is no time.

    Without an offset it is in `zone`.

    Raises UsageError: not a date with a time, or, where the clocks are put forward or back, one
    that does not exist or comes twice.
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
    return moment if moment.tzinfo else _on_the_wall(moment, zone)


def moment_to_come(text: str, zone: ZoneInfo, *, now: datetime) -> datetime:
    """Return a time as people write it that lies ahead.

    Raises UsageError: as `moment_in`, or it has passed.
    """
    moment = moment_in(text, zone)
    if moment is None or moment <= now:
        raise UsageError(
            "That time has passed. Nothing was changed. To send at once: "
            "newsletter issues send ISSUE"
        )
    return moment


def _on_the_wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the one time that clocks on the wall show so."""
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment:
        raise UsageError(
            "{time} does not exist: the clocks are put forward that night. Nothing was changed. "
            "Choose another time.",
            time=f"{moment:%Y-%m-%d %H:%M}",
        )
    raise UsageError(
        "{time} comes twice: the clocks are put back that night. Nothing was changed. "
        "Say which: {first} or {second}.",
        time=f"{moment:%Y-%m-%d %H:%M}",
        first=f"{first:%Y-%m-%d %H:%M%z}",
        second=f"{second:%Y-%m-%d %H:%M%z}",
    )


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
