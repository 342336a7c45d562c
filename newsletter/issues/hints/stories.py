"""Hints about single stories: cut texts, missing links, links that say nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.content import EventContent, StoryContent
from newsletter.foreign_passages import unmarked
from newsletter.issues.hints.hint import Checked, Fix, Hint, Place, Severity
from newsletter.issues.hints.texts import sentence_ends
from subscribers.wording import Sentence

#: A text that ends so was cut off.
_CUT_OFF = re.compile(r"(?:\.{2,}|…|\[\.\.\.\]|\(…\))\s*$")
#: How much of a cut text is quoted.
_QUOTED = 30


def trunc(checked: Checked) -> Iterator[Hint]:
    """Find TRUNC: the source cut the text off and nobody has written it to an end."""
    for story in checked.content.stories:
        if not story.truncated and not _CUT_OFF.search(story.text):
            continue
        shorter = up_to_last_sentence(_CUT_OFF.sub("", story.text))
        yield Hint(
            code="TRUNC",
            severity=Severity.RED,
            place=Place("text", story.item_id),
            message=Sentence(
                "The text is cut off (“… {end}”). Write it to an end or shorten it to whole "
                "sentences.",
                end=_ending(story.text),
            ),
            about=story.text,
            fix=Fix("text", shorter) if shorter else None,
        )


def nolink(checked: Checked) -> Iterator[Hint]:
    """Find NOLINK: a story that leads nowhere."""
    for story in checked.content.stories:
        if not story.url:
            yield Hint(
                code="NOLINK",
                severity=Severity.RED,
                place=Place("url", story.item_id),
                message=Sentence("“{title}” has no link.", title=unmarked(story.title)),
                about=story.title,
            )


def linktext(checked: Checked) -> Iterator[Hint]:
    """Find LINKTEXT: a link text that does not say where the link leads (WCAG 2.4.4)."""
    told: list[StoryContent | EventContent] = [*checked.content.stories, *checked.content.calendar]
    for story in told:
        bare = re.sub(r"[\s.:…>»→!]+$", "", unmarked(story.link_text)).strip().casefold()
        if story.url and (not bare or bare in checked.words.empty_link_texts):
            yield Hint(
                code="LINKTEXT",
                severity=Severity.YELLOW,
                place=Place("link_text", story.item_id),
                message=Sentence(
                    "The link text “{text}” does not say where the link leads. "
                    "Suggestion: “{suggestion}”.",
                    text=story.link_text,
                    suggestion=_suggestion(story, checked.content.language),
                ),
                about=story.link_text,
                fix=Fix("link_text", _suggestion(story, checked.content.language)),
            )


def pdflink(checked: Checked) -> Iterator[Hint]:
    """Find PDFLINK: a link that opens a document, without a word of warning."""
    told: list[StoryContent | EventContent] = [*checked.content.stories, *checked.content.calendar]
    for story in told:
        is_document = urlsplit(story.url).path.lower().endswith(".pdf")
        if story.link_text.strip() and is_document and "pdf" not in story.link_text.casefold():
            yield Hint(
                code="PDFLINK",
                severity=Severity.GREY,
                place=Place("link_text", story.item_id),
                message=Sentence(
                    "The link opens a PDF. Say so, and how large it is: “{suggestion}”.",
                    suggestion=f"{story.link_text} (pdf)",
                ),
                about=story.link_text,
                fix=Fix("link_text", f"{story.link_text} (pdf)"),
            )


def up_to_last_sentence(text: str) -> str:
    """Return the text up to its last whole sentence; empty where there is none.

    >>> up_to_last_sentence("Vi ses i Bryssel. Där får du bl.a. mat och")
    'Vi ses i Bryssel.'
    """
    *_, end = (0, *sentence_ends(text))
    return text[:end]


def _ending(text: str) -> str:
    """Return the last few words, from a whole one on."""
    if len(text) <= _QUOTED:
        return text
    return text[-_QUOTED:].partition(" ")[2].strip() or text[-_QUOTED:]


def _suggestion(story: StoryContent | EventContent, language: str) -> str:
    lead = "Läs mer" if language == "sv" else "Read more"
    return f"{lead}: {story.title.rstrip('.!')}"
