"""`newsletter issues`: compose an issue, see it, change it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import cyclopts
from cyclopts import Parameter
from sqlalchemy.orm import Session

from newsletter import items
from newsletter.app import App
from newsletter.cli import proofs, sending, status, uncertain
from newsletter.cli.command import Common, Output
from newsletter.cli.files import read_text
from newsletter.content import EventContent, StoryContent
from newsletter.errors import UsageError
from newsletter.issues import composing, editing, proof
from newsletter.models import Issue

program = cyclopts.App(name="issues", help="Compose, check, approve and send issues.")
program.command(proofs.check)
program.command(proofs.accept)
program.command(proofs.approve)
program.command(proofs.preview)
program.command(sending.test)
program.command(sending.send)
program.command(status.status)
program.command(uncertain.uncertain)

#: How many items that were never used are named when an issue is made.
_OLDER_SHOWN = 10
#: What `--reset` may name: give a placed item back the stored item's own.
Resettable = Literal["title", "text", "url", "link-text", "language", "picture"]


@program.command
def create(
    *,
    on: Annotated[date | None, Parameter(name="--date")] = None,
    since: date | None = None,
    common: Common | None = None,
) -> None:
    """Make the next issue with what is new since the last one.

    Example: newsletter issues create --date 2026-11-25

    Parameters
    ----------
    on
        The date of the issue; today if not given.
    since
        Take items later than this date instead of later than the last issue.
    """
    app, out = (common or Common()).open()
    with app.database.writing() as session:
        issue = composing.create(
            session,
            app.newsletter_id,
            issued_on=on or app.today,
            rules=app.press.section_rules,
            now=app.clock(),
            since=since,
        )
        summary = _summary(session, app, issue)
        count = sum(len(section["items"]) for section in summary["sections"])
        name = issue.name
        older = [
            (item.id, item.published_on or "–", item.title)
            for item in composing.left_over(session, app.newsletter_id)
        ]
    out.say(
        "Issue {issue} is made, with {n} item.",
        plural="Issue {issue} is made, with {n} items.",
        issue=name,
        n=count,
    )
    _print_sections(out, summary)
    if older:
        out.say(
            "Older or undated, and never used. Add one with: newsletter issues add-item {issue} ID",
            issue=name,
        )
        out.table(["item", "date", "title"], older[:_OLDER_SHOWN])
        out.plain()
    out.say("Next: newsletter issues edit {issue} --subject … and newsletter issues check {issue}",
            issue=name)  # fmt: skip
    out.result(summary)


@program.command(name="list")
def list_(*, common: Common | None = None) -> None:
    """List all issues, newest first.

    Example: newsletter issues list
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        summaries = [
            _summary(session, app, issue) for issue in composing.every(session, app.newsletter_id)
        ]
    if not summaries:
        out.say("There is no issue yet. Make the first one: newsletter issues create")
    else:
        rows = [
            (s["id"], s["date"], out.language.gettext(s["state"]), s["subject"]) for s in summaries
        ]
        out.table(["issue", "date", "state", "subject"], rows)
    out.result(summaries)


@program.command
def show(issue: str, /, *, common: Common | None = None) -> None:
    """Show what is in an issue, in the order readers see it.

    Example: newsletter issues show 2026-02
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        summary = _summary(session, app, found)
    out.plain(f"{summary['id']} · {summary['date']} · {out.language.gettext(summary['state'])}")
    for label, value in (
        ("Subject", summary["subject"]),
        ("Preheader", summary["preheader"]),
        ("Editorial", summary["editorial"]),
        ("Signed", " · ".join(filter(None, summary["signature"]))),
    ):
        out.plain(f"{out.language.gettext(label)}: {value or '–'}")
    _print_sections(out, summary)
    out.result(summary)


@program.command
def add_item(
    issue: str,
    item: int,
    /,
    *,
    section: str | None = None,
    position: int | None = None,
    common: Common | None = None,
) -> None:
    """Put an item into an issue.

    Example: newsletter issues add-item 2026-02 14 --section Bryssel --position 1

    Parameters
    ----------
    section
        The suggested section if not given; a new name makes a new section.
    position
        Counted from 1; last if not given.
    """
    app, out = (common or Common()).open()
    with app.database.writing() as session:
        found = composing.find(session, app.newsletter_id, issue)
        editing.add_item(
            found,
            items.store.find(session, item),
            rules=app.press.section_rules,
            section=section,
            position=position,
        )
        session.flush()
        summary = _summary(session, app, found)
    _print_sections(out, summary)
    out.result(summary)


@program.command
def remove_item(issue: str, item: int, /, *, common: Common | None = None) -> None:
    """Take an item out of an issue; the stored item stays.

    Example: newsletter issues remove-item 2026-02 14
    """
    app, out = (common or Common()).open()
    with app.database.writing() as session:
        found = composing.find(session, app.newsletter_id, issue)
        editing.remove_item(found, item)
        session.flush()
        summary = _summary(session, app, found)
    _print_sections(out, summary)
    out.result(summary)


@program.command
def move_item(
    issue: str,
    item: int,
    /,
    *,
    section: str | None = None,
    position: int | None = None,
    common: Common | None = None,
) -> None:
    """Move an item within its section, or to another one.

    Example: newsletter issues move-item 2026-02 14 --section Nationellt --position 2

    Parameters
    ----------
    section
        Its own section if not given; a new name makes a new section.
    position
        Counted from 1; last if not given.
    """
    app, out = (common or Common()).open()
    with app.database.writing() as session:
        found = composing.find(session, app.newsletter_id, issue)
        editing.move_item(session, found, item, section=section, position=position)
        session.flush()
        summary = _summary(session, app, found)
    _print_sections(out, summary)
    out.result(summary)


@program.command
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
        Text of the editorial; a blank line parts paragraphs.
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
    with app.database.writing() as session:
        found = composing.find(session, app.newsletter_id, issue)
        if issue_changes:
            editing.edit_issue(session, found, issue_changes)
        if picture is not None:
            stored = items.pictures.store(session, items.pictures.read(picture), now=app.clock())
            story_changes["picture_sha256"] = stored.sha256
        if item is not None and story_changes:
            editing.edit_story(found, item, story_changes)
        if item is not None and lead:
            editing.set_lead(found, item)
        session.flush()
        summary = _summary(session, app, found)
    out.say("Changed issue {issue}.", issue=summary["id"])
    out.result(summary)


def _given(**options: Any) -> dict[str, Any]:
    """Return the options that were given at the command line."""
    return {name: value for name, value in options.items() if value is not None}


def _summary(session: Session, app: App, issue: Issue) -> dict[str, Any]:
    """Return an issue as `--json` shows it."""
    content = proof.content(session, issue, app.press)
    told: list[StoryContent | EventContent] = [*content.stories, *content.calendar]
    stories = {story.item_id: story for story in told}
    return {
        "id": issue.name,
        "number": issue.number,
        "date": issue.issued_on.isoformat(),
        "subject": issue.subject,
        "preheader": issue.preheader,
        "editorial": issue.editorial,
        "signature": [issue.signature_name, issue.signature_title],
        "state": issue.state.value,
        "sections": [
            {
                "name": section.name,
                "items": [
                    {
                        "id": placed.item.id,
                        "title": stories[placed.item.id].title,
                        "lead": placed.is_lead,
                        "url": stories[placed.item.id].url,
                        "published_on": placed.item.published_on,
                    }
                    for placed in section.placed_items
                ],
            }
            for section in issue.sections
            if section.placed_items
        ],
    }


def _print_sections(out: Output, summary: dict[str, Any]) -> None:
    for section in summary["sections"]:
        out.plain()
        out.plain(section["name"])
        for placed in section["items"]:
            star = "★" if placed["lead"] else " "
            out.plain(f" {star} {placed['id']:>4}  {placed['title']}")
    out.plain()
