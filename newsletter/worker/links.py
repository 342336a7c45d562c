"""Look where the links of unsent issues lead, a few at a time."""

from __future__ import annotations

from newsletter.app import App
from newsletter.issues import link_checking

#: Links in one go: a worker has other duties.
MOST = 20


def has_stale(app: App) -> bool:
    """Say whether a link of an unsent issue was never looked at, or too long ago."""
    return bool(_stale(app))


def check_stale(app: App) -> int:
    """Look at those links, and return how many there were."""
    return len(link_checking.check(app.database, app.fetcher, _stale(app)[:MOST], clock=app.clock))


def _stale(app: App) -> list[str]:
    with app.database.reading() as session:
        urls = link_checking.links_of_open_issues(session)
        return link_checking.stale(session, urls, now=app.clock())
