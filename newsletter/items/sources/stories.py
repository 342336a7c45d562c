"""Make one story of its blocks: which is the title, which the date, and where the text ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from newsletter.items.drafts import LONGEST_TITLE, PictureDraft, title_identity
from newsletter.items.sources import tidying
from newsletter.items.sources.blocks import Block, Kind

#: Characters; several lines that are longer together are a title and a text, not a wrapped title.
_LONGEST_WRAPPED_TITLE = 160
#: Characters; how much of a text without a title becomes its title.
_LONGEST_MADE_TITLE = 90
_SENTENCE = re.compile(rf".{{10,{_LONGEST_MADE_TITLE}}}?[.!?](?=\s+[A-ZÅÄÖ])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One story as it stands on the page."""

    title: str
    published_on: date | None
    #: The text as the page has it, marks of truncation and all; a blank line parts paragraphs.
    raw: str
    url: str = ""
    #: "en", …: where the page says that it is not the language of the newsletter.
    language: str = ""
    picture: PictureDraft | None = None
    #: An issue of our own newsletter, by the id that its feed gave it.
    is_issue: bool = False


def story_of(blocks: Sequence[Block]) -> Story | None:
    """Return the story that stands in these blocks, or None where they hold no words."""
    blocks = [_without_bullet(blocks[0]), *blocks[1:]]
    dated = next((at for at, block in enumerate(blocks) if block.kind is Kind.DATE), len(blocks))
    day = blocks[dated].day if dated < len(blocks) else None
    above, below = _worded(blocks[:dated]), _worded(blocks[dated:], day)
    if not above and not below:
        return None
    title, texts = _parted(above, below, is_dated=dated < len(blocks))
    raw = _up_to_cut([text for text in texts if not _says_same(text, title)])
    if len(title) > LONGEST_TITLE or (not raw and tidying.uncut(title)[1]):
        # A text without a title: its beginning has to do, until the editor writes one.
        raw = "\n\n".join(filter(None, (title, raw)))
        title = _beginning_of(title)
    if not any(sign.isalnum() for sign in title):
        return None
    return Story(title=title, published_on=day, raw=raw)


def _without_bullet(block: Block) -> Block:
    first = block.raw_lines[0].removeprefix(block.bullet).lstrip()
    return replace(block, raw_lines=(first, *block.raw_lines[1:]))


def _worded(blocks: Sequence[Block], day: date | None = None) -> list[list[str]]:
    """Return the lines of every block that has any words, the date of the story left out."""
    lines = (
        [line for line in block.raw_lines if tidying.line(line)]
        for block in blocks
        if block.kind is not Kind.DATE or block.day not in (None, day)
    )
    return [found for found in lines if found]


def _parted(
    above: list[list[str]], below: list[list[str]], *, is_dated: bool
) -> tuple[str, list[str]]:
    """Return the title and the texts of a story, from the lines above and below its date."""
    first, *others = above + below
    wrapped = tidying.line(" ".join(first))
    is_wrapped = bool(above) and (is_dated or others) and len(wrapped) <= _LONGEST_WRAPPED_TITLE
    if is_wrapped or len(first) == 1:
        return wrapped, ["\n".join(lines) for lines in others]
    return tidying.line(first[0]), ["\n".join(lines) for lines in (first[1:], *others)]


def _says_same(text: str, title: str) -> bool:
    # The picture's alternative text, or a link, repeats the title.
    return title_identity(text, None) == title_identity(title, None)


def _up_to_cut(texts: Sequence[str]) -> str:
    """Join texts as far as the first that is cut off; what follows that belongs to the page."""
    kept = []
    for text in texts:
        kept.append(text)
        if tidying.uncut(text)[1]:
            break
    return "\n\n".join(kept)


def _beginning_of(text: str) -> str:
    words = tidying.uncut(text)[0]
    if sentence := _SENTENCE.match(words):
        return sentence.group()
    if len(words) <= _LONGEST_MADE_TITLE:
        return words
    return words[:_LONGEST_MADE_TITLE].rpartition(" ")[0] + " …"
