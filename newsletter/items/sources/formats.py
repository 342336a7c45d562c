"""Tell the formats of sources apart by their content."""

from __future__ import annotations

import enum
import re

from newsletter.errors import SourceError


class Format(enum.Enum):
    """How a source is written."""

    #: A page marked and copied as text.
    TEXT = "text"
    #: A page as it was saved, or fetched.
    HTML = "html"
    #: RSS or Atom.
    FEED = "feed"


#: What may stand before the first element.
_PROLOGUE = re.compile(
    r"\s*(?:<\?.{0,2000}?\?>|<!--.{0,20000}?-->|<!doctype\b[^<>\[]{0,2000}(?:\[.{0,20000}?\]\s*)?>)",
    re.DOTALL | re.IGNORECASE,
)
_FIRST = re.compile(r"\s*<(?P<name>!doctype|[a-z][a-z0-9:]*)\b", re.IGNORECASE)
_FEEDS = re.compile(r"(?:rss|feed|rdf:rdf|channel)|\w+:feed", re.IGNORECASE)
_HTML = frozenset(
    (
        "html", "head", "body", "div", "main", "article", "section", "header", "nav", "ul",
        "ol", "li", "dl", "p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "span", "a", "img",
        "form", "script", "style", "meta", "link", "title", "base", "center", "font", "b",
        "strong", "em", "i", "!doctype"
    )
)  # fmt: skip
#: "Web page, single file": the page and all its pictures as one mail.
_ARCHIVE = re.compile(r"(?:.{0,200}\r?\n){0,8}?Content-Type:\s*multipart/related", re.IGNORECASE)


def recognised(text: str) -> Format:
    """Return the format of a source.

    Raises SourceError: it is one of the kinds of file that a browser saves and we cannot read.

    >>> recognised("<?xml version='1.0'?><!-- x --><rss version='2.0'>")
    <Format.FEED: 'feed'>
    >>> recognised("Nyheter och aktuellt")
    <Format.TEXT: 'text'>
    """
    at = 0
    while prologue := _PROLOGUE.match(text, at):
        is_html = (
            "html" in prologue.group()[:60].lower() and "doctype" in prologue.group()[:40].lower()
        )
        if is_html:
            return Format.HTML
        at = prologue.end()
    first = _FIRST.match(text, at)
    name = first["name"].lower() if first else ""
    if _FEEDS.fullmatch(name):
        return Format.FEED
    if name in _HTML:
        return Format.HTML
    if at and name:
        raise SourceError(
            "This is XML, but no RSS or Atom feed. Nothing was stored. Import the page with the "
            "news, or the address of its feed."
        )
    if _ARCHIVE.match(text):
        raise SourceError(
            "This is a web page saved as a single file, pictures and all. Nothing was stored. "
            "Save it once more and choose “Web page, HTML only”."
        )
    return Format.TEXT
