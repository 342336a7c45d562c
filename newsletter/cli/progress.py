"""Show people who look on how far something has come: a bar, the rate, the time left."""

from __future__ import annotations

import time
from types import TracebackType

from rich import progress as bars
from rich.console import Console

from newsletter.cli.command import Output

#: Seconds something may take before its bar is shown.
_PATIENCE = 2


class Progress:
    """Use as a context manager; on standard error, and only where that is a terminal."""

    def __init__(self, out: Output, *, total: int) -> None:
        self._number = out.language.number
        self._total = total
        self._since = time.monotonic()
        console = Console(stderr=True)
        self._is_seen = console.is_terminal and not out.as_json
        self._bar = bars.Progress(
            bars.BarColumn(),
            bars.TaskProgressColumn(),
            bars.TextColumn("{task.fields[rate]}"),
            bars.TimeRemainingColumn(),
            console=console,
        )
        self._task: bars.TaskID | None = None

    def reached(self, number: int) -> None:
        """Say that `number` of the total are done."""
        took = time.monotonic() - self._since
        if not self._is_seen or took < _PATIENCE:
            return
        if self._task is None:
            self._bar.start()
            self._task = self._bar.add_task("", total=self._total, rate="")
        rate = f"{self._number(round(number / took))}/s"
        self._bar.update(self._task, completed=number, rate=rate)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Never begun, it would still print an empty line.
        if self._task is not None:
            self._bar.stop()
