"""What every room of an issue has: the issue itself, its steps, and changes that can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.errors import NoSuchError
from newsletter.issues import composing, editing, ordering, proof, versions
from newsletter.issues.hints import Severity
from newsletter.issues.hints.hint import Place
from newsletter.issues.proof import Proof
from newsletter.models import Issue, IssueState, Item
from newsletter.web.desk.door import Door
from newsletter.web.desk.forms import whole_number
from newsletter.web.desk.visitors import Visitor

#: The parts of an issue that are no story, and the fields their form has.
PARTS = {
    "amne": ("subject", "preheader"),
    "inledning": ("editorial", "signature_name", "signature_title"),
    "kontakt": ("contact",),
}
#: Names in an address the story that was taken out a moment ago.
REMOVED = "borttagen"
#: Somebody who changed the issue this recently is said to be at it.
_JUST_NOW = timedelta(minutes=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """How far an issue has come, as the bar above every room says it."""

    name: str
    number: int
    issued_on: date
    state: IssueState
    stories: int
    red: int
    yellow: int
    grey: int
    #: The gravest weight and how many have it, by where they are mended (`mended_at`).
    worst: dict[str, tuple[Severity, int]]
    saved_at: datetime | None
    #: Somebody else who is changing the issue just now.
    other_editor: str
    can_undo: bool
    can_redo: bool

    @property
    def is_ready(self) -> bool:
        """Tell whether nothing stands in the way of approval."""
        return bool(self.stories) and not self.red and not self.yellow

    @property
    def is_open(self) -> bool:
        """Tell whether the issue can still be changed."""
        return self.state in editing.EDITABLE


class IssueRoom:
    """Finds the issue in the address, and shows a room of it."""

    def __init__(self, app: App, door: Door) -> None:
        """Take clock and database from the program."""
        self.app = app
        self.door = door

    def find(self, session: Session, request: Request) -> Issue:
        """Return the issue of the address. Raises NoSuchError: there is none."""
        name = request.path_params["issue"]
        try:
            return composing.find(session, self.app.newsletter_id, name)
        except NoSuchError:
            # At the desk nobody is told of a command.
            raise NoSuchError(
                "There is no issue {name}. Nothing was changed. All issues stand under Start.",
                name=name,
            ) from None

    @contextmanager
    def changing(
        self, request: Request, visitor: Visitor, *, place: str = ""
    ) -> Iterator[tuple[Session, Issue]]:
        """Open an issue to change it at a place; the version before is kept, and the one after.

        Raises NoSuchError: there is no such issue; IssueStateError: its sending has begun.
        """
        # Read before the database is held.
        _ = self.app.press, self.app.newsletter_id
        now = self.app.clock()
        with self.app.database.writing() as session:
            issue = self.find(session, request)
            versions.keep(session, issue, by=visitor.name, at=now)
            yield session, issue
            versions.keep(session, issue, by=visitor.name, at=now, place=place)

    def show(
        self,
        request: Request,
        visitor: Visitor,
        session: Session,
        issue: Issue,
        pulled: Proof,
        template: str,
        *,
        step: str,
        status: int = 200,
        **values: object,
    ) -> Response:
        """Return a room, with the bar of steps above it."""
        return self.door.show(
            request,
            visitor,
            template,
            status=status,
            here="",
            back=self.door.wanted(request),
            step=step,
            issue=issue,
            steps=self._steps(session, issue, pulled, visitor),
            removed=_removed(session, issue, request.query_params.get(REMOVED, "")),
            corrected=session.get(Issue, issue.corrects_id) if issue.corrects_id else None,
            **values,
        )

    def pull(self, session: Session, issue: Issue) -> Proof:
        """Return the proof of an issue as it is now."""
        return proof.pull(session, issue, self.app.press)

    def _steps(self, session: Session, issue: Issue, pulled: Proof, visitor: Visitor) -> Steps:
        counted = {
            severity: sum(hint.severity is severity for hint in pulled.open_hints)
            for severity in Severity
        }
        worst: dict[str, tuple[Severity, int]] = {}
        for severity in (Severity.RED, Severity.YELLOW):
            for hint in pulled.open_hints:
                if hint.severity is severity:
                    where = mended_at(hint.place)
                    first, n = worst.get(where, (severity, 0))
                    worst[where] = (first, n + (first is severity))
        kept = versions.every(session, issue)[:1]
        last = kept[0] if kept else None
        is_recent = last is not None and self.app.clock() - last.at < _JUST_NOW
        return Steps(
            name=issue.name,
            number=issue.number,
            issued_on=issue.issued_on,
            state=issue.state,
            stories=len(pulled.content.stories) + len(pulled.content.calendar),
            red=counted[Severity.RED],
            yellow=counted[Severity.YELLOW],
            grey=counted[Severity.GREY],
            worst=worst,
            saved_at=last.at if last else None,
            other_editor=last.by if last and is_recent and last.by != visitor.name else "",
            can_undo=versions.can_undo(session, issue),
            can_redo=versions.can_redo(session, issue),
        )


def _removed(session: Session, issue: Issue, item_id: str) -> Item | None:
    """Return what an address names as taken out, unless it is back, or can come back no more."""
    number = whole_number(item_id)
    if number is None or issue.state not in editing.EDITABLE:
        return None
    return None if number in ordering.in_order(issue) else session.get(Item, number)


def mended_at(place: Place) -> str:
    """Return where in the rooms of its issue a hint is mended, as the address goes on."""
    if place.item_id is not None:
        return f"skriv?nyhet={place.item_id}"
    for part, fields in PARTS.items():
        if place.field in fields:
            return f"skriv?del={part}"
    return "valj"
