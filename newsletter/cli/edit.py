"""`newsletter issues edit`: the editor's own words, for the issue and for each story in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from newsletter import items
from newsletter.cli.command import Common
from newsletter.cli.files import read_text
from newsletter.cli.issues_shown import as_json
from newsletter.errors import UsageError
from newsletter.issues import composing, editing

#: What `--reset` may name: give a placed item back the stored item's own.
Resettable = Literal["title", "text", "url", "link-text", "language", "picture"]


def edit(
    issue: str,
    /,
    *,
    subject: str | None = None,
    preheader: str | None = None,
    editorial: str | None = None,
    editorial_file: Path | None = None,
    signature_name: str | None = None,
    signature_title: str | None = None,
    contact: str | None = None,
    number: int | None = None,
    on: Annotated[date | None, Parameter(name="--date")] = None,
    item: int | None = None,
    title: str | None = None,
    text: str | None = None,
    url: str | None = None,
    link_text: str | None = None,
    language: Literal["sv", "en"] | None = None,
    picture: Path | None = None,
    alt: str | None = None,
    caption: str | None = None,
    credit: str | None = None,
    lead: Annotated[bool, Parameter(negative="")] = False,
    reset: tuple[Resettable, ...] = (),
    common: Common | None = None,
) -> None:
    r"""Change the words of an issue, or with --item those of one story in it.

    The stored item is never touched. An approved issue becomes a draft again.

    Examples: newsletter issues edit 2026-02 --subject "EU:s regionalpolitik och praktik"
    and newsletter issues edit 2026-02 --item 14 --title "Ny rubrik" --lead

    Parameters
    ----------
    editorial
        Text of the editorial; a blank line parts paragraphs. *emphasis*, [words](https://…)
        and lists with - are understood.
    editorial_file
        Read the editorial from a file, or from standard input with -.
    item
        The story to change; the options after it belong to it.
    picture
        A JPEG, PNG or GIF file for this story in this issue.
    lead
        Make the story the top story.
    reset
        Take the stored item's own title, text, … again.
    """
    app, out = (common or Common()).open()
    issue_changes = _given(
        subject=subject,
        preheader=preheader,
        editorial=read_text(editorial_file) if editorial_file else editorial,
        signature_name=signature_name,
        signature_title=signature_title,
        contact=contact,
        number=number,
        issued_on=on,
    )
    story_changes = _given(
        title=title,
        text=text,
        url=items.links.checked(url) if url else url,
        link_text=link_text,
        language=language,
        picture_alt=alt,
        picture_caption=caption,
        picture_credit=credit,
    ) | {name.replace("-", "_"): None for name in reset if name != "picture"}
    if "picture" in reset:
        story_changes |= dict.fromkeys(
            ("picture_sha256", "picture_alt", "picture_caption", "picture_credit")
        )
    if item is None and (story_changes or picture or lead):
        raise UsageError(
            "Those options belong to a story. Nothing was changed. Say which: --item ID"
        )
    if not (issue_changes or story_changes or picture or lead):
        raise UsageError(
            "No change was given. Nothing was changed. See: newsletter issues edit --help"
        )
    press = app.press
    ready = items.pictures.fit(items.pictures.read(picture)) if picture else None
    with app.database.writing() as session:
        found = composing.find(session, app.newsletter_id, issue)
        if issue_changes:
            editing.edit_issue(session, found, issue_changes)
        if ready is not None:
            stored = items.pictures.store(session, ready, now=app.clock())
            story_changes["picture_sha256"] = stored.sha256
        if item is not None and story_changes:
            editing.edit_story(found, item, story_changes)
        if item is not None and lead:
            editing.set_lead(found, item)
        session.flush()
        summary = as_json(session, found, press)
    out.say("Changed issue {issue}.", issue=summary["id"])
    out.result(summary)


def _given(**options: Any) -> dict[str, Any]:
    """Return the options that were given at the command line."""
    return {name: value for name, value in options.items() if value is not None}
