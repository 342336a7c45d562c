"""Hints about pictures: what somebody who cannot see them would miss."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.issues.hints.hint import Checked, Hint, Place, Severity
from subscribers.wording import Sentence

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
        words = story.picture.alt.strip()
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


def _is_file_name(words: str) -> bool:
    return bool(_FILE_ENDING.search(words) or _GLUED.match(words))
