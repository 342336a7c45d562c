"""Send: a test first, then the time, then one press that carries the number of readers."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from newsletter.delivery import status
from newsletter.delivery.outcomes import Accepted
from newsletter.issues import approval, timing
from newsletter.models import Issue, IssueState
from newsletter.times import moment_to_come
from newsletter.users import accounts
from newsletter.web.desk.addresses import issue_path
from newsletter.web.desk.forms import asked, text, texts, whole_number
from newsletter.web.desk.issue_room import IssueRoom
from newsletter.web.desk.visitors import Visitor
from newsletter.worker import rota, steering
from subscribers import addresses
from subscribers.errors import AddressError, ExplainedError
from subscribers.segments import Description
from subscribers.wording import Sentence

#: How long "now" waits, so that somebody with second thoughts can stop it.
UNDO_WITHIN = timedelta(minutes=10)
#: When a letter is sent if nobody says otherwise: in the morning, on the clock of the newsletter.
_MORNING = 9


class Sending:
    """Answers at `/redaktion/ISSUE/skicka`."""

    def __init__(self, room: IssueRoom) -> None:
        """Take what all rooms of an issue share."""
        self._room = room

    def show(self, request: Request, visitor: Visitor) -> Response:
        """Show the tests, the times to choose from, and who gets it and who does not."""
        with self._room.app.database.reading() as session:
            issue = self._room.find(session, request)
            if issue.state not in (IssueState.DRAFT, IssueState.APPROVED):
                return self._room.door.go(issue_path(issue.name, "utskick"))
            return self._show(request, visitor, session, issue)

    def act(self, request: Request, visitor: Visitor, sent: FormData) -> Response:
        """Send a test, ask for confirmation, or schedule after it."""
        app = self._room.app
        with app.database.reading() as session:
            issue = self._room.find(session, request)
        if asked(sent, "test"):
            return self._test(request, visitor, issue, sent)
        try:
            at = self._moment(sent)
        except ExplainedError as error:
            with app.database.reading() as session:
                issue = self._room.find(session, request)
                return self._show(request, visitor, session, issue, refused=error.sentence)
        with app.database.reading() as session:
            issue = self._room.find(session, request)
            count = self._audience(session, issue, at=at)
            confirmed = whole_number(text(sent, "antal"))
            if confirmed != count:
                return self._confirm(
                    request, visitor, session, issue, sent, at=at, count=count, counted=confirmed
                )
            part = Description.from_json(issue.segment)
        # Counted from now, not from when the question was asked.
        at = self._moment(sent)
        steering.schedule(app, issue.id, at=at, segment=part, actor=visitor.name)
        return self._room.door.go(issue_path(issue.name, "utskick"))

    def _test(self, request: Request, visitor: Visitor, issue: Issue, sent: FormData) -> Response:
        app, tested, refused = self._room.app, None, None
        typed = [*texts(sent, "till"), *text(sent, "fler").replace(",", " ").split()]
        try:
            wires = [addresses.read(address).wire for address in typed]
            if wires:
                tested = steering.send_test(app, issue.id, wires)
        except AddressError as error:
            refused = error.sentence
        except ExplainedError as error:
            refused = error.sentence
        with app.database.reading() as session:
            issue = self._room.find(session, request)
            return self._show(request, visitor, session, issue, tested=tested, refused=refused)

    def _moment(self, sent: FormData) -> datetime:
        """Return when to send. Raises UsageError: no such time, or it has passed."""
        app = self._room.app
        if text(sent, "nar") != "schema":
            return app.clock() + UNDO_WITHIN
        return moment_to_come(
            f"{text(sent, 'datum')} {text(sent, 'klockslag')}", app.settings.zone, now=app.clock()
        )

    def _audience(self, session: Session, issue: Issue, *, at: datetime) -> int:
        part = Description.from_json(issue.segment)
        return status.dry_run(session, issue.id, now=at, segment=part).mailable

    def _confirm(
        self,
        request: Request,
        visitor: Visitor,
        session: Session,
        issue: Issue,
        sent: FormData,
        *,
        at: datetime,
        count: int,
        counted: int | None,
    ) -> Response:
        app = self._room.app
        return self._room.show(
            request,
            visitor,
            session,
            issue,
            self._room.pull(session, issue),
            "desk/confirm.html",
            step="skicka",
            at=at,
            is_now=text(sent, "nar") != "schema",
            minutes=int(UNDO_WITHIN.total_seconds()) // 60,
            sent={name: text(sent, name) for name in ("nar", "datum", "klockslag")},
            count=count,
            counted=counted,
            sender=app.press.sender,
            doubts=list(timing.doubts(at, app.settings.zone, language=app.settings.language)),
            is_at_work=rota.is_anybody_at_work(session, now=app.clock()),
        )

    def _show(
        self,
        request: Request,
        visitor: Visitor,
        session: Session,
        issue: Issue,
        *,
        tested: steering.Tested | None = None,
        refused: Sentence | None = None,
    ) -> Response:
        app = self._room.app
        part = Description.from_json(issue.segment)
        is_approved = issue.approved_sha256 is not None
        local = app.clock().astimezone(app.settings.zone)
        tomorrow = (local + timedelta(days=1)).replace(hour=_MORNING, minute=0)
        while tomorrow.weekday() > 4:
            tomorrow += timedelta(days=1)
        return self._room.show(
            request,
            visitor,
            session,
            issue,
            self._room.pull(session, issue),
            "desk/send.html",
            step="skicka",
            status=422 if refused else 200,
            approved=approval.frozen(session, issue) if is_approved else None,
            audience=status.dry_run(session, issue.id, now=app.clock(), segment=part),
            segment=part,
            others=[user for user in accounts.every(session) if user.id != visitor.user.id],
            suggested=tomorrow,
            minutes=int(UNDO_WITHIN.total_seconds()) // 60,
            tested=tested,
            taken=sum(isinstance(outcome, Accepted) for _, outcome in tested.outcomes)
            if tested
            else 0,
            not_taken=[
                (addresses.masked(address), outcome.reply)
                for address, outcome in tested.outcomes
                if not isinstance(outcome, Accepted)
            ]
            if tested
            else [],
            refused=refused,
        )
