"""Undo, redo, and every version there was."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from newsletter.issues import versions
from newsletter.web.desk.addresses import is_in_the_desk, issue_path
from newsletter.web.desk.forms import text, whole_number
from newsletter.web.desk.issue_room import IssueRoom
from newsletter.web.desk.visitors import Visitor


class History:
    """Answers at `/redaktion/ISSUE/versioner`."""

    def __init__(self, room: IssueRoom) -> None:
        """Take what all rooms of an issue share."""
        self._room = room

    def show(self, request: Request, visitor: Visitor) -> Response:
        """List the versions, newest first."""
        with self._room.app.database.reading() as session:
            issue = self._room.find(session, request)
            return self._room.show(
                request,
                visitor,
                session,
                issue,
                self._room.pull(session, issue),
                "desk/versions.html",
                step="",
                versions=versions.every(session, issue),
            )

    def change(self, request: Request, visitor: Visitor, form: FormData) -> Response:
        """Undo, redo, or show an older version again; then back to where the visitor was."""
        with self._room.changing(request, visitor) as (session, issue):
            name = issue.name
            if form.get("angra") is not None:
                versions.undo(session, issue)
            elif form.get("gor_om") is not None:
                versions.redo(session, issue)
            elif (wanted := whole_number(text(form, "version"))) is not None:
                versions.restore(session, issue, wanted, by=visitor.name, at=self._room.app.clock())
        back = text(form, "tillbaka")
        return self._room.door.go(back if is_in_the_desk(back) else issue_path(name, "skriv"))
