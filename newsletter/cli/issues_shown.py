"""How an issue is shown: to people by section, to programs as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from newsletter.cli.command import Output
from newsletter.content import EventContent, StoryContent
from newsletter.issues import proof
from newsletter.issues.hints.lengths import Measure, measured
from newsletter.issues.proof import Press
from newsletter.models import Issue
from subscribers.wording import Sentence


def as_json(session: Session, issue: Issue, press: Press) -> dict[str, Any]:
    """Return an issue as `--json` shows it."""
    content = proof.content(session, issue, press)
    told: list[StoryContent | EventContent] = [*content.stories, *content.calendar]
    stories = {story.item_id: story for story in told}
    corrected = session.get(Issue, issue.corrects_id) if issue.corrects_id else None
    return {
        "id": issue.name,
        "number": issue.number,
        "date": issue.issued_on.isoformat(),
        "subject": issue.subject,
        "preheader": issue.preheader,
        "editorial": issue.editorial,
        "signature": [issue.signature_name, issue.signature_title],
        "state": issue.state.value,
        "corrects": corrected.name if corrected else None,
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
                        "reading": asdict(_measured(stories[placed.item.id])),
                    }
                    for placed in section.placed_items
                ],
            }
            for section in issue.sections
            if section.placed_items
        ],
    }


def _measured(told: StoryContent | EventContent) -> Measure:
    return measured(told.text, language=told.language)


def _reading(reading: dict[str, Any]) -> Sentence:
    """Say how long and how hard a text is; a text too short to judge has no LIX."""
    if reading["lix"] is None:
        return Sentence(
            "{words} words, longest sentence {longest}",
            words=reading["words"],
            longest=reading["longest_sentence"],
        )
    return Sentence(
        "{words} words, longest sentence {longest}, LIX {lix}",
        words=reading["words"],
        longest=reading["longest_sentence"],
        lix=reading["lix"],
    )


def print_sections(out: Output, summary: dict[str, Any]) -> None:
    """Print what is in an issue, in the order readers see it; the top story has a star."""
    for section in summary["sections"]:
        out.plain()
        out.plain(section["name"])
        for placed in section["items"]:
            star = "★" if placed["lead"] else " "
            out.plain(f" {star} {placed['id']:>4}  {placed['title']}")
            if placed["reading"]["words"]:
                out.plain(f"{'':9}{out.language.say(_reading(placed['reading']))}")
    out.plain()
