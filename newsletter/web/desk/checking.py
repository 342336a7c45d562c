"""Check: what must be mended, what may stand with a reason, and the approval."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from newsletter import reviewing
from newsletter.errors import UsageError
from newsletter.foreign_passages import unmarked
from newsletter.issues import checking, hints, proof
from newsletter.issues.hints import Hint, Severity
from newsletter.models import AcceptedHint, Issue
from newsletter.users import accounts
from newsletter.web.desk.addresses import issue_path
from newsletter.web.desk.forms import asked, text
from newsletter.web.desk.issue_room import IssueRoom, mended_at
from newsletter.web.desk.visitors import Visitor
from subscribers.wording import Sentence


@dataclass(frozen=True, slots=True)
class Found:
    """A hint as a row of the list."""

    hint: Hint
    #: Section, title and field.
    place: str
    #: Where it is mended, as the address of the issue goes on.
    mended_at: str
    accepted: AcceptedHint | None


class Checking:
    """Answers at `/redaktion/ISSUE/kontrollera`."""

    def __init__(self, room: IssueRoom) -> None:
        """Take what all rooms of an issue share."""
        self._room = room

    def show(self, request: Request, visitor: Visitor) -> Response:
        """Show the verdict and every hint, gravest first."""
        with self._room.app.database.reading() as session:
            return self._show(request, visitor, session, self._room.find(session, request))

    def act(self, request: Request, visitor: Visitor, sent: FormData) -> Response:
        """Mend a hint, let one stand, take that back, or approve the issue."""
        app = self._room.app
        if sent.get("godkann") is not None:
            return self._approve(request, visitor, text(sent, "annan"))
        if asked(sent, "be_om_granskning"):
            return self._ask_for_review(request, visitor, sent)
        with self._room.changing(request, visitor) as (session, issue):
            if fingerprint := text(sent, "ratta"):
                proof.mend_one(session, issue, app.press, fingerprint)
            elif fingerprint := text(sent, "angra"):
                checking.take_back(session, issue, fingerprint)
            elif fingerprint := text(sent, "godta"):
                reason = text(sent, f"skal-{fingerprint}")
                if not reason.strip():
                    return self._show(
                        request, visitor, session, issue, status=422, without_reason=fingerprint
                    )
                meant = [
                    hint
                    for hint in self._room.pull(session, issue).open_hints
                    if hint.fingerprint == fingerprint
                ]
                for hint in meant:
                    checking.accept(
                        session,
                        issue,
                        code=hint.code,
                        item_id=hint.place.item_id,
                        found=[hint],
                        reason=reason,
                        name=visitor.name,
                        now=app.clock(),
                    )
            name = issue.name
        return self._room.door.go(issue_path(name, "kontrollera"))

    def _approve(self, request: Request, visitor: Visitor, other_reader: str) -> Response:
        app = self._room.app
        # Read before the database is held.
        _ = app.press, app.newsletter_id
        with app.database.writing() as session:
            issue = self._room.find(session, request)
            name, other = visitor.name, " ".join(other_reader.split())
            if other:
                name = app.language.say(Sentence("{name}, read by {other}", name=name, other=other))
            reviewing.approve(session, app, issue, visitor.user, name=name)
            issue_name = issue.name
        return self._room.door.go(issue_path(issue_name, "skicka"))

    def _ask_for_review(self, request: Request, visitor: Visitor, sent: FormData) -> Response:
        app = self._room.app
        _ = app.press, app.newsletter_id
        with app.database.writing() as session:
            issue = self._room.find(session, request)
            chosen = {str(user.id): user for user in accounts.every(session)}
            reviewer = chosen.get(text(sent, "granskare"))
            if reviewer is None:
                raise UsageError("Nobody was chosen. Nobody was asked. Choose who is to read it.")
            reviewing.ask(
                session, app, issue, reviewer,
                by=visitor.name, asker=visitor.user, question=text(sent, "fraga"),
            )  # fmt: skip
            name = issue.name
        return self._room.door.go(issue_path(name, "kontrollera"))

    def _show(
        self,
        request: Request,
        visitor: Visitor,
        session: Session,
        issue: Issue,
        *,
        status: int = 200,
        without_reason: str = "",
    ) -> Response:
        app, pulled = self._room.app, self._room.pull(session, issue)
        accepted = checking.accepted(session, issue)
        titles = {
            row.item.id: (section.name, row.item.title if row.title is None else row.title)
            for section in issue.sections
            for row in section.placed_items
        }
        say = self._room.app.language.gettext

        def found(hint: Hint) -> Found:
            field = say(hint.place.field.replace("_", " "))
            of_story = titles.get(hint.place.item_id, ()) if hint.place.item_id is not None else ()
            place = unmarked(" · ".join((*of_story, field)))
            return Found(hint, place, mended_at(hint.place), accepted.get(hint.fingerprint))

        rows = [found(hint) for hint in pulled.hints]
        of = {
            severity: [row for row in rows if row.hint.severity is severity]
            for severity in Severity
        }
        open_rows = [row for row in rows if row.hint in pulled.open_hints]
        pressing = [row for row in open_rows if row.hint.severity is not Severity.GREY]
        return self._room.show(
            request,
            visitor,
            session,
            issue,
            pulled,
            "desk/check.html",
            step="kontrollera",
            status=status,
            red=of[Severity.RED],
            yellow=of[Severity.YELLOW],
            grey=of[Severity.GREY],
            accepted=sum(row.accepted is not None for row in of[Severity.YELLOW]),
            pressing=sorted(pressing, key=lambda row: row.hint.severity is not Severity.RED),
            done=len(hints.RULES) - len({hint.code for hint in pulled.hints}),
            content=pulled.content,
            sender=self._room.app.press.sender,
            without_reason=without_reason,
            may_approve=reviewing.may_approve(session, app, issue, visitor.user),
            reviewers=reviewing.reviewers(session, app, issue, but=visitor.name),
            review=reviewing.standing(session, app, issue, pulled),
            checked_at=self._room.app.clock(),
        )
