"""See HTML as a reader does: passages of text in order, with their links, dates and pictures.

Markup is untrusted: nothing of it is kept but words, addresses of http pages, and what pictures
say of themselves. Trees are walked without recursion, so that no nesting is too deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from lxml import etree

from newsletter.items.drafts import PictureDraft
from newsletter.items.sources import tidying
from newsletter.items.sources.markup import web_address

_INLINE = frozenset(
    (
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "cite", "code", "data", "dfn",
        "em", "font", "i", "img", "ins", "kbd", "mark", "picture", "q", "s", "samp", "small",
        "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"
    )
)  # fmt: skip
#: Inline elements that pages show as lines of their own say so in their class.
_LINE_OF_ITS_OWN = re.compile(
    r"(?:^|[\s_-])(?:date|datum|title|rubrik|heading|headline|category|kategori|byline|ingress|preamble|"
    r"excerpt|summary|puff|credit|fotograf)(?:$|[\s_-])",
    re.IGNORECASE,
)
_TITLED = re.compile(r"(?:^|[\s_-])(?:title|rubrik|heading|headline)(?:$|[\s_-])", re.IGNORECASE)
_MARKING = frozenset(("a", "time", "strong", "b"))
_BLANKS = re.compile(r"\s+")
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
#: Pixels; smaller pictures are signs and counters.
_SMALLEST_PICTURE = 60


@dataclass(slots=True, kw_only=True)
class Passage:
    """One paragraph, heading, list item or line, as it is seen."""

    text: str = ""
    #: 1 to 6; 0: no heading.
    level: int = 0
    #: Line of the source, from 1.
    line: int = 0
    is_list_item: bool = False
    in_caption: bool = False
    language: str = ""
    #: The machine-readable dates of <time>, and the words they stand on.
    times: list[tuple[str, str]] = field(default_factory=list)
    #: Addresses of its links and their words, in order; only http and https.
    links: list[tuple[str, str]] = field(default_factory=list)
    #: Bold words it begins with.
    bold_start: str = ""
    #: Its class says that it is a title.
    is_titled: bool = False
    picture: PictureDraft | None = None

    @property
    def is_link(self) -> bool:
        """All of it is one link."""
        return len(self.links) == 1 and tidying.line(self.links[0][1]) == tidying.line(self.text)


def seen(elements: Iterable[etree._Element], *, base: str) -> list[Passage]:
    """Return what a reader sees of some elements, in order."""
    found: list[Passage] = []
    for element in elements:
        _Walk(found, element, base).run()
    return [passage for passage in found if passage.picture or tidying.line(passage.text)]


class _Walk:
    """One walk over a tree; text gathers in a passage until a block begins or ends."""

    def __init__(self, found: list[Passage], top: etree._Element, base: str) -> None:
        self._found = found
        self._top = top
        self._base = base
        self._open = Passage()
        #: The blocks around this place, the innermost last.
        self._blocks: list[etree._Element] = []
        #: Links, dates and bold words around this place, with what they say.
        self._marked: list[tuple[etree._Element, list[str]]] = []
        self._captions = 0

    def run(self) -> None:
        """Take in the element and all that is in it."""
        for event, element in etree.iterwalk(self._top, events=("start", "end")):
            if event == "start":
                self._start(element)
            else:
                self._end(element)
                if element is not self._top:
                    self._say(element.tail)
        self._flush()

    def _start(self, element: etree._Element) -> None:
        tag = _tag(element)
        self._captions += tag == "figcaption"
        if is_block(element):
            self._flush()
            self._blocks.append(element)
            self._begin(element)
        if tag in _MARKING:
            self._marked.append((element, []))
        if tag == "br":
            self._say("\n")
        if tag == "img":
            self._picture(element)
        self._say(element.text)

    def _end(self, element: etree._Element) -> None:
        tag = _tag(element)
        self._captions -= tag == "figcaption"
        if self._marked and self._marked[-1][0] is element:
            self._mark(*self._marked.pop())
        if self._blocks and self._blocks[-1] is element:
            self._flush()
            self._blocks.pop()
            if self._blocks:
                self._begin(self._blocks[-1])

    def _mark(self, element: etree._Element, said: list[str]) -> None:
        words = "".join(said)
        if not tidying.line(words):
            return
        if _tag(element) == "time":
            self._open.times.append((element.get("datetime") or "", words))
        elif _tag(element) == "a":
            if href := web_address(element.get("href") or "", self._base):
                self._open.links.append((href, words))
        elif self._open.text.lstrip().startswith(words.lstrip()):
            self._open.bold_start = words

    def _say(self, text: str | None) -> None:
        if text:
            plain = text if text == "\n" else _BLANKS.sub(" ", text)
            self._open.text += plain
            for _, words in self._marked:
                words.append(plain)

    def _begin(self, block: etree._Element) -> None:
        self._open = Passage(
            level=next((_HEADINGS[_tag(e)] for e in self._blocks if _tag(e) in _HEADINGS), 0),
            line=block.sourceline or 0,
            is_list_item=_tag(block) == "li" and block is not self._top,
            is_titled=any(_TITLED.search(e.get("class") or "") for e in self._blocks[1:]),
            in_caption=self._captions > 0,
            language=_language(block),
        )

    def _flush(self) -> None:
        # What stands around several blocks is a mark of each.
        for element, words in self._marked:
            self._mark(element, words)
            words.clear()
        self._found.append(self._open)
        self._open = Passage(line=self._open.line)

    def _picture(self, image: etree._Element) -> None:
        source = image.get("src") or ""
        if not source or source.startswith("data:"):
            source = image.get("data-src") or image.get("data-lazy-src") or ""
        url = web_address(source, self._base) if source else ""
        if not url or any(
            _pixels(image.get(side)) < _SMALLEST_PICTURE for side in ("width", "height")
        ):
            return
        alt = tidying.line(image.get("alt") or "")
        links_around = (e.get("href") or "" for e, _ in self._marked if _tag(e) == "a")
        hrefs = (web_address(href, self._base) for href in links_around)
        self._found.append(
            Passage(
                picture=PictureDraft(url=url, alt=alt),
                links=[(href, "") for href in hrefs if href],
                line=self._open.line,
            )
        )


def is_block(element: etree._Element) -> bool:
    """Say whether an element stands on lines of its own."""
    if _tag(element) not in _INLINE:
        return True
    return _tag(element) not in ("br", "img", "time") and bool(
        _LINE_OF_ITS_OWN.search(element.get("class") or "")
    )


def _tag(element: etree._Element) -> str:
    return element.tag.lower() if isinstance(element.tag, str) else ""


def _language(element: etree._Element) -> str:
    while element is not None:
        code = element.get("lang") or element.get("{http://www.w3.org/XML/1998/namespace}lang")
        if code:
            return str(code).lower()
        element = element.getparent()
    return ""


def _pixels(size: str | None) -> float:
    digits = re.match(r"\s*(\d{1,6})\s*(?:px)?\s*$", size or "")
    return int(digits[1]) if digits else float("inf")
