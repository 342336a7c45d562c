"""`newsletter issues`: make an issue, see it, arrange what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import cyclopts
from cyclopts import Parameter
from sqlalchemy.orm import Session

from newsletter import items
from newsletter.cli import (
    after_sending,
    archive,
    edit,
    preview,
    proofs,
    reviews,
    scheduling,
    sending,
    status,
    steering,
    uncertain,
)
from newsletter.cli.command import Common
from newsletter.cli.issues_shown import as_json, print_sections
from newsletter.issues import composing, editing
from newsletter.issues.proof import Press
from newsletter.models import Issue

program = cyclopts.App(name="issues", help="Compose, check, approve and send issues.")
program.command(edit.edit)
program.command(proofs.check)
program.command(proofs.accept)
program.command(proofs.approve)
program.command(reviews.ask_review)
program.command(preview.preview)
program.command(sending.test)
program.command(sending.send)
program.command(status.status)
program.command(uncertain.uncertain)
program.command(scheduling.schedule)
program.command(steering.pause)
program.command(steering.resume)
program.command(steering.cancel)
program.command(steering.withdraw)
program.command(steering.resend_missing)
program.command(after_sending.correct)
program.command(after_sending.send_to_new)
program.command(archive.announce)

#: How many items that were never used are named when an issue is made.
_OLDER_SHOWN = 10


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
    press = app.press
    with app.database.writing() as session:
        issue = composing.create(
            session,
            app.newsletter_id,
            issued_on=on or app.today,
            rules=press.section_rules,
            now=app.clock(),
            since=since,
        )
        summary = as_json(session, issue, press)
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
    print_sections(out, summary)
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
            as_json(session, issue, app.press)
            for issue in composing.every(session, app.newsletter_id)
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
        summary = as_json(session, found, app.press)
    out.plain(f"{summary['id']} · {summary['date']} · {out.language.gettext(summary['state'])}")
    if summary["corrects"]:
        out.say(
            "It is a correction of issue {issue}, for those who got that one.",
            issue=summary["corrects"],
        )
    for label, value in (
        ("Subject", summary["subject"]),
        ("Preheader", summary["preheader"]),
        ("Editorial", summary["editorial"]),
        ("Signed", " · ".join(filter(None, summary["signature"]))),
    ):
        out.plain(f"{out.language.gettext(label)}: {value or '–'}")
    print_sections(out, summary)
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
    with _rearranged(issue, common) as (session, found, press):
        editing.add_item(
            found,
            items.store.find(session, item),
            rules=press.section_rules,
            section=section,
            position=position,
        )


@program.command
def remove_item(issue: str, item: int, /, *, common: Common | None = None) -> None:
    """Take an item out of an issue; the stored item stays.

    Example: newsletter issues remove-item 2026-02 14
    """
    with _rearranged(issue, common) as (_session, found, _press):
        editing.remove_item(found, item)


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
    with _rearranged(issue, common) as (session, found, _press):
        editing.move_item(session, found, item, section=section, position=position)


@contextmanager
def _rearranged(name: str, common: Common | None) -> Iterator[tuple[Session, Issue, Press]]:
    """Open an issue to move its items about, and show how it became."""
    app, out = (common or Common()).open()
    # Read before the database is held.
    press = app.press
    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, name)
        yield session, issue, press
        session.flush()
        summary = as_json(session, issue, press)
    print_sections(out, summary)
    out.result(summary)
