"""Hints about the issue as a whole: subject, preheader, leftovers, size."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.foreign_passages import unmarked
from newsletter.issues.hints import texts
from newsletter.issues.hints.hint import Checked, Fix, Hint, Place, Severity
from subscribers.wording import Sentence

#: Phones show 40-50 characters, most programs about 60 (requirement M35).
LONGEST_SUBJECT = 60
#: Programs show about 85 to 120 characters of the preheader.
LONGEST_PREHEADER = 120
#: Gmail cuts a message off at about 102 KB of HTML and hides the way to unsubscribe (M04).
GMAIL_RED = 100_000
GMAIL_YELLOW = 80_000

#: One picture each: those that begin an emoji, with what joins more to it.
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001faff\u2600-\u27bf](?:\ufe0f|\u200d.|[\U0001f3fb-\U0001f3ff\U0001f1e6-\U0001f1ff])*"
)


def subject(checked: Checked) -> Iterator[Hint]:
    """Find SUBJECT: missing is red; too long, or the same as last time, is yellow."""
    words = unmarked(checked.content.subject)
    place = Place("subject")
    if not words:
        yield Hint(
            code="SUBJECT",
            severity=Severity.RED,
            place=place,
            message=Sentence("The subject is missing. It is the first thing readers see."),
            about="",
        )
        return
    if len(words) > LONGEST_SUBJECT:
        yield Hint(
            code="SUBJECT",
            severity=Severity.YELLOW,
            place=place,
            message=Sentence(
                "The subject is {length} characters; phones show about 40 to 50, "
                "most programs at most {most}.",
                length=len(words),
                most=LONGEST_SUBJECT,
            ),
            about=words,
        )
    if words.casefold() == unmarked(checked.previous_subject).casefold():
        yield Hint(
            code="SUBJECT",
            severity=Severity.YELLOW,
            place=place,
            message=Sentence("The subject is the same as in the issue before."),
            about=f"same {words}",
        )


def emoji(checked: Checked) -> Iterator[Hint]:
    """Find EMOJI: more than one in a line that screen readers say in one breath."""
    lines = [(Place("subject"), checked.content.subject)]
    lines += [(Place("title", story.item_id), story.title) for story in checked.content.stories]
    for place, words in lines:
        found = _EMOJI.findall(words)
        if len(found) > 1:
            yield Hint(
                code="EMOJI",
                severity=Severity.GREY,
                place=place,
                message=Sentence(
                    "There are {n} emoji. Screen readers say the name of each; keep one at most.",
                    n=len(found),
                ),
                about=words,
            )


def preheader(checked: Checked) -> Iterator[Hint]:
    """Find PREHEADER: nothing for the inbox to show after the subject."""
    if checked.content.preheader.strip():
        return
    suggestion = _preheader_from(checked)
    yield Hint(
        code="PREHEADER",
        severity=Severity.YELLOW,
        place=Place("preheader"),
        message=Sentence(
            "The preheader is missing: the line an inbox shows after the subject. "
            "Write a sentence of 85 to 120 characters."
        ),
        about="",
        fix=Fix("preheader", suggestion) if suggestion else None,
    )


def _preheader_from(checked: Checked) -> str:
    """Return the first whole sentence of the top story that is short enough; else nothing."""
    for story in sorted(checked.content.stories, key=lambda story: not story.is_lead):
        text = unmarked(story.text)
        for end in texts.sentence_ends(text):
            if end <= LONGEST_PREHEADER:
                return " ".join(text[:end].split())
            break
    return ""


def emptysec(checked: Checked) -> Iterator[Hint]:
    """Find EMPTYSEC: sections that readers will not see."""
    if checked.empty_sections:
        listed = ", ".join(checked.empty_sections)
        yield Hint(
            code="EMPTYSEC",
            severity=Severity.GREY,
            place=Place("section"),
            message=Sentence(
                "The section {sections} is empty and is not shown.",
                plural="The sections {sections} are empty and are not shown.",
                n=len(checked.empty_sections),
                sections=listed,
            ),
            about=listed,
        )


def placeholder(checked: Checked) -> Iterator[Hint]:
    """Find PLACEHOLDER: words of a draft that were never replaced."""
    pattern = texts.phrases(checked.words.placeholders)
    for text in texts.every(checked.content):
        found = pattern.search(text.words)
        if found:
            yield Hint(
                code="PLACEHOLDER",
                severity=Severity.RED,
                place=text.place,
                message=Sentence(
                    "“{words}” seems to be left over from a draft. Write what should stand there.",
                    words=found.group(),
                ),
                about=text.words,
            )


def gmail(checked: Checked) -> Iterator[Hint]:
    """Find GMAIL: so large that Gmail would hide the end, where readers unsubscribe."""
    size = len(checked.rendered.html.encode())
    if size < GMAIL_YELLOW:
        return
    yield Hint(
        code="GMAIL",
        severity=Severity.RED if size >= GMAIL_RED else Severity.YELLOW,
        place=Place("html"),
        message=Sentence(
            "The mail is {kilobytes} KB. Gmail cuts it off at 102 KB and hides the link to "
            "unsubscribe. Take a story out, or shorten some.",
            kilobytes=size // 1000,
        ),
        about=str(size // 1000),
    )
