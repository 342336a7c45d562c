"""Read what a feed says of its pictures (Media RSS 1.5.1): feedparser takes captions for texts."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from lxml import etree

from newsletter.items.drafts import PictureDraft
from newsletter.items.sources import markup, tidying
from newsletter.items.sources.credits import credit_in

#: With and without a slash at its end; both are in use.
_MEDIA = re.compile(r"\{http://search\.yahoo\.com/mrss/?\}(\w+)")
#: Names that HTML knows and XML does not: a parser would leave the letters out.
_NAMED = re.compile(r"&(?!amp;|lt;|gt;|quot;|apos;)[A-Za-z]\w*;")


def described(text: str) -> dict[str, PictureDraft]:
    """Return what a feed says of each picture beside its texts, by the address it stands under.

    XML that breaks is read as far as it can be.
    """
    parser = etree.XMLParser(
        encoding="utf-8", recover=True, resolve_entities=False, no_network=True, load_dtd=False
    )
    whole = _NAMED.sub(lambda name: html.unescape(name[0]), text).encode("utf-8", "replace")
    try:
        root = etree.fromstring(whole, parser)
    except etree.XMLSyntaxError:
        return {}
    found: dict[str, PictureDraft] = {}
    for element in root.iter(etree.Element) if root is not None else ():
        address = element.get("url") or element.get("href") or ""
        if address and _is_medium(element):
            found.setdefault(address, _described(element, address))
    return found


def _is_medium(element: etree._Element) -> bool:
    is_enclosed = element.tag == "enclosure" or element.get("rel") == "enclosure"
    return is_enclosed or _name(element) in ("content", "thumbnail")


def _described(element: etree._Element, address: str) -> PictureDraft:
    name, rest = credit_in(_said(element, "credit"))
    if _name(element) == "thumbnail":
        # What is said beside it is said of what it stands for, a film perhaps.
        return PictureDraft(url=address, credit=name or rest)
    return PictureDraft(
        url=address,
        alt=_said(element, "title"),
        caption=_said(element, "description"),
        credit=name or rest,
    )


def _said(element: etree._Element, name: str) -> str:
    """Return what is said of a picture in it, else around it: in its group, in its entry."""
    for place in (element, *_around(element)):
        said = [child for child in place if _name(child) == name]
        # Who took it comes before who owns it.
        said.sort(key=lambda child: child.get("role") != "photographer")
        for child in said:
            if words := plain("".join(child.itertext())):
                return words
    return ""


def _around(element: etree._Element) -> Iterator[etree._Element]:
    for ancestor in element.iterancestors():
        yield ancestor
        if _name(ancestor) != "group":
            return


def plain(told: str) -> str:
    """Return what may be HTML as one line of words."""
    content = markup.parsed(f"<div>{told}</div>") if told.strip() else None
    return tidying.line("".join(content.root.itertext())) if content else ""


def _name(element: etree._Element) -> str:
    """Return the name of an element of Media RSS; empty: it is of something else."""
    found = _MEDIA.fullmatch(element.tag) if isinstance(element.tag, str) else None
    return found[1] if found else ""
