"""Write the Atom feed (RFC 4287) of what has been published: whole issues, nothing about readers.

Pure. The id of an entry is `content.announcement_id`: where the feed is read into the page that
the next issue is made from, the importer knows by it that this is our own newsletter.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from newsletter.archive.issues import WebVersion
from newsletter.content import announcement_id

MEDIA_TYPE = "application/atom+xml"
_ATOM = "http://www.w3.org/2005/Atom"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# What XML 1.0 has no way of writing (2.2), and the line end that it reads as another (2.11).
_UNWRITABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def atom(
    issues: Sequence[WebVersion],
    *,
    title: str,
    author: str,
    language: str,
    base_url: str,
    path: str,
) -> bytes:
    """Return the feed of these issues, newest first; the same issues give the same bytes."""
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed", {_LANGUAGE: language})
    home = f"{base_url}{path}"
    feed_url = f"{home}/feed.xml"
    _add(feed, "id", feed_url)
    _add(feed, "title", title)
    _add(feed, "updated", _time(max((issue.published_at for issue in issues), default=_NEVER)))
    _link(feed, feed_url, "self", MEDIA_TYPE)
    _link(feed, home, "alternate", "text/html")
    _add(_add(feed, "author"), "name", author)
    for issue in issues:
        entry = _add(feed, "entry")
        entry.set(_LANGUAGE, issue.language)
        _add(entry, "id", announcement_id(issue.name, path=path))
        _add(entry, "title", issue.subject)
        _add(entry, "published", _time(issue.published_at))
        _add(entry, "updated", _time(issue.published_at))
        _link(entry, f"{home}/{issue.name}", "alternate", "text/html")
        if issue.preheader:
            _add(entry, "summary", issue.preheader)
        _add(entry, "content", issue.feed_entry).set("type", "html")
    # One element on a line, or a feed is one line of two hundred thousand characters.
    ET.indent(feed)
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


#: What a feed without entries says of its age.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def _add(parent: ET.Element, name: str, text: str = "") -> ET.Element:
    element = ET.SubElement(parent, f"{{{_ATOM}}}{name}")
    if text:
        element.text = _UNWRITABLE.sub("", text)
    return element


def _link(parent: ET.Element, url: str, relation: str, media_type: str) -> None:
    _add(parent, "link").attrib.update(href=url, rel=relation, type=media_type)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
