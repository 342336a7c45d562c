"""Hints about the issue as a whole: subject, leftovers, size."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.issues.hints.hint import Checked, Hint, Place, Severity
from subscribers.wording import Sentence

#: Phones show 40-50 characters, most programs about 60 (requirement M35).
LONGEST_SUBJECT = 60
#: Gmail cuts a message off at about 102 KB of HTML and hides the way to unsubscribe (M04).
GMAIL_RED = 100_000
GMAIL_YELLOW = 80_000


def subject(checked: Checked) -> Iterator[Hint]:
    """Find SUBJECT: missing is red; too long, or the same as last time, is yellow."""
    words = checked.content.subject
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
    if words.casefold() == checked.previous_subject.casefold():
        yield Hint(
            code="SUBJECT",
            severity=Severity.YELLOW,
            place=place,
            message=Sentence("The subject is the same as in the issue before."),
            about=f"same {words}",
        )


def placeholder(checked: Checked) -> Iterator[Hint]:
    """Find PLACEHOLDER: words of a draft that were never replaced."""
    if not checked.words.placeholders:
        return
    listed = "|".join(re.escape(word) for word in checked.words.placeholders)
    pattern = re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.IGNORECASE)
    for place, words in _texts(checked):
        found = pattern.search(words)
        if found:
            yield Hint(
                code="PLACEHOLDER",
                severity=Severity.RED,
                place=place,
                message=Sentence(
                    "“{words}” seems to be left over from a draft. Write what should stand there.",
                    words=found.group(),
                ),
                about=words,
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


def _texts(checked: Checked) -> Iterator[tuple[Place, str]]:
    content = checked.content
    for name in ("subject", "preheader", "editorial", "signature_name", "signature_title",
                 "contact"):  # fmt: skip
        yield Place(name), getattr(content, name)
    for story in content.stories:
        for name in ("title", "text", "link_text"):
            yield Place(name, story.item_id), getattr(story, name)
        if story.picture is not None:
            for name in ("alt", "caption", "credit"):
                yield Place(f"picture_{name}", story.item_id), getattr(story.picture, name)
    for event in content.calendar:
        for name in ("title", "text", "place", "link_text"):
            yield Place(name, event.item_id), getattr(event, name)
