"""What to do next: the first room of the desk."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from newsletter import reviewing
from newsletter.app import App
from newsletter.delivery import status
from newsletter.issues import composing
from newsletter.models import IssueState
from newsletter.web.desk.addresses import issue_path
from newsletter.web.desk.door import Door
from newsletter.web.desk.visitors import Visitor
from newsletter.web.pages import Pages
from subscribers import stats

#: Issues that still need somebody, in the order they are asked about.
_UNDER_WAY = (
    IssueState.SENDING,
    IssueState.PAUSED,
    IssueState.SCHEDULED,
    IssueState.APPROVED,
    IssueState.DRAFT,
)
#: Earlier issues that are shown.
_EARLIER = 5


class Start:
    """Answers at `/redaktion`."""

    def __init__(self, app: App, pages: Pages, door: Door) -> None:
        """Take clock and database from the program."""
        self._app = app
        self._pages = pages
        self._door = door

    def show(self, request: Request, visitor: Visitor) -> Response:
        """Show the next issue, how the list stands, and how the last ones went."""
        app, now = self._app, self._app.clock()
        with app.database.reading() as session:
            coming = composing.upcoming(session, app.newsletter_id, issued_on=app.today)
            issues = composing.every(session, app.newsletter_id)
            under_way = sorted(
                (issue for issue in issues if issue.state in _UNDER_WAY),
                key=lambda issue: _UNDER_WAY.index(issue.state),
            )
            earlier = [
                (issue, status.of(session, issue.id, now=now))
                for issue in issues
                if issue.state is IssueState.SENT
            ][:_EARLIER]
            return self._door.show(
                request,
                visitor,
                "desk/start.html",
                here="start",
                today=app.today,
                coming=coming,
                reviews=[
                    (issue, stands)
                    for issue in under_way
                    if issue.state in (IssueState.DRAFT, IssueState.APPROVED)
                    and (stands := reviewing.concerning(session, app, issue, visitor.user))
                ],
                has_items=bool(coming.items) or composing.has_items(session),
                under_way=under_way,
                earlier=earlier,
                people=stats.of(session, app.newsletter_id, at=now),
            )

    def create(self, _request: Request, _visitor: Visitor, form: FormData) -> Response:
        """Make the next issue, with what is new or empty, and go on to choosing."""
        app = self._app
        # Read before the database is held.
        rules, newsletter_id = app.press.section_rules, app.newsletter_id
        with app.database.writing() as session:
            issue = composing.create(
                session,
                newsletter_id,
                issued_on=app.today,
                rules=rules,
                now=app.clock(),
                with_items=form.get("tomt") is None,
            )
            name = issue.name
        return self._door.go(issue_path(name, "valj"))
