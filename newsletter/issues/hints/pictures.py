"""Hints about pictures: what somebody who cannot see them would miss."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.foreign_passages import unmarked
from newsletter.issues.hints.hint import Checked, Hint, Place, Severity
from subscribers.wording import Sentence

#: Pixels: the width of the column in the mail.
NARROWEST = 600
#: An ending of a picture file, or a camera's numbering.
_FILE_ENDING = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|tiff?)$|^(?:img|dsc|dscn|p|bild|image|foto)[_-]?\d+$",
    re.IGNORECASE,
)
#: Words glued together by capitals or underscores, without a space: "SammantradeRadet".
_GLUED = re.compile(r"^\S*[a-zåäö][A-ZÅÄÖ]\S*$|^\S*_\S*$")


def alt(checked: Checked) -> Iterator[Hint]:
    """Find ALT: no alternative text, or one that is the name of a file (WCAG 1.1.1)."""
    for story in checked.content.stories:
        if story.picture is None:
            continue
        words = unmarked(story.picture.alt).strip()
        place = Place("picture_alt", story.item_id)
        if not words:
            yield Hint(
                code="ALT",
                severity=Severity.RED,
                place=place,
                message=Sentence(
                    "The picture has no alternative text. Say in a sentence what it shows."
                ),
                about="",
            )
        elif _is_file_name(words):
            yield Hint(
                code="ALT",
                severity=Severity.RED,
                place=place,
                message=Sentence(
                    "The alternative text looks like the name of a file (“{alt}”). "
                    "Say in a sentence what the picture shows.",
                    alt=words,
                ),
                about=words,
            )


def altdup(checked: Checked) -> Iterator[Hint]:
    """Find ALTDUP: a screen reader would say the same thing twice."""
    for story in checked.content.stories:
        if story.picture is None:
            continue
        alt_words = _letters(story.picture.alt)
        if alt_words and alt_words in (_letters(story.title), _letters(story.picture.caption)):
            yield Hint(
                code="ALTDUP",
                severity=Severity.GREY,
                place=Place("picture_alt", story.item_id),
                message=Sentence(
                    "The alternative text repeats the title or the caption; screen readers say it "
                    "twice. Say what the picture shows."
                ),
                about=story.picture.alt,
            )


def credit(checked: Checked) -> Iterator[Hint]:
    """Find CREDIT: nobody is named for a picture (the copyright act 1960:729, 3 §)."""
    for story in checked.content.stories:
        if story.picture is not None and not story.picture.credit.strip():
            yield Hint(
                code="CREDIT",
                severity=Severity.YELLOW,
                place=Place("picture_credit", story.item_id),
                message=Sentence("Say who took or drew the picture."),
                about=story.picture.sha256,
            )


def imgsize(checked: Checked) -> Iterator[Hint]:
    """Find IMGSIZE: too narrow to fill the column."""
    for story in checked.content.stories:
        if story.picture is not None and story.picture.width < NARROWEST:
            yield Hint(
                code="IMGSIZE",
                severity=Severity.YELLOW,
                place=Place("picture", story.item_id),
                message=Sentence(
                    "The picture is {width} pixels wide; it should be at least {least}. "
                    "Choose a larger one.",
                    width=story.picture.width,
                    least=NARROWEST,
                ),
                about=story.picture.sha256,
            )


def _letters(text: str) -> str:
    """Return a text as it sounds: without signs and capitals."""
    return " ".join(re.findall(r"\w+", unmarked(text).casefold()))


def _is_file_name(words: str) -> bool:
    return bool(_FILE_ENDING.search(words) or _GLUED.match(words))
