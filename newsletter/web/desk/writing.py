"""Write: the outline of the issue, one form for what is chosen in it, and the proof beside them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from newsletter import items
from newsletter.errors import RenderingError, SourceError, UsageError
from newsletter.issues import composing, editing, ordering, proof, recalling
from newsletter.issues.hints import Hint, LinkResult
from newsletter.issues.proof import Proof
from newsletter.models import Issue
from newsletter.web.desk.addresses import issue_path
from newsletter.web.desk.forms import asked, text, whole_number
from newsletter.web.desk.issue_room import REMOVED, IssueRoom, mended_at
from newsletter.web.desk.visitors import Visitor
from newsletter.web.desk.written_forms import Form, form_of
from subscribers.wording import Sentence

#: Words of a story that readers have patience for (product rule LONGTEXT).
ENOUGH_WORDS = 60


class Writing:
    """Answers at `/redaktion/ISSUE/skriv`."""

    def __init__(self, room: IssueRoom) -> None:
        """Take what all rooms of an issue share."""
        self._room = room

    def show(self, request: Request, visitor: Visitor) -> Response:
        """Show the form of a story (`?nyhet=`) or a part (`?del=`); else the first story."""
        with self._room.app.database.reading() as session:
            issue = self._room.find(session, request)
            form = form_of(issue, request.query_params.get("nyhet", ""),
                              request.query_params.get("del", ""))  # fmt: skip
            return self._show(request, visitor, session, issue, form)

    def write(self, request: Request, visitor: Visitor, sent: FormData) -> Response:
        """Keep what was written, or what was asked of the story; then go where the button says."""
        app = self._room.app
        item_id, part = text(sent, "nyhet"), text(sent, "del")
        try:
            return self._keep(request, visitor, sent, item_id, part)
        except (SourceError, UsageError, RenderingError) as error:
            # What was typed stays in the fields, beside the reason.
            with app.database.reading() as session:
                issue = self._room.find(session, request)
                form = form_of(issue, item_id, part)
                return self._show(
                    request, visitor, session, issue, form, status=422,
                    mine=form.values | form.typed(sent), refused=error.sentence,
                )  # fmt: skip

    def _keep(
        self, request: Request, visitor: Visitor, sent: FormData, item_id: str, part: str
    ) -> Response:
        app = self._room.app
        picture = sent.get("bild")
        image = (
            items.pictures.fit(picture.file.read(items.pictures.LARGEST_FILE + 1))
            if isinstance(picture, UploadFile) and picture.size
            else None
        )
        place = f"item {item_id}" if item_id else part
        with self._room.changing(request, visitor, place=place) as (session, issue):
            form = form_of(issue, item_id, part)
            typed = form.typed(sent)
            changes = {name: value for name, value in typed.items() if value != form.values[name]}
            if changes and text(sent, "nu") != form.before and not asked(sent, "behall"):
                # Somebody else wrote here meanwhile; neither text is lost.
                return self._show(
                    request, visitor, session, issue, form, status=409, mine=form.values | typed,
                    is_clash=True,
                )  # fmt: skip
            self._write(session, issue, form, changes)
            if image is not None and form.item_id is not None:
                stored = items.pictures.store(session, image, now=app.clock())
                editing.edit_story(issue, form.item_id, {"picture_sha256": stored.sha256})
            goes_to = self._act(session, issue, form, sent)
            if image is not None:
                # What readers without it are told comes next.
                goes_to += "#picture_alt"
            proof.see_that_it_reads(session, issue, app.press)
        return self._room.door.go(issue_path(issue.name, goes_to))

    def _write(self, session: Session, issue: Issue, form: Form, changes: dict[str, str]) -> None:
        if not changes:
            return
        if form.item_id is None:
            editing.edit_issue(session, issue, changes)
            return
        own: dict[str, Any] = dict(changes)
        if own.get("url"):
            own["url"] = items.links.checked(own["url"])
        editing.edit_story(issue, form.item_id, own)

    def _act(self, session: Session, issue: Issue, form: Form, sent: FormData) -> str:
        """Do what was asked besides writing, and return what the address goes on with."""
        if fingerprint := text(sent, "ratta"):
            proof.mend_one(session, issue, self._room.app.press, fingerprint)
        if asked(sent, "forra") and (last := self._last_editorial(session, issue)):
            editing.edit_issue(session, issue, {"editorial": last})
        if form.item_id is None:
            return _next(issue, None) if asked(sent, "nasta") else form.query
        if section := text(sent, "avsnitt"):
            home = ordering.home(issue, form.item_id)
            if section != home:
                editing.move_item(session, issue, form.item_id, section=section, position=None)
        if asked(sent, "topp"):
            editing.set_lead(issue, form.item_id)
        if (way := text(sent, "flytta")) == "till":
            editing.move_item(
                session,
                issue,
                form.item_id,
                section=text(sent, "till_avsnitt"),
                position=whole_number(text(sent, "till_plats")),
            )
        elif way:
            ordering.move(session, issue, form.item_id, way)
        if asked(sent, "ta_bort_bild"):
            editing.edit_story(
                issue,
                form.item_id,
                dict.fromkeys(
                    ("picture_sha256", "picture_alt", "picture_caption", "picture_credit")
                ),
            )
        if asked(sent, "ta_bort"):
            onward = _next(issue, form.item_id)
            editing.remove_item(issue, form.item_id)
            return f"{onward}{'&' if '?' in onward else '?'}{REMOVED}={form.item_id}"
        return _next(issue, form.item_id) if asked(sent, "nasta") else form.query

    def _last_editorial(self, session: Session, issue: Issue) -> str:
        """Return what the issue before began with; empty if there is none."""
        last = composing.latest(session, issue.newsletter_id, before=issue.issued_on, but=issue)
        return last.editorial if last else ""

    def _answered_on(self, session: Session, pulled: Proof, form: Form) -> date | None:
        """Return when somebody last saw the link of the form lead to a page; None: not known."""
        state = recalling.links(session, pulled.content).get(form.values.get("url", ""))
        return state.checked_on if state and state.result is LinkResult.ANSWERS else None

    def _show(
        self,
        request: Request,
        visitor: Visitor,
        session: Session,
        issue: Issue,
        form: Form,
        *,
        status: int = 200,
        mine: dict[str, str] | None = None,
        is_clash: bool = False,
        refused: Sentence | None = None,
    ) -> Response:
        pulled = self._room.pull(session, issue)
        here: dict[str, list[Hint]] = {}
        for hint in pulled.open_hints:
            if hint.place.item_id == form.item_id:
                here.setdefault(hint.place.field, []).append(hint)
        placed = editing.placed_item(issue, form.item_id) if form.item_id is not None else None
        order = ordering.in_order(issue)
        return self._room.show(
            request,
            visitor,
            session,
            issue,
            pulled,
            "desk/write.html",
            step="skriv",
            status=status,
            form=form,
            mine=mine,
            is_clash=is_clash,
            refused=refused,
            placed=placed,
            hints_at=here,
            elsewhere=[
                hint
                for field, hints in here.items()
                for hint in hints
                if field not in form.values and _belongs(hint, form)
            ],
            number=order.index(form.item_id) + 1 if form.item_id in order else 0,
            total=len(order),
            section=ordering.home(issue, form.item_id) if form.item_id is not None else "",
            picture=next(
                (
                    story.picture
                    for story in pulled.content.stories
                    if story.item_id == form.item_id
                ),
                None,
            ),
            enough_words=ENOUGH_WORDS,
            answered_on=self._answered_on(session, pulled, form),
            last_editorial=self._last_editorial(session, issue) if form.part == "inledning" else "",
            view=request.query_params.get("visa", "dator"),
        )


def _belongs(hint: Hint, form: Form) -> bool:
    """Tell whether a hint about no field of a form is told there: the whole issue's, only once."""
    return form.item_id is not None or (form.part == "amne" and mended_at(hint.place) == "valj")


def _next(issue: Issue, item_id: int | None) -> str:
    """Return the form after a story's; after the last one, the way to the check."""
    order = ordering.in_order(issue)
    at = order.index(item_id) + 1 if item_id in order else 0
    return f"skriv?nyhet={order[at]}" if at < len(order) else "kontrollera"
