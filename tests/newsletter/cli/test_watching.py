"""Whoever watches a sending sees each change, and is let go when nobody waits any more."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from newsletter.app import App, open_app
from newsletter.cli.command import Output
from newsletter.cli.watching import watch
from newsletter.issues import composing
from newsletter.models import IssueState
from tests.mail_server import MailServer
from tests.newsletter.cli.conftest import Command
from tests.newsletter.cli.test_sending import at_the_server, recipients

__all__ = ["at_the_server"]

Step = Callable[[], object]


class Watcher:
    """Somebody who looks on; between two looks something happens."""

    def __init__(self, app: App, issue: str) -> None:
        self.app = app
        self.out = Output(app.templates.language("en"))
        with app.database.reading() as session:
            self.issue_id = composing.find(session, app.newsletter_id, issue).id

    def sees(self, *steps: Step, on_terminal: bool = False) -> str:
        """Return all that was printed; there are as many waits as steps."""
        left = list(steps)
        printed = io.StringIO()
        console = Console(
            file=printed, width=100, force_terminal=on_terminal, highlight=False, _environ={}
        )
        self.last = watch(
            self.app, self.out, self.issue_id, console=console, sleep=lambda _seconds: left.pop(0)()
        )
        assert left == []
        return printed.getvalue()


@pytest.fixture
def watcher(config: Path, newsletter: Command, approved: str) -> Iterator[Watcher]:
    """Somebody who watches an issue that is about to go."""
    newsletter("issues", "schedule", approved, "--in", "60")
    app = open_app(config)
    yield Watcher(app, approved)
    app.database.close()


def nothing() -> None:
    """Happen not at all."""


def test_each_change_is_a_line_and_the_end_comes_by_itself(
    watcher: Watcher, newsletter: Command, approved: str, at_the_server: MailServer
) -> None:
    seen = watcher.sees(nothing, lambda: newsletter("issues", "send", approved, "--yes"))

    assert [line.split(maxsplit=1)[1] for line in seen.splitlines()] == [
        "scheduled · 0 recipients = 0 accepted + 0 refused + 0 skipped + 0 uncertain + 0 waiting",
        "sent · 3 recipients = 3 accepted + 0 refused + 0 skipped + 0 uncertain + 0 waiting",
    ]
    assert watcher.last.now.state is IssueState.SENT
    assert len(recipients(at_the_server)) == 3


def test_on_a_terminal_one_block_shows_how_far_it_is_and_what_holds_it_back(
    watcher: Watcher,
    newsletter: Command,
    approved: str,
    at_the_server: MailServer,
) -> None:
    at_the_server.reply_to_rcpt = {"lo@example.net": "451 4.2.1 later"}.get

    seen = watcher.sees(
        lambda: newsletter("issues", "send", approved, "--yes"),
        lambda: newsletter("issues", "pause", approved),
        lambda: newsletter("issues", "cancel", approved, "--yes"),
        on_terminal=True,
    )

    before, sending, paused, cancelled = (
        seen[seen.index(f"{approved} · {state}") :]
        for state in ("scheduled", "sending", "paused", "cancelled")
    )
    assert "0/0" in before
    assert "2/3" in sending
    assert "messages a second" in sending
    assert "come back later" in sending
    assert f"newsletter issues resume {approved}" in paused
    assert "3/3" in cancelled
    # Each block is written over the one before: the cursor goes up first.
    assert seen.count("\x1b[1A") >= 3


def test_who_stops_watching_stops_nothing_else(
    watcher: Watcher, newsletter: Command, approved: str
) -> None:
    def press_ctrl_c() -> None:
        raise KeyboardInterrupt

    watcher.sees(press_ctrl_c)

    assert watcher.last.now.state is IssueState.SCHEDULED
    assert newsletter("issues", "show", approved, "--json").json["state"] == "scheduled"


def test_what_is_over_is_shown_once(newsletter: Command, approved: str) -> None:
    text = newsletter("issues", "status", approved, "--watch")
    as_json = newsletter("issues", "status", approved, "--watch", "--json")

    assert (text.code, as_json.code) == (0, 0)
    assert "approved · 0 recipients" in text.out
    assert as_json.json["state"] == "approved"
