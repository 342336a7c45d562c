"""`newsletter items`: fill the content store and tend it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import cyclopts
from cyclopts import Parameter

from newsletter import items
from newsletter.cli import items_import, items_shown
from newsletter.cli.command import Common
from newsletter.errors import UsageError
from newsletter.items.editing import ItemFields
from newsletter.models import ItemKind
from newsletter.times import day_in, moment_in

program = cyclopts.App(name="items", help="Fill the content store with news, and tend it.")
program.command(items_import.import_, name="import")


@program.command(name="list")
def list_(
    *,
    since: date | None = None,
    kind: ItemKind | None = None,
    hidden: bool | None = None,
    search: str = "",
    common: Common | None = None,
) -> None:
    """List stored items, newest first.

    Example: newsletter items list --since 2026-11-01 --no-hidden

    Parameters
    ----------
    since
        Only items dated then or later.
    hidden
        Only hidden items; --no-hidden for only the others.
    search
        Only items with these words in title, text or place.
    """
    app, out = (common or Common()).open_for_all()
    with app.database.reading() as session:
        found = items.store.search(session, since=since, kind=kind, hidden=hidden, text=search)
        result = [items_shown.described(item) for item in found]
        rows = [
            (
                item.id,
                item.published_on or "–",
                out.language.gettext(items_shown.KINDS[item.kind]),
                out.language.gettext("hidden") if item.hidden else "",
                item.title,
            )
            for item in found
        ]
    if rows:
        out.table(["item", "date", "kind", "hidden", "title"], rows)
    elif since or kind or hidden is not None or search:
        out.say("No item is like that. See all: newsletter items list")
    else:
        out.say("There is no item yet. Fill the store: newsletter items import nyhetssida.txt")
    out.result(result)


@program.command
def show(item: int, /, *, common: Common | None = None) -> None:
    """Show all there is of one item.

    Example: newsletter items show 14
    """
    app, out = (common or Common()).open_for_all()
    with app.database.reading() as session:
        found = items.store.find(session, item)
        result = items_shown.described(found) | {"raw_excerpt": found.raw_excerpt}
        items_shown.print_item(out, found, app.settings.zone)
    out.result(result)


@program.command
def add(
    *,
    title: str,
    text: str = "",
    url: str = "",
    link_text: str = "",
    on: Annotated[date | None, Parameter(name="--date")] = None,
    starts_at: str = "",
    ends_at: str = "",
    place: str = "",
    language: str = "sv",
    common: Common | None = None,
) -> None:
    """Add a note, or with --starts-at an event, that comes from no page.

    Example: newsletter items add --title "Frukostseminarium" --starts-at "2026-12-01 08:00"

    Parameters
    ----------
    text
        Plain text; a blank line parts paragraphs.
    link_text
        What the link says: where it leads, not "read more".
    on
        The date of the item; today if not given.
    starts_at
        Date and time, like 2026-12-01 13:30, in the zone of the newsletter.
    ends_at
        Likewise.
    language
        The language of title and text, like sv or en.
    """
    app, out = (common or Common()).open_for_all()
    zone = app.settings.zone
    fields = ItemFields(
        title=title,
        text=text,
        url=url,
        link_text=link_text,
        published_on=on or app.today,
        place=place,
        language=language,
        starts_at=moment_in(starts_at, zone),
        ends_at=moment_in(ends_at, zone),
    )
    with app.database.writing() as session:
        item = items.editing.add(session, now=app.clock(), **fields)
        result = items_shown.described(item)
    out.say("Item {id} is added: {title}", id=result["id"], title=result["title"])
    out.result(result)


@program.command
def edit(
    item: int,
    /,
    *,
    title: str | None = None,
    text: str | None = None,
    url: str | None = None,
    link_text: str | None = None,
    on: Annotated[str | None, Parameter(name="--date")] = None,
    kind: ItemKind | None = None,
    starts_at: str | None = None,
    ends_at: str | None = None,
    place: str | None = None,
    language: str | None = None,
    common: Common | None = None,
) -> None:
    """Write other words, another link or another time in an item.

    An empty value empties a field: --url "". An import never overwrites what is written here.

    Example: newsletter items edit 14 --text "Nu finns filmen." --url https://www.example.org/film

    Parameters
    ----------
    text
        Plain text; a blank line parts paragraphs.
    link_text
        What the link says: where it leads, not "read more".
    on
        The date of the item, like 2026-11-20.
    starts_at
        Date and time, like 2026-12-01 13:30, in the zone of the newsletter; makes it an event.
    ends_at
        Likewise.
    language
        The language of title and text, like sv or en.
    """
    app, out = (common or Common()).open_for_all()
    zone = app.settings.zone
    fields = ItemFields()
    for name, value in (
        ("title", title),
        ("text", text),
        ("url", url),
        ("link_text", link_text),
        ("kind", kind),
        ("place", place),
        ("language", language),
    ):
        if value is not None:
            fields[name] = value  # type: ignore[literal-required]
    if on is not None:
        fields["published_on"] = day_in(on)
    if starts_at is not None:
        fields["starts_at"] = moment_in(starts_at, zone)
    if ends_at is not None:
        fields["ends_at"] = moment_in(ends_at, zone)
    if not fields:
        raise UsageError(
            "No change was given. Nothing was changed. See: newsletter items edit --help"
        )
    with app.database.writing() as session:
        found = items.editing.edit(session, item, now=app.clock(), **fields)
        result = items_shown.described(found)
    out.say("Item {id} is changed: {title}", id=item, title=result["title"])
    out.result(result)


@program.command
def hide(
    item: int,
    /,
    *,
    show: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> None:
    """Keep an item out of coming issues, or let it in again.

    Example: newsletter items hide 14

    Parameters
    ----------
    show
        Let it in again.
    """
    app, out = (common or Common()).open_for_all()
    with app.database.writing() as session:
        found = items.editing.hide(session, item, hidden=not show, now=app.clock())
        result = items_shown.described(found)
    if show:
        out.say("Item {id} is shown again: {title}", id=item, title=result["title"])
    else:
        out.say("Item {id} is hidden: {title}", id=item, title=result["title"])
    out.result(result)


@program.command
def add_picture(
    item: int,
    file: Path,
    /,
    *,
    alt: str,
    caption: str = "",
    credit: str = "",
    common: Common | None = None,
) -> None:
    """Give an item a picture, made fit for mail: upright, at most 1200 pixels wide, no position.

    Example: newsletter items add-picture 14 film.jpg --alt "En kamera" --credit "Robin Exempel"

    Parameters
    ----------
    file
        A JPEG, PNG or GIF file of at most 10 MB.
    alt
        What the picture shows, for those who do not see it; "" only where the text says it all.
    caption
        Stands below the picture.
    credit
        The photographer's name.
    """
    app, out = (common or Common()).open_for_all()
    ready = items.pictures.fit(items.pictures.read(file))
    with app.database.writing() as session:
        items.store.find(session, item)
        picture = items.pictures.store(session, ready, now=app.clock())
        found = items.editing.set_picture(
            session, item, picture, alt=alt, caption=caption, credit=credit, now=app.clock()
        )
        result = items_shown.described(found)
    out.say(
        "Item {id} has the picture, {width} × {height} pixels, {size} kB.",
        id=item,
        width=picture.width,
        height=picture.height,
        size=out.language.number(round(len(picture.content) / 1000)),
    )
    out.result(result)
