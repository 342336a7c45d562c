"""The list in numbers, for admins: how many, why some get nothing, imports, who did what.

Nothing can be changed here, and nobody is named: the log holds numbers, no addresses.
"""

from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.web.desk.door import Door
from newsletter.web.desk.visitors import Visitor
from subscribers import audit, batches, stats, suppression

#: Imports and rows of the log that are shown.
_IMPORTS, _ENTRIES = 10, 50
#: What "lately" means.
_LATELY = timedelta(days=30)


class ListHealth:
    """Answers at `/redaktion/lista`."""

    def __init__(self, app: App, door: Door) -> None:
        """Take clock and database from the program."""
        self._app = app
        self._door = door

    def show(self, request: Request, visitor: Visitor) -> Response:
        """Show counts, growth, suppressions by reason, imports and the log."""
        app, now = self._app, self._app.clock()
        with app.database.reading() as session:
            return self._door.show(
                request,
                visitor,
                "desk/list.html",
                here="lista",
                people=stats.of(session, app.newsletter_id, at=now),
                lately=stats.growth(
                    session, app.newsletter_id, since=now - _LATELY, until=now + timedelta(days=1)
                ),
                days=_LATELY.days,
                suppressed=suppression.by_reason(session, app.newsletter_id),
                imports=batches.every(session, app.newsletter_id, limit=_IMPORTS),
                entries=audit.listed(session, limit=_ENTRIES),
            )
