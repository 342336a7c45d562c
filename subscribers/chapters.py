"""What is held on somebody, as chapters of plain values: every package tells its part so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from subscribers.wording import Sentence


@dataclass(frozen=True, slots=True)
class Word:
    """A value that has a name for people."""

    #: As programs read it: "active".
    value: str
    name: Sentence


Cell = str | int | datetime | date | Word | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """One kind of thing that is held."""

    #: What programs call it: "subscriptions".
    name: str
    heading: Sentence
    #: By the name programs know.
    columns: Mapping[str, Sentence]
    rows: Sequence[tuple[Cell, ...]]

    def as_json(self) -> list[dict[str, Any]]:
        """Return the rows as programs read them."""
        return [
            {name: _plain(cell) for name, cell in zip(self.columns, row, strict=True)}
            for row in self.rows
        ]


#: Tells what is held on the person who has these numbers.
Tell = Callable[[Session, Sequence[int]], Chapter]


def _plain(cell: Cell) -> str | int | None:
    if isinstance(cell, Word):
        return cell.value
    return cell.isoformat() if isinstance(cell, date) else cell
