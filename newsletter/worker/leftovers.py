"""Readers whom a sender left in the air, of issues that nobody sends any more."""

from __future__ import annotations

from newsletter.app import App
from newsletter.delivery import by_hand, holding, issue_states
from newsletter.models import IssueState

#: Deliveries moved in one transaction.
CHUNK = 500


def is_any(app: App) -> bool:
    """Tell whether there is anything to tidy up."""
    with app.database.reading() as session:
        return bool(issue_states.left_behind(session, now=app.clock()))


def tidy_up(app: App) -> int:
    """Say what became of them: uncertain, or skipped because the issue was cancelled.

    Returns how many issues it was about.
    """
    with app.database.reading() as session:
        issues = issue_states.left_behind(session, now=app.clock())
    for issue in issues:
        with app.database.writing() as session:
            holding.expire_leases(session, issue.id, now=app.clock())
        if issue.state is IssueState.CANCELLED:
            skip_all(app, issue.id)
    return len(issues)


def skip_all(app: App, issue_id: int) -> int:
    """Skip everybody who waits for a cancelled issue; return how many."""
    total = 0
    while True:
        with app.database.writing() as session:
            skipped = by_hand.cancel(session, issue_id, limit=CHUNK, now=app.clock())
        total += skipped
        if not skipped:
            return total
