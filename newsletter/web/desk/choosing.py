"""Choose: tick what goes into the issue."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from newsletter import items
from newsletter.foreign_passages import unmarked
from newsletter.issues import choosing, editing
from newsletter.issues.choosing import Offer
from newsletter.issues.hints import Hint
from newsletter.web.desk.addresses import issue_path
from newsletter.web.desk.forms import asked, text, texts, whole_number
from newsletter.web.desk.issue_room import IssueRoom
from newsletter.web.desk.visitors import Visitor
from subscribers.addresses import folded

#: Hints that tell for or against choosing an item.
_REMARKS = ("DUP", "PASSED", "SENTBEFORE", "SELF")
#: Stories that readers have patience for (product rule LONGISSUE).
ENOUGH = (6, 8)


class Choosing:
    """Answers at `/redaktion/ISSUE/valj`."""

    def __init__(self, room: IssueRoom) -> None:
        """Take what all rooms of an issue share."""
        self._room = room

    def show(self, request: Request, visitor: Visitor) -> Response:
        """Show what is on offer: new and ticked, older, and what a search finds."""
        app, wanted = self._room.app, request.query_params.get("sok", "").strip()
        rules = app.press.section_rules
        with app.database.reading() as session:
            issue = self._room.find(session, request)
            pulled = self._room.pull(session, issue)
            offers = choosing.offers(session, issue, rules=rules)
            remarks: dict[int | None, list[Hint]] = {}
            for hint in pulled.hints:
                if hint.code in _REMARKS:
                    remarks.setdefault(hint.place.item_id, []).append(hint)
            return self._room.show(
                request,
                visitor,
                session,
                issue,
                pulled,
                "desk/choose.html",
                step="valj",
                new=_found(offers.new, wanted),
                older=_found(offers.older, wanted),
                hidden=offers.hidden,
                wanted=wanted,
                remarks=remarks,
                sections=[section.name for section in issue.sections],
                truncated=sum(
                    offer.item.truncated and (offer.placed is None or offer.placed.text is None)
                    for offer in offers.new
                ),
                enough=ENOUGH,
            )

    def choose(self, request: Request, visitor: Visitor, form: FormData) -> Response:
        """Keep the ticks, sections and the top story; then go where the button says."""
        offered = [n for value in texts(form, "erbjuden") if (n := whole_number(value)) is not None]
        chosen = {
            n: text(form, f"avsnitt-{value}")
            for value in texts(form, "vald")
            if (n := whole_number(value)) is not None
        }
        with self._room.changing(request, visitor) as (session, issue):
            choosing.choose(
                session,
                issue,
                {item_id: section for item_id, section in chosen.items() if section},
                offered=offered,
                lead=whole_number(text(form, "topp")),
                rules=self._room.app.press.section_rules,
            )
            name = issue.name
            if form.get("notis") is not None:
                note = items.editing.add(
                    session,
                    now=self._room.app.clock(),
                    title=text(form, "notis_rubrik"),
                    published_on=self._room.app.today,
                )
                editing.add_item(issue, note, rules=self._room.app.press.section_rules)
                return self._room.door.go(f"{issue_path(name, 'skriv')}?nyhet={note.id}")
            if asked(form, "avsnitt"):
                editing.add_section(issue, text(form, "avsnitt_namn"))
                return self._room.door.go(issue_path(name, "skriv"))
        if form.get("sok") is not None:
            wanted = quote(text(form, "sok_ord"), safe="")
            return self._room.door.go(f"{issue_path(name, 'valj')}?sok={wanted}")
        return self._room.door.go(issue_path(name, "skriv" if asked(form, "vidare") else "valj"))


def _found(offers: Sequence[Offer], wanted: str) -> list[Offer]:
    words = folded(wanted).split()
    return [
        offer
        for offer in offers
        if all(word in folded(unmarked(f"{offer.title} {offer.item.excerpt}")) for word in words)
    ]
