"""Finish a page: what the layout renderer leaves wrong for readers, mended in one pass."""

from __future__ import annotations

import re

import lxml.html
from lxml import etree

_DOCTYPE = "<!DOCTYPE html>"
# Not white on white, which filters take for a trick, and no colour to be inverted at night.
_HIDDEN = (
    "display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;"
    "mso-hide:all;"
)
_FRACTION = re.compile(r"([0-9]+)\.[0-9]+")


def finished(html: str, *, language: str, direction: str) -> str:
    """Return the page as it is sent.

    `language` and `direction` ("ltr", "rtl") go onto every child of the body: mail programs take
    only those into their own page.
    """
    root = lxml.html.document_fromstring(html)
    body = root.find("body")
    for child in body.iterchildren("*"):
        if "display:none" in child.get("style", ""):
            child.set("style", _HIDDEN)
        child.set("lang", language)
        child.set("dir", direction)
    with_headings = {next(heading.iterancestors("table")) for heading in body.iter("th")}
    for table in body.iter("table"):
        if table not in with_headings:
            table.set("role", "presentation")
    for element in body.iter("*"):
        _mend(element)
    for element in body.xpath(".//span[@class='by-night']"):
        # Word shows pictures that are not to be displayed.
        element.addprevious(etree.Comment("[if !mso]><!"))
        element.addnext(etree.Comment("<![endif]"))
    return f"{_DOCTYPE}\n{etree.tostring(root, encoding='unicode', method='html')}\n"


def _mend(element: lxml.html.HtmlElement) -> None:
    for name in ("width", "height"):
        # mrml divides: width="161.2" is no HTML.
        if element.get(name):
            element.set(name, _FRACTION.sub(r"\1", element.get(name)))
    if element.tag == "img":
        # A fixed height would squeeze the picture on a narrow screen.
        style = re.sub(r"(?<!-)height:[0-9]+px", "height:auto", element.get("style", ""), count=1)
        element.set("style", style)
    # In a mail every link opens outside; the attribute makes some programs warn.
    element.attrib.pop("target", None)
    # No HTML: mrml leaves it on the cell of a button.
    element.attrib.pop("vertical-align", None)
