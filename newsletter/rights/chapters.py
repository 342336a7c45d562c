"""Say the values in a chapter of what is held on somebody."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from newsletter.language import Language
from subscribers.chapters import Cell, Word


def said(cell: Cell, language: Language, zone: ZoneInfo) -> str:
    """Return a cell in a person's words."""
    match cell:
        case None:
            return ""
        case Word():
            return language.say(cell.name)
        case datetime():
            return language.moment(cell, zone)
        case date():
            return language.date(cell)
        case _:
            return str(cell)
