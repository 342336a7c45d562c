"""Under way and after: time to undo, the sending itself, and who has it and who lacks it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from newsletter.archive import announcement
from newsletter.delivery import by_hand, newcomers, status
from newsletter.delivery.reasons import NAMES, Reason
from newsletter.issues import proof
from newsletter.models import Delivery, DeliveryState, Issue, IssueState
from newsletter.web.desk.addresses import issue_path
from newsletter.web.desk.forms import asked, text
from newsletter.web.desk.issue_room import IssueRoom
from newsletter.web.desk.visitors import Visitor
from newsletter.worker import rota, steering
from subscribers import addresses

#: Who lacks it, at most, in the table; the command lists them all.
MOST_SHOWN = 200
#: Seconds after which a page that shows something going on looks again.
_LOOKS_AGAIN = 5
_LACKING = (DeliveryState.REFUSED, DeliveryState.UNCERTAIN, DeliveryState.DEFERRED)


class Underway:
    """Answers at `/redaktion/ISSUE/utskick`."""

    def __init__(self, room: IssueRoom) -> None:
        """Take what all rooms of an issue share."""
        self._room = room

    def show(self, request: Request, visitor: Visitor) -> Response:
        """Show how the sending stands, in numbers that add up."""
        app, now = self._room.app, self._room.app.clock()
        with app.database.reading() as session:
            issue = self._room.find(session, request)
            if issue.state in (IssueState.DRAFT, IssueState.APPROVED):
                return self._room.door.go(issue_path(issue.name, "skicka"))
            stands = status.of(session, issue.id, now=now)
            seconds = _seconds_until(issue.scheduled_at, now=now)
            response = self._room.door.show(
                request,
                visitor,
                "desk/underway.html",
                here="",
                issue=issue,
                stands=stands,
                lacking=by_hand.lacking(session, issue.id),
                rows=self._rows(session, issue),
                most_shown=MOST_SHOWN,
                seconds=seconds,
                audience=status.dry_run(session, issue.id, now=now, segment=stands.segment).mailable
                if issue.state is IssueState.SCHEDULED
                else stands.audience,
                is_at_work=rota.is_anybody_at_work(session, now=now),
                newcomers=newcomers.count(session, issue.id, now=now)
                if issue.state is IssueState.SENT
                else 0,
                announcement=announcement.announcement(
                    proof.content(session, issue, app.press), app.press.masthead.language
                )
                if issue.state is IssueState.SENT
                else None,
            )
        # Without scripts the page looks again by itself.
        if issue.state is IssueState.SENDING:
            response.headers["Refresh"] = str(_LOOKS_AGAIN)
        elif issue.state is IssueState.SCHEDULED:
            response.headers["Refresh"] = str(max(seconds, _LOOKS_AGAIN))
        return response

    def act(self, request: Request, visitor: Visitor, sent: FormData) -> Response:
        """Stop, pause, go on, give up the rest; send to more people, or begin a correction."""
        app = self._room.app
        with app.database.reading() as session:
            issue = self._room.find(session, request)
            stands = status.of(session, issue.id, now=app.clock())
            lacking = by_hand.lacking(session, issue.id)
        if asked(sent, "stoppa"):
            steering.withdraw(app, issue.id, actor=visitor.name)
            return self._room.door.go(issue_path(issue.name, "skicka"))
        if asked(sent, "nu"):
            steering.schedule(
                app, issue.id, at=app.clock(), segment=stands.segment, actor=visitor.name
            )
        elif asked(sent, "pausa"):
            steering.pause(app, issue.id, actor=visitor.name)
        elif asked(sent, "fortsatt"):
            steering.resume(app, issue.id, actor=visitor.name)
        elif asked(sent, "avbryt") and asked(sent, "sakert"):
            steering.cancel(app, issue.id, waiting=stands.waiting, actor=visitor.name)
        elif asked(sent, "igen"):
            also_uncertain = asked(sent, "osakra")
            count = lacking.softly + (lacking.uncertain if also_uncertain else 0)
            if count:
                steering.resend(
                    app, issue.id, count=count, uncertain=also_uncertain, actor=visitor.name
                )
        elif asked(sent, "nya"):
            with app.database.reading() as session:
                count = newcomers.count(session, issue.id, now=app.clock())
            # Another number than the button said is shown before anything is sent.
            if text(sent, "nya") == str(count):
                steering.send_to_newcomers(app, issue.id, actor=visitor.name)
        elif asked(sent, "ratta"):
            correction = steering.correct(app, issue.id, actor=visitor.name)
            return self._room.door.go(issue_path(correction, "skriv"))
        return self._room.door.go(issue_path(issue.name, "utskick"))

    def _rows(self, session: Session, issue: Issue) -> list[dict[str, object]]:
        """Return those who lack it, addresses masked, with the server's words."""
        say = self._room.app.language.say
        found = session.scalars(
            sa.select(Delivery)
            .where(Delivery.issue_id == issue.id, Delivery.state.in_(_LACKING))
            .order_by(Delivery.state, Delivery.id)
            .limit(MOST_SHOWN)
        )
        return [
            {
                "address": addresses.masked(row.address) if row.address else "–",
                "state": row.state.value,
                "reply": row.last_reply,
                "attempts": row.attempts,
                "at": row.changed_at,
                "meaning": say(NAMES[Reason(row.reason)]) if row.reason else "",
            }
            for row in found
        ]


def _seconds_until(moment: datetime | None, *, now: datetime) -> int:
    return max(0, int((moment - now).total_seconds())) if moment else 0
