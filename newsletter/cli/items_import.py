"""`newsletter items import`: from a page, a feed or an address into the content store."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from newsletter import items
from newsletter.app import App
from newsletter.cli import items_shown
from newsletter.cli.command import DONE, PARTLY, Common, Output
from newsletter.errors import SourceError
from newsletter.fetching import PICTURES, Fetcher
from newsletter.items.files import read_at_most
from newsletter.items.sources import LARGEST_SOURCE, Format
from newsletter.items.store import Imported
from subscribers.wording import Sentence


def import_(
    source: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    as_format: Annotated[Format | None, Parameter(name="--as")] = None,
    address: str = "",
    follow: Annotated[bool, Parameter(negative="")] = False,
    full_text: Annotated[bool, Parameter(negative="")] = False,
    pictures: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> int:
    """Store the news of a page or a feed: saved, copied as text, or fetched from the web.

    What is stored already is not stored twice, and words an editor wrote are kept. Only the
    address you name is fetched, unless you ask for more with --follow or --pictures.

    Example: newsletter items import https://www.example.org/nyheter --dry-run

    Parameters
    ----------
    source
        A file, an address that begins with https://, or - for standard input.
    dry_run
        Show what would be stored, and store nothing.
    as_format
        text, html or feed, where the content alone would be taken for something else.
    address
        Where a saved page was on the web, so that its links can be followed.
    follow
        Read the own page of each story whose text is cut off, and take its first paragraphs.
    full_text
        With --follow: take the whole text.
    pictures
        Fetch the picture of each new story.
    """
    app, out = (common or Common()).open_for_all()
    raw, found_at = read_source(source, app.fetcher)
    page = items.sources.read(
        raw,
        today=app.today,
        zone=app.settings.zone,
        as_format=as_format,
        address=items.links.checked(address) or found_at,
    )
    troubles: list[Sentence] = []
    with app.database.reading() as session:
        outcomes = items.store.preview(session, page.drafts)
        if dry_run:
            items_shown.print_preview(out, outcomes)
        result = items_shown.import_result(page, outcomes, dry_run=True)
    if not dry_run:
        with app.database.writing() as session:
            saved = items.store.save(session, page.drafts, now=app.clock())
            outcomes = [
                replace(one, perhaps_same=planned.perhaps_same)
                for one, planned in zip(saved, outcomes, strict=True)
            ]
            result = items_shown.import_result(page, outcomes, dry_run=False)
            lacking = items.following.lacking_text(outcomes) if follow else []
            wanted = pictures_wanted(outcomes) if pictures else []
        filled = follow_each(app, out, lacking, is_whole=full_text, troubles=troubles)
        pictured = fetch_each(app, out, wanted, troubles=troubles)
        result |= {"followed": filled, "pictures": pictured}
    items_shown.print_summary(out, page, result)
    items_shown.print_kept(out, outcomes)
    items_shown.print_resembling(out, outcomes)
    for trouble in troubles:
        out.sentence(trouble)
    if dry_run:
        out.say("Nothing was stored. Run it without --dry-run to store it.")
    out.result(result | {"troubles": [out.language.say(trouble) for trouble in troubles]})
    return PARTLY if troubles else DONE


def read_source(source: str, fetcher: Fetcher) -> tuple[bytes, str]:
    """Return the bytes of a source and, where it was fetched, the address it was found at.

    Raises SourceError: it cannot be read, or may not be fetched.
    """
    if re.match(r"\s*https?:", source, re.IGNORECASE):
        fetched = fetcher.fetch(source.strip())
        return fetched.content, fetched.url
    return read_at_most(Path(source), LARGEST_SOURCE), ""


def follow_each(
    app: App,
    out: Output,
    lacking: Sequence[tuple[int, str, str]],
    *,
    is_whole: bool,
    troubles: list[Sentence],
) -> int:
    """Fill each item from its own page, one after the other; return how many were filled."""
    filled = 0
    for number, (item_id, title, url) in enumerate(lacking, start=1):
        out.say("Reading {n} of {all}: {title}", n=number, all=len(lacking), title=title)
        try:
            fetched = app.fetcher.fetch(url, as_robot=True)
            story = items.sources.read_story(fetched.content, title=title, address=fetched.url)
        except SourceError as error:
            troubles.append(error.sentence)
            continue
        if story is None:
            troubles.append(
                Sentence(
                    "No text stands out on the page of “{title}”. Its item is as it was; read the "
                    "page in your browser and write the text yourself.",
                    title=title,
                )
            )
            continue
        with app.database.writing() as session:
            items.following.write(session, item_id, story, is_whole=is_whole, now=app.clock())
        filled += 1
    return filled


def pictures_wanted(outcomes: Sequence[Imported]) -> list[tuple[int, Imported]]:
    """Return those stories that show a picture while their item has none."""
    return [
        (imported.item.id, imported)
        for imported in outcomes
        if imported.draft.picture and imported.item and not imported.item.picture_sha256
    ]


def fetch_each(
    app: App, out: Output, wanted: Sequence[tuple[int, Imported]], *, troubles: list[Sentence]
) -> int:
    """Fetch the picture of each story, one after the other; return how many came."""
    came = 0
    for number, (item_id, imported) in enumerate(wanted, start=1):
        picture, title = imported.draft.picture, imported.draft.title
        if picture is None:
            continue
        out.say("Fetching picture {n} of {all}: {title}", n=number, all=len(wanted), title=title)
        try:
            fetched = app.fetcher.fetch(
                picture.url,
                kinds=PICTURES,
                largest=items.pictures.LARGEST_FILE,
                as_robot=True,
            )
            ready = items.pictures.fit(fetched.content)
            with app.database.writing() as session:
                stored = items.pictures.store(session, ready, now=app.clock())
                items.editing.set_picture(
                    session,
                    item_id,
                    stored,
                    alt=picture.alt,
                    caption=picture.caption,
                    credit=picture.credit,
                    now=app.clock(),
                )
        except SourceError as error:
            troubles.append(error.sentence)
            continue
        came += 1
    return came
