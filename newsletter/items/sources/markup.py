"""See HTML as a reader does: passages of text in order, with their links, dates and pictures.

Markup is untrusted: nothing of it is kept but words, addresses of http pages, and what pictures
say of themselves. Trees are walked without recursion, so that no nesting is too deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import urljoin

from lxml import etree

from newsletter.errors import UsageError
from newsletter.items import links
from newsletter.items.drafts import PictureDraft
from newsletter.items.sources import hidden_addresses, tidying
from newsletter.items.sources.limits import MOST_ELEMENTS, too_long

#: What readers do not see, or what belongs to the page and not to its news.
_DROPPED = frozenset(
    (
        "audio", "button", "canvas", "datalist", "dialog", "frameset", "iframe",
        "label", "map", "math", "meter", "nav", "noscript", "object", "option", "output",
        "progress", "script", "select", "style", "svg", "template", "textarea", "title",
        "video",
    )
)  # fmt: skip
#: Around the news, unless inside one of them.
_AROUND = frozenset(("header", "footer", "aside"))
_INSIDE = ("article", "li", "main")
#: What older pages call the same.
_AROUND_NAMES = frozenset(
    ("footer", "sidfot", "menu", "meny", "nav", "navigation", "breadcrumb", "breadcrumbs")
)
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
_UNSEEN_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_CONSENT = re.compile(r"(?:cookie|consent|kakor)", re.IGNORECASE)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
#: Scripts that write a hidden address, or ask a service for one.
_HIDING = re.compile(r"mail|crypt", re.IGNORECASE)
#: Pixels; smaller pictures are signs and counters.
_SMALLEST_PICTURE = 60
_CREDIT = re.compile(
    r"(?:(?:foto(?:graf)?|bild|photo(?:grapher)?|illustration)\s*:|©|\(c\))\s*(?P<name>[^|\n]{2,100})",
    re.IGNORECASE,
)


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


@dataclass(frozen=True, slots=True)
class Markup:
    """What is left of a page when everything but its content is taken out."""

    root: etree._Element
    #: Links and texts that hid an address, taken out with their words.
    dropped: int


def parsed(text: str) -> Markup | None:
    """Return the content of an HTML page; None where there is no element in it.

    Raises SourceError: there are far more elements than a page of news has.
    """
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True,
                              remove_pis=True)  # fmt: skip
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return None
    if root is None:
        return None
    elements = list(islice(root.iter(etree.Element), MOST_ELEMENTS + 1))
    if len(elements) > MOST_ELEMENTS:
        raise too_long()
    hiding = _blanked(root) if hidden_addresses.hides_address(text) else 0
    for element in elements[1:]:
        hides = bool(element.get("data-cfemail")) or _hides_address(element)
        hiding += hides
        if hides or element.tag in _DROPPED or _is_unseen(element) or _is_around(element):
            _take_out(element)
    return Markup(root, hiding)


def _blanked(root: etree._Element) -> int:
    """Take out the words that are moved addresses; return how many there were."""
    count = 0
    for element in root.iter(etree.Element):
        for place in ("text", "tail"):
            if hidden_addresses.hides_address(getattr(element, place) or ""):
                setattr(element, place, "")
                count += 1
    return count


def _take_out(element: etree._Element) -> None:
    """Take an element out of its tree; what follows it stays."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    tail = element.tail or ""
    parent.remove(element)
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail


def base_of(root: etree._Element, address: str) -> str:
    """Return what relative links of a page are relative to: <base>, its own or a given address."""
    base = next((href for href in root.xpath("//base/@href")), "")
    canonical = next(iter(root.xpath("//link[@rel='canonical']/@href")), "")
    own = next(iter(root.xpath("//meta[@property='og:url']/@content")), "")
    page = address or canonical or own
    return _joined(page, base) or page


def web_address(href: str, base: str) -> str:
    """Return a link as an absolute http address without tracking; empty if it is something else.

    >>> web_address("../film;jsessionid=1?utm_source=rss&id=7#top", "https://example.org/a/b/")
    'https://example.org/a/film?id=7'
    >>> web_address("javascript:void(0)", "https://example.org/")
    ''
    """
    # As browsers do: blanks inside are written out, line ends are nothing.
    url = _joined(base, re.sub(r"[\t\r\n]", "", href.strip()).replace(" ", "%20"))
    try:
        return links.untracked(links.checked(url)) if url else ""
    except (UsageError, ValueError):
        return ""


def _joined(base: str, href: str) -> str:
    try:
        url = urljoin(base, href)
    except ValueError:
        return ""
    return url if url.lower().startswith(("http://", "https://")) else ""


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


def credit_in(text: str) -> tuple[str, str]:
    """Return the photographer a caption names, and the caption without that.

    >>> credit_in("Kontoret i maj. Foto: Robin Exempel")
    ('Robin Exempel', 'Kontoret i maj.')
    """
    found = _CREDIT.search(text)
    if found is None:
        return "", tidying.line(text)
    name = tidying.line(re.sub(r"^(?:20\d\d )", "", found["name"])).rstrip(").")
    rest = f"{text[: found.start()].rstrip(' (')} {text[found.end() :].lstrip(' )')}"
    return name, tidying.line(rest)


def _tag(element: etree._Element) -> str:
    return element.tag.lower() if isinstance(element.tag, str) else ""


def _is_unseen(element: etree._Element) -> bool:
    if element.get("hidden") is not None or element.get("aria-modal") == "true":
        return True
    if _UNSEEN_STYLE.search(element.get("style") or ""):
        return True
    name = f"{element.get('id') or ''} {element.get('class') or ''}"
    return element.tag in ("div", "section", "form") and bool(_CONSENT.search(name))


def _is_around(element: etree._Element) -> bool:
    """Say whether an element is a head, foot or menu of the page, not of one of its stories."""
    if element.tag in _AROUND:
        return next(element.iterancestors(*_INSIDE), None) is None
    if element.tag not in ("div", "ul", "section"):
        return False
    names = {*(element.get("class") or "").split(), element.get("id") or ""}
    return not names.isdisjoint(_AROUND_NAMES) and element.find(".//h1") is None


def _hides_address(element: etree._Element) -> bool:
    href = (element.get("href") or "").strip()
    is_script = re.match(r"\s*javascript:", href, re.IGNORECASE) is not None
    if is_script and _HIDING.search(href):
        return True
    return bool(href) and hidden_addresses.hides_address(href)


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
