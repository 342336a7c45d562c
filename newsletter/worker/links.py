"""Look where the links of unsent issues lead, one at a time."""

from __future__ import annotations

from newsletter.app import App
from newsletter.issues import link_checking


def has_stale(app: App) -> bool:
    """Say whether a link of an unsent issue was never looked at, or too long ago."""
    return bool(_stale(app))


def check_stale(app: App) -> str:
    """Look at one of those links, and say how many are left.

    One only: a server that does not answer takes seconds, and the other duties wait meanwhile.
    """
    stale = _stale(app)
    link_checking.check(app.database, app.fetcher, stale[:1], clock=app.clock)
    return f"{len(stale[:1])} looked at, {len(stale[1:])} left"


def _stale(app: App) -> list[str]:
    with app.database.reading() as session:
        urls = link_checking.links_of_open_issues(session)
        return link_checking.stale(session, urls, now=app.clock())
