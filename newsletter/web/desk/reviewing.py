"""Review: the letter as it would go out; who was asked approves it, or sends it back."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from newsletter import reviewing
from newsletter.models import IssueState
from newsletter.web.desk.addresses import issue_path
from newsletter.web.desk.forms import asked, text
from newsletter.web.desk.issue_room import IssueRoom
from newsletter.web.desk.visitors import Visitor


class Reviewing:
    """Answers at `/redaktion/ISSUE/granska`."""

    def __init__(self, room: IssueRoom) -> None:
        """Take what all rooms of an issue share."""
        self._room = room

    def show(self, request: Request, visitor: Visitor) -> Response:
        """Show who asked and for what, the letter, and the two answers."""
        app = self._room.app
        with app.database.reading() as session:
            issue = self._room.find(session, request)
            pulled = self._room.pull(session, issue)
            return self._room.show(
                request,
                visitor,
                session,
                issue,
                pulled,
                "desk/review.html",
                step="kontrollera",
                review=reviewing.standing(session, app, issue, pulled),
                is_approved=issue.state is not IssueState.DRAFT,
                may_approve=reviewing.may_approve(session, app, issue, visitor.user),
                seen=reviewing.fingerprint(app, pulled),
                content=pulled.content,
            )

    def answer(self, request: Request, visitor: Visitor, sent: FormData) -> Response:
        """Approve what was seen, or send it back with a note."""
        app = self._room.app
        # Read before the database is held.
        _ = app.press, app.newsletter_id
        with app.database.writing() as session:
            issue = self._room.find(session, request)
            if asked(sent, "godkann"):
                reviewing.approve(
                    session, app, issue, visitor.user, name=visitor.name, seen=text(sent, "sett")
                )
            else:
                reviewing.send_back(session, app, issue, visitor.user, note=text(sent, "besked"))
            name = issue.name
        return self._room.door.go(issue_path(name, "granska"))
