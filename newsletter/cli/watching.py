"""`newsletter issues status --watch`: how a sending stands, until nobody waits any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from newsletter.app import App
from newsletter.cli import status_shown
from newsletter.cli.command import Output
from newsletter.cli.status_shown import Standing
from newsletter.models import IssueState

#: Seconds between two looks.
_LOOK = 1.0
_GOING_ON = (IssueState.SCHEDULED, IssueState.SENDING, IssueState.PAUSED)


def watch(
    app: App,
    out: Output,
    issue_id: int,
    *,
    console: Console,
    sleep: Callable[[float], object] = time.sleep,
) -> Standing:
    """Show how an issue stands each second until nobody waits any more, or Ctrl-C.

    On a terminal as one block that changes, elsewhere as a line for each change, and not at all
    where JSON was asked for. Returns how it stands at the end. Raises as `status.of`.
    """
    standing = status_shown.look(app, issue_id)
    with _screen(app, out, console) as show:
        show(standing)
        try:
            while standing.now.state in _GOING_ON or standing.now.waiting:
                sleep(_LOOK)
                standing = status_shown.look(app, issue_id)
                show(standing)
        except KeyboardInterrupt:
            # Whoever has seen enough has done nothing wrong, and the sending goes on.
            pass
    return standing


@contextmanager
def _screen(app: App, out: Output, console: Console) -> Iterator[Callable[[Standing], None]]:
    if out.as_json:
        yield lambda _standing: None
    elif console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            yield lambda standing: live.update(_block(app, out, standing), refresh=True)
    else:
        yield _Lines(app, out, console).show


def _block(app: App, out: Output, standing: Standing) -> Group:
    now = standing.now
    done = now.audience - now.waiting
    bar = Table.grid(padding=(0, 1))
    bar.add_row(
        ProgressBar(total=max(now.audience, 1), completed=done, width=40),
        f"{done}/{now.audience}",
    )
    head, *others = (Text(line) for line in status_shown.lines(app, out, standing))
    return Group(head, bar, *others)


class _Lines:
    """A line, with the time, whenever the numbers or the state are others than before."""

    def __init__(self, app: App, out: Output, console: Console) -> None:
        self._app, self._out, self._console = app, out, console
        self._last = ""

    def show(self, standing: Standing) -> None:
        now, say = standing.now, self._out.language.say
        line = f"{self._out.language.gettext(now.state.value)} · {say(now.equation)}"
        if line != self._last:
            clock = self._app.clock().astimezone(self._app.settings.zone)
            self._console.print(f"{clock:%H:%M:%S} {line}", soft_wrap=True)
        self._last = line
