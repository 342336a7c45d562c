"""Read HTML, and take out of it everything but its content.

Markup is untrusted: scripts, frames, menus, what is hidden and what hides an address all go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urljoin

from lxml import etree

from newsletter.errors import UsageError
from newsletter.items import links
from newsletter.items.sources import hidden_addresses
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
_UNSEEN_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_CONSENT = re.compile(r"(?:cookie|consent|kakor)", re.IGNORECASE)
#: Characters that HTML lets in, and no tree takes back (XML 1.0, 2.2).
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Scripts that write a hidden address, or ask a service for one.
_HIDING = re.compile(r"mail|crypt", re.IGNORECASE)


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
    tail = _NO_XML.sub("", element.tail or "")
    parent.remove(element)
    if before is not None:
        before.tail = _NO_XML.sub("", before.tail or "") + tail
    else:
        parent.text = _NO_XML.sub("", parent.text or "") + tail


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
