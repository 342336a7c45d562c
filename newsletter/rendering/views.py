"""A mail as different programs show it: what they throw away, and what they turn round.

For previews and tests. Each takes a whole mail and returns a page that any browser shows so.
"""

from __future__ import annotations

import html as markup
import re

import lxml.html
from lxml import etree

_NIGHT = "@media (prefers-color-scheme: dark)"
_INVERTED = (
    "<style>html { filter: invert(1) hue-rotate(180deg); background: #fff; } "
    "img { filter: invert(1) hue-rotate(180deg); }</style></head>"
)


def by_day(html: str) -> str:
    """Return a mail in its light colours, whatever the machine it is looked at on prefers."""
    return _without_colour_scheme(html).replace(_NIGHT, "@media not all")


def by_night(html: str) -> str:
    """Return a mail in its dark colours, as Apple Mail and Outlook for Mac show it at night."""
    return _without_colour_scheme(html).replace(_NIGHT, "@media all")


def inverted(html: str) -> str:
    """Return a mail with its colours turned round, as Gmail's apps do at night by themselves."""
    return by_day(html).replace("</head>", _INVERTED, 1)


def without_pictures(html: str) -> str:
    """Return a mail as programs show it that fetch pictures only on request."""
    return re.sub(r'(<img\b[^>]*?\ssrc=")[^"]*"', r'\1data:,"', html)


def without_sheets(html: str) -> str:
    """Return a mail as Gmail's apps show it to accounts of others: no style sheet is read."""
    return re.sub(r"<style\b.*?</style>", "", html, flags=re.DOTALL)


def in_a_web_page(html: str, *, language: str = "en") -> str:
    """Return a mail in the page of a webmail, which keeps nothing but the body's children.

    `language` is that of the page around it. Style sheets are taken along, as Gmail does.
    """
    root = lxml.html.document_fromstring(html)
    sheets = "".join(
        etree.tostring(e, encoding="unicode", method="html") for e in root.iter("style")
    )
    body = root.find("body")
    inside = markup.escape(body.text or "") + "".join(
        etree.tostring(child, encoding="unicode", method="html") for child in body
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><title>Mail</title>{sheets}</head>'
        f"<body><div>{inside}</div></body></html>\n"
    )


def _without_colour_scheme(html: str) -> str:
    # Else a browser at night darkens what has no colour of its own, by day too.
    return html.replace("color-scheme: light dark;", "")
