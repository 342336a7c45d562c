"""Take the text and the picture of a story from its own page, when the editor asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from newsletter.items import store
from newsletter.items.drafts import ItemDraft
from newsletter.items.sources import tidying
from newsletter.items.store import Imported
from newsletter.models import Item

#: Words of the first paragraphs that an editor shortens to a notice.
ENOUGH_WORDS = 80


def lacking_text(outcomes: Sequence[Imported]) -> list[tuple[int, str, str]]:
    """Return item, title and address of those whose text is cut off or missing, each once.

    What an editor wrote lacks nothing.
    """
    lacking = {}
    for imported in outcomes:
        item = imported.item
        if item is None or item.hidden or not item.url or imported.kept_own_words:
            continue
        if item.truncated or not item.excerpt:
            lacking[item.id] = (item.id, item.title, item.url)
    return list(lacking.values())


def first_paragraphs(text: str) -> str:
    """Return whole paragraphs from the beginning until there are words enough."""
    taken: list[str] = []
    count = 0
    for paragraph in text.split("\n\n"):
        if count >= ENOUGH_WORDS:
            break
        taken.append(paragraph)
        count += len(paragraph.split())
    return "\n\n".join(taken)


def write(
    session: Session, item_id: int, story: ItemDraft, *, is_whole: bool, now: datetime
) -> Item:
    """Write the text of a story's page into its item, and return it.

    The text of the source stays beside it as `raw_excerpt`: by that the next import knows that
    nothing has changed, and this text stays. Raises NoSuchError: no such item.
    """
    item = store.find(session, item_id)
    text = story.excerpt if is_whole else first_paragraphs(story.excerpt)
    item.excerpt = tidying.paragraphs(text)
    item.truncated = False
    item.updated_at = now
    session.flush()
    return item
