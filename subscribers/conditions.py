"""What a condition is that describes a segment: fields, comparisons, and how they are joined.

Pure values; `expressions` reads them, `segments` asks the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

TEXT_FIELDS = ("address", "domain", "source")
#: Fields that have one of a few values, and which.
CHOICES = {
    "language": ("sv", "en"),
    "status": ("active", "pending", "unsubscribed", "suppressed"),
}
DATE_FIELDS = ("since",)
FIELDS = (*TEXT_FIELDS, *CHOICES, *DATE_FIELDS)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field held against one value."""

    field: str
    #: =, !=, <, <=, >, >=, contains, startswith or endswith.
    operator: str
    #: A date for `since`, text for the others.
    value: str | date


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class All:
    """Every one of several conditions."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of several conditions."""

    conditions: tuple[Condition, ...]


Condition = Comparison | Not | All | AnyOf
