"""What an import did, or in a dry run would do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from subscribers.barriers import barriers
from subscribers.candidates import RowError
from subscribers.columns import Columns
from subscribers.judging import Outcome


@dataclass(frozen=True, slots=True)
class Slip:
    """An address whose domain looks like a slip of the pen; it is taken all the same."""

    row: int
    domain: str
    meant: str


@dataclass(slots=True)
class Report:
    """What an import did, or in a dry run would do. Every row counts once."""

    dry_run: bool
    columns: Columns
    #: "2026-11-22-1"; empty in a dry run.
    batch: str = ""
    #: Rows below the column names that hold anything.
    rows: int = 0
    #: Rows with errors; `errors` tells the first of them.
    wrong: int = 0
    #: Rows whose address stands further up in the same file.
    duplicates: int = 0
    #: By `judging.Outcome`, or by the barrier that holds them back, as far as it is committed.
    outcomes: Counter[str] = field(default_factory=Counter)
    errors: list[RowError] = field(default_factory=list)
    slips: list[Slip] = field(default_factory=list)
    #: How many have an address that only servers with SMTPUTF8 can take.
    needs_smtputf8: int = 0
    #: See `chunks.Pace.longest`.
    longest_write: float = 0
    #: Where the rows with errors were written; None: nowhere.
    error_file: Path | None = None
    #: Why they could not be written, in the words of the system.
    error_file_failure: str = ""

    @property
    def added(self) -> int:
        """How many stand on the list as the import says, and were not there before."""
        return self._of(Outcome.ADDED, Outcome.ADDED_AS_PENDING)

    @property
    def pending(self) -> int:
        """How many of those added are pending."""
        return self._of(Outcome.ADDED_AS_PENDING)

    @property
    def lowered(self) -> int:
        """How many were active, and now have left or are suppressed."""
        return self._of(Outcome.LOWERED)

    @property
    def updated(self) -> int:
        """How many got another language."""
        return self._of(Outcome.UPDATED)

    @property
    def unchanged(self) -> int:
        """How many stood so already, those that could be updated among them."""
        return self._of(Outcome.UNCHANGED, Outcome.COULD_BE_UPDATED)

    @property
    def could_be_updated(self) -> int:
        """How many would get another language, had it been asked for."""
        return self._of(Outcome.COULD_BE_UPDATED)

    @property
    def held_back(self) -> dict[str, int]:
        """How many were not added, by reason: "unsubscribed", "pending", "hard_bounce", …."""
        words = {barrier.value for barrier in barriers()}
        return {word: n for word, n in sorted(self.outcomes.items()) if word in words and n}

    @property
    def settled(self) -> int:
        """How many rows are done with."""
        return self.wrong + self.duplicates + self.outcomes.total()

    def counts(self) -> dict[str, Any]:
        """Return the numbers as they are kept with the batch."""
        return {
            "rows": self.rows,
            "added": self.added,
            "pending": self.pending,
            "lowered": self.lowered,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "duplicates": self.duplicates,
            "held_back": self.held_back,
            "errors": self.wrong,
        }

    def _of(self, *outcomes: Outcome) -> int:
        return sum(self.outcomes[outcome.value] for outcome in outcomes)
