"""Read the page of one story: its own text, not the menus and teasers around it."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from newsletter.items.sources import entries, tidying
from newsletter.items.sources.passages import Passage, seen
from newsletter.items.sources.stories import Story

#: Where pages say that the text of the story is.
_SAYS_TEXT = ".//*[@itemprop='articleBody'] | .//article | .//main | .//*[@role='main']"
_PARAGRAPHS = ("p", "h2", "h3", "h4", "ul", "ol", "blockquote")
#: Letters; less than this is no text but a teaser.
_SHORTEST = 80
#: Letters of a paragraph; shorter ones are labels.
_SHORTEST_PARAGRAPH = 25


def story(root: etree._Element, *, title: str, base: str) -> Story | None:
    """Return the story of a page, whose title is known; None where no text stands out."""
    best = max(_candidates(root), key=_letters, default=None)
    if best is None or _letters(best) < _SHORTEST:
        return None
    parts, picture = [], None
    for passage in seen([best], base=base):
        if passage.picture is not None:
            picture = picture or passage.picture
        elif (caption := entries.caption_of(passage)) is not None:
            picture = picture and entries.with_caption(picture, caption)
        elif _is_text(passage, title):
            parts.append(entries.line_of(passage))
    if not parts:
        return None
    return Story(title=title, published_on=None, raw="\n\n".join(parts), picture=picture)


def _candidates(root: etree._Element) -> Iterator[etree._Element]:
    said = root.xpath(_SAYS_TEXT)
    if said:
        yield from said
        return
    # Old pages: the element that holds most paragraphs of its own.
    seen = set()
    for paragraph in root.iter("p"):
        around = paragraph.getparent()
        if around is not None and around not in seen:
            seen.add(around)
            yield around


def _letters(element: etree._Element) -> int:
    """Return the letters of the paragraphs right in an element, or right below it."""
    own = [child for child in element if child.tag in _PARAGRAPHS]
    inner = [grand for child in element if child.tag in ("div", "section") for grand in child
             if grand.tag in _PARAGRAPHS]  # fmt: skip
    return sum(len("".join(one.itertext())) for one in (*own, *inner))


def _is_text(passage: Passage, title: str) -> bool:
    text = tidying.line(passage.text)
    if text.casefold() == title.casefold() or (passage.is_link and not passage.is_list_item):
        return False
    if passage.level:
        return passage.level > 1
    is_dated = bool(passage.times) and len(text) < 2 * _SHORTEST_PARAGRAPH
    return not is_dated and (passage.is_list_item or len(text) >= _SHORTEST_PARAGRAPH)
