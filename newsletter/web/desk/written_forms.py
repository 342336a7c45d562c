"""The forms an issue is written in: one for each story, one for each part that is none."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData

from newsletter.content import sha256_of
from newsletter.issues import editing
from newsletter.models import Issue, PlacedItem
from newsletter.web.desk.forms import text, whole_number
from newsletter.web.desk.issue_room import PARTS

#: The fields of a story's form, as `editing.STORY_FIELDS` calls them.
STORY_FORM = (
    "title", "text", "url", "link_text", "language", "picture_alt", "picture_caption",
    "picture_credit",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What one form holds, and what was there when it was shown."""

    #: Of the story; None for a part of the issue.
    item_id: int | None
    #: A name in `PARTS`; empty for a story.
    part: str
    values: dict[str, str]

    @property
    def before(self) -> str:
        """Stands for the values as they were, so that a form tells what it was made from."""
        return sha256_of(*(f"{name}={value}" for name, value in sorted(self.values.items())))[:32]

    @property
    def query(self) -> str:
        """How the address names it."""
        chosen = f"nyhet={self.item_id}" if self.item_id is not None else f"del={self.part}"
        return f"skriv?{chosen}"

    @property
    def place(self) -> str:
        """What versions call it."""
        return f"item {self.item_id}" if self.item_id is not None else self.part

    def typed(self, sent: FormData) -> dict[str, str]:
        """Return what was sent of its fields."""
        return {name: text(sent, name) for name in self.values if name in sent}


def form_of(issue: Issue, item_id: str, part: str) -> Form:
    """Return the form of a part or a story, as an address names them; else of the first story.

    Raises NoSuchError: the story is not in the issue.
    """
    if part in PARTS:
        values = {name: getattr(issue, name) for name in PARTS[part]}
        return Form(item_id=None, part=part, values=values)
    if (number := whole_number(item_id)) is not None:
        return _of_story(editing.placed_item(issue, number))
    first = next((row for section in issue.sections for row in section.placed_items), None)
    return _of_story(first) if first else form_of(issue, "", "amne")


def _of_story(placed: PlacedItem) -> Form:
    item = placed.item
    stored = {
        "title": item.title,
        "text": item.excerpt,
        "url": item.url,
        "link_text": item.link_text,
        "language": item.language,
        "picture_alt": item.picture_alt,
        "picture_caption": item.picture_caption,
        "picture_credit": item.picture_credit,
    }
    values = {
        name: stored[name] if getattr(placed, name) is None else getattr(placed, name)
        for name in STORY_FORM
    }
    return Form(item_id=item.id, part="", values=values)
