"""Statistics: how issues went and how the list grows, from counts; nobody is watched."""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.delivery import results
from newsletter.web.desk.door import Door
from newsletter.web.desk.visitors import Visitor
from subscribers import stats, why_left

#: Issues, months and ways onto the list that are shown.
_ISSUES, _MONTHS, _SOURCES = 12, 12, 8


class Statistics:
    """Answers at `/redaktion/statistik`."""

    def __init__(self, app: App, door: Door) -> None:
        """Take clock and database from the program."""
        self._app = app
        self._door = door

    def show(self, request: Request, visitor: Visitor) -> Response:
        """Show the last issues, the months, and how people came."""
        app, now = self._app, self._app.clock()
        with app.database.reading() as session:
            sent = results.latest(session, app.newsletter_id, now=now, limit=_ISSUES)
            months = stats.growth_by_month(
                session, app.newsletter_id, months=_MONTHS, at=now, zone=app.settings.zone
            )
            return self._door.show(
                request,
                visitor,
                "desk/statistics.html",
                here="statistik",
                people=stats.of(session, app.newsletter_id, at=now),
                sent=sent,
                since_last=results.growth_since(session, app.newsletter_id, sent[0], now=now)
                if sent
                else None,
                months=months,
                most=max((max(one.joined, one.left) for one in months.values()), default=0) or 1,
                sources=stats.sources(
                    session, app.newsletter_id, since=now - timedelta(days=365), limit=_SOURCES
                ),
                why_left=why_left.since(
                    session, app.newsletter_id, (now - timedelta(days=365)).date()
                ),
                answers=why_left.NAMES,
            )
