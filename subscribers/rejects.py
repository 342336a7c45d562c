"""Write the rows that failed to a file of their own, to be mended and imported again."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from subscribers.candidates import RowError
from subscribers.sheets import Row, Sheet
from subscribers.wording import Sentence

#: What Excel would take for a formula when it opens the file.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Rejects:
    """Use as a context manager; the file is there only if it was kept, and then it is whole.

    A disk that is full costs this file, not the import: `failure` then says why.
    """

    def __init__(self, sheet: Sheet, *, say: Callable[[Sentence], str]) -> None:
        """Write beside `sheet`, the reasons in the words of `say`."""
        self.path = sheet.path.with_name(f"{sheet.path.stem}.fel.csv")
        #: Why there is no file, in the words of the system; empty: nothing failed.
        self.failure = ""
        self._sheet = sheet
        self._say = say
        self._stream: IO[str] | None = None
        self._writer: Any = None

    def add(self, row: Row, error: RowError) -> None:
        """Write one row, as it stood, with its number and what is wrong."""
        if self.failure:
            return
        try:
            if self._stream is None:
                self._open()
            cells = [_harmless(cell) for cell in self._allowed(row, error)]
            # Short rows are filled up, so that the reasons stand under each other.
            cells += [""] * (len(self._sheet.header.cells) - len(cells))
            self._writer.writerow([*cells, error.row, error.column, self._say(error.problem)])
        except OSError as failure:
            self._fail(failure)

    def keep(self) -> Path | None:
        """Put the file in its place, if there were any rows; return where it is."""
        if self._stream is None:
            return None
        try:
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            Path(self._stream.name).replace(self.path)
        except OSError as failure:
            self._fail(failure)
            return None
        self._stream = None
        return self.path

    def __enter__(self) -> Rejects:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._discard()

    def _allowed(self, row: Row, error: RowError) -> tuple[str, ...]:
        """Return the cells of a row, without what has no business in any file."""
        if not error.is_forbidden:
            return row.cells
        names = [name.strip() for name in self._sheet.header.cells]
        return tuple(
            "…" if name == error.column else cell
            for name, cell in zip(names, row.cells, strict=False)
        )

    def _open(self) -> None:
        # Readable by its owner alone: it holds addresses.
        self._stream = tempfile.NamedTemporaryFile(  # noqa: SIM115
            "w",
            encoding="utf-8-sig",
            newline="",
            dir=self.path.parent,
            prefix=".fel-",
            delete=False,
        )
        self._writer = csv.writer(self._stream, delimiter=self._sheet.delimiter)
        headings = (Sentence("row"), Sentence("column"), Sentence("what is wrong"))
        self._writer.writerow([*self._sheet.header.cells, *map(self._say, headings)])

    def _fail(self, failure: OSError) -> None:
        self.failure = failure.strerror or str(failure)
        self._discard()

    def _discard(self) -> None:
        if self._stream is None:
            return
        stream, self._stream = self._stream, None
        try:
            stream.close()
        except OSError:
            # What was still to be written did not fit; the file goes anyhow.
            pass
        finally:
            Path(stream.name).unlink(missing_ok=True)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
