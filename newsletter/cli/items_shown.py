"""How items, and what became of an import, are shown: as text to people, as JSON to programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.cli.command import Output
from newsletter.items import similar
from newsletter.items.similar import Change
from newsletter.items.sources import Page, tidying
from newsletter.items.store import Imported, Outcome
from newsletter.models import Item, ItemKind
from subscribers.wording import Sentence

#: How people are told what an item is about.
KINDS = {
    ItemKind.NEWS: "news item",
    ItemKind.ANNOUNCEMENT: "announcement",
    ItemKind.EVENT: "event",
    ItemKind.NOTE: "own note",
}
#: As patches have it, with a true minus.
_MARKS = {Change.SAME: " ", Change.REMOVED: "−", Change.ADDED: "+"}
#: How people are told of an outcome, in the table of a dry run.
_OUTCOMES = {
    Outcome.NEW: "new item",
    Outcome.CHANGED: "changed",
    Outcome.UNCHANGED: "unchanged",
    Outcome.ANNOUNCEMENT: "announcement, hidden",
}


def described(item: Item) -> dict[str, Any]:
    """Return an item as `--json` shows it."""
    picture = item.picture_sha256 and {
        "sha256": item.picture_sha256,
        "alt": item.picture_alt,
        "caption": item.picture_caption,
        "credit": item.picture_credit,
    }
    return {
        "id": item.id,
        "title": item.title,
        "published_on": item.published_on and item.published_on.isoformat(),
        "excerpt": item.excerpt,
        "truncated": item.truncated,
        "kind": item.kind.value,
        "url": item.url,
        "link_text": item.link_text,
        "hidden": item.hidden,
        "language": item.language,
        "starts_at": item.starts_at and item.starts_at.isoformat(),
        "ends_at": item.ends_at and item.ends_at.isoformat(),
        "place": item.place,
        "picture": picture or None,
    }


def import_result(page: Page, outcomes: Sequence[Imported], *, dry_run: bool) -> dict[str, Any]:
    """Return what became of a page as `--json` shows it."""
    count = Counter(imported.outcome for imported in outcomes)
    return {
        "new": count[Outcome.NEW],
        "changed": count[Outcome.CHANGED],
        "unchanged": count[Outcome.UNCHANGED],
        "announcements": count[Outcome.ANNOUNCEMENT],
        "dropped_lines": page.dropped_lines,
        "redacted_addresses": page.redacted_addresses,
        "encoding": page.encoding,
        "format": page.format.value,
        "dry_run": dry_run,
        "items": [_imported(imported) for imported in outcomes],
    }


def _imported(imported: Imported) -> dict[str, Any]:
    draft, item, other = imported.draft, imported.item, imported.perhaps_same
    fresh = ItemKind.ANNOUNCEMENT if draft.is_announcement else ItemKind.NEWS
    return {
        "id": item.id if item else None,
        "title": draft.title,
        "published_on": draft.published_on and draft.published_on.isoformat(),
        "excerpt": draft.excerpt,
        "truncated": draft.truncated,
        "kind": (item.kind if item else fresh).value,
        "url": item.url if item else draft.url,
        "outcome": imported.outcome.value,
        "kept_own_words": imported.kept_own_words,
        "changes": [[part.change.value, part.text] for part in _changes(imported)],
        "perhaps_same_as": other and {"id": other.item_id, "title": other.title},
    }


def _changes(imported: Imported) -> list[similar.Words]:
    draft, item = imported.draft, imported.item
    if imported.outcome is not Outcome.CHANGED or item is None:
        return []
    return similar.changes(tidying.uncut(imported.stored_text)[0], draft.excerpt)


def print_preview(out: Output, outcomes: Sequence[Imported]) -> None:
    """Name each item with what would become of it, and the words that would change."""
    rows = [
        (
            out.language.gettext(_OUTCOMES[imported.outcome]),
            imported.draft.published_on or "–",
            imported.draft.title,
        )
        for imported in outcomes
    ]
    if rows:
        out.table(["outcome", "date", "title"], rows)
    for imported in outcomes:
        if parts := _changes(imported):
            out.plain(imported.draft.title)
            for part in similar.shortened(parts):
                out.plain(f"  {_MARKS[part.change]} {part.text}")


def print_summary(out: Output, page: Page, result: dict[str, Any]) -> None:
    """Say in one line what became of a page, with what is zero left out."""
    if page.encoding != "UTF-8":
        out.say(
            "The text is in {encoding}, not UTF-8, and was read as that.", encoding=page.encoding
        )
    if page.broken_line:
        out.say(
            "The XML of the feed breaks on line {line}. What could be read was read; tell those "
            "who publish it.",
            line=page.broken_line,
        )
    if not page.drafts:
        out.say("The page has no news just now. Nothing was changed.")
    parts = [
        Sentence("{n} new item", plural="{n} new items", n=result["new"]),
        Sentence("{n} unchanged item", plural="{n} unchanged items", n=result["unchanged"]),
        Sentence("{n} changed item", plural="{n} changed items", n=result["changed"]),
        Sentence(
            "{n} announcement of the newsletter (hidden)",
            plural="{n} announcements of the newsletter (hidden)",
            n=result["announcements"],
        ),
        Sentence(
            "{n} line with hidden addresses was dropped",
            plural="{n} lines with hidden addresses were dropped",
            n=page.dropped_lines,
        ),
        Sentence(
            "{n} e-mail address in the texts was replaced",
            plural="{n} e-mail addresses in the texts were replaced",
            n=page.redacted_addresses,
        ),
    ]
    said = [out.language.say(part) for part in parts if part.fields["n"]]
    if said:
        out.plain(" · ".join(said))


def print_resembling(out: Output, outcomes: Sequence[Imported]) -> None:
    """Point at stories that are probably told twice."""
    for imported in outcomes:
        other, title = imported.perhaps_same, imported.draft.title
        if other is None:
            continue
        if other.has_same_url:
            out.say(
                "Perhaps a duplicate: the page of item {id}, “{title}”, is called “{now}” now.",
                id=other.item_id,
                title=other.title,
                now=title,
            )
        elif other.item_id is None:
            out.say(
                "Perhaps a duplicate: “{title}” is like “{other}”, which is on the same page.",
                title=title,
                other=other.title,
            )
        else:
            out.say(
                "Perhaps a duplicate: “{title}” is like item {id}, “{other}”. If it is the same, "
                "hide one: newsletter items hide {id}",
                title=title,
                id=other.item_id,
                other=other.title,
            )


def print_kept(out: Output, outcomes: Sequence[Imported]) -> None:
    """Name the items whose page has other words now, while an editor's own words stand."""
    for imported in outcomes:
        if imported.kept_own_words and imported.item is not None:
            out.say(
                "Item {id} has other words on its page now, but keeps the ones you wrote: {title}",
                id=imported.item.id,
                title=imported.item.title,
            )


def print_item(out: Output, item: Item, zone: ZoneInfo) -> None:
    """Print all there is of one item; times in `zone`."""
    speak = out.language
    out.plain(f"{item.id} · {item.published_on or '–'} · {speak.gettext(KINDS[item.kind])}")
    out.plain(item.title)
    for paragraph in filter(None, item.excerpt.split("\n\n")):
        out.plain()
        out.plain(paragraph)
    out.plain()
    if item.truncated:
        out.say("The text is cut off at its source.")
    if item.hidden:
        out.say("Hidden from coming issues.")
    for label, value in (
        ("Link", item.url),
        ("Link text", item.link_text),
        ("Starts", item.starts_at and speak.moment(item.starts_at, zone)),
        ("Ends", item.ends_at and speak.moment(item.ends_at, zone)),
        ("Place", item.place),
        ("Language", item.language),
        ("Picture", item.picture_sha256),
        ("Alternative text", item.picture_alt),
        ("Caption", item.picture_caption),
        ("Photo", item.picture_credit),
    ):
        if value:
            out.plain(f"{speak.gettext(label)}: {value}")
