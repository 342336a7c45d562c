"""What our mails use and what mail programs support, by the data of caniemail.com.

Whatever a program of our readers does not support is written down in `FALLBACKS`, with what its
readers get instead; anything else is a failure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import lxml.html
from lxml import etree

from tests.golden_mails import golden_mails
from tests.tools import CANIEMAIL, needs_file

pytestmark = needs_file(CANIEMAIL)

#: The programs we promise something for; of each, the newest version in the data.
PROGRAMS = {
    "apple-mail": ("macos", "ios"),
    "gmail": ("desktop-webmail", "ios", "android", "mobile-webmail"),
    "outlook": ("windows", "outlook-com", "macos", "ios", "android"),
    "samsung-email": ("android",),
    "thunderbird": ("macos",),
    "yahoo": ("desktop-webmail", "ios", "android"),
}

#: What readers get where something is not supported.
FALLBACKS = {
    "css-at-media": "the sizes and distances of a computer, in one column that narrows by itself",
    "css-at-media-prefers-color-scheme": "the light colours, or what the program makes of them",
    "css-border-radius": "a button with square corners",
    "css-border-spacing": "nothing else: every table says cellspacing=0",
    "css-color-scheme": "the light colours, or what the program makes of them",
    "css-cursor": "the usual pointer over a button",
    "css-display-none": "the preheader is hidden by its height, its size and mso-hide as well",
    "css-height": "nothing else: no height is needed to read, and pictures have an attribute",
    "css-max-height": "the preheader is hidden by display and mso-hide as well",
    "css-opacity": "the preheader is hidden by display and mso-hide as well",
    "css-outline": "the frame a linked picture would have; none of ours is linked",
    "css-overflow": "the preheader is hidden by display and mso-hide as well",
    "css-overflow-wrap": "word-break on the cell around it, which is older",
    "css-selector-attribute": "only rules for Outlook's own night have one",
    "css-text-wrap": "headings whose last line may hold a single word",
    "css-white-space": "a date that may be broken between the lines",
    "css-word-break": "overflow-wrap on the text itself, which is newer",
    "css-word-spacing": "nothing else: it is set to what is usual",
    "html-aria-label": "the name of the letter is its first heading too",
    "html-body": "the colours of the page stand on the element below it as well",
    "html-doctype": "nothing else: the letter is laid out in tables, alike in every mode",
    "html-meta-color-scheme": "the light colours, or what the program makes of them",
    "html-style": "everything essential stands on the elements themselves",
}

#: What the data says nothing about, because everything or only one program knows it.
OUTSIDE_THE_DATA = re.compile(r"color|supported-color-schemes|-(ms|webkit)-.*|mso-.*")


def test_whatever_a_program_does_not_support_has_a_fallback() -> None:
    used = set().union(*(features_of(mail.html) for mail in golden_mails()))

    lacking = {slug: programs for slug in used if (programs := without(slug))}

    assert {slug: lacking[slug] for slug in set(lacking) - set(FALLBACKS)} == {}


def test_no_fallback_is_left_for_what_is_supported_or_not_used() -> None:
    used = set().union(*(features_of(mail.html) for mail in golden_mails()))

    assert [slug for slug in FALLBACKS if slug not in used or not without(slug)] == []


@cache
def features() -> dict[str, Any]:
    data = json.loads(CANIEMAIL.read_text(encoding="utf-8"))["data"]
    return {feature["slug"]: feature for feature in data}


def without(slug: str) -> list[str]:
    """Return the programs that do not support a feature."""
    stats = features()[slug]["stats"]
    return [
        f"{family} {platform}"
        for family, platforms in PROGRAMS.items()
        for platform in platforms
        if newest(stats.get(family, {}).get(platform, {})).startswith("n")
    ]


def newest(versions: dict[str, str]) -> str:
    """Return what the newest version does: "y", "n #1", "a #2"; "u" where nobody looked."""
    if not versions:
        return "u"
    return versions[
        max(versions, key=lambda version: [int(n) for n in re.findall(r"\d+", version)])
    ]


def features_of(html: str) -> set[str]:
    """Return what a mail uses, as the data calls it."""
    root = lxml.html.document_fromstring(html)
    named = {"html-doctype", "html-comments"}
    for sheet in root.iter("style"):
        named.update(in_sheet(sheet.text or ""))
    for element in root.iter(etree.Element):
        named.update(in_element(element))
    return named & set(features())


def in_element(element: lxml.html.HtmlElement) -> Iterator[str]:
    yield f"html-{element.tag}"
    if re.fullmatch(r"h[1-6]", element.tag):
        yield "html-h1-h6"
    if element.tag in ("ul", "ol", "li"):
        yield "html-lists"
    for name, value in element.attrib.items():
        yield f"html-{name}"
        if value.startswith("mailto:"):
            yield "html-mailto-links"
        if (name, value) == ("name", "color-scheme"):
            yield "html-meta-color-scheme"
        if name == "style":
            yield from in_declarations(value)


def in_sheet(css: str) -> Iterator[str]:
    yield from (f"css-at-{name}" for name in re.findall(r"@([\w-]+)", css))
    if "prefers-color-scheme" in css:
        yield "css-at-media-prefers-color-scheme"
    for selectors, declarations in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        if "[" in selectors:
            yield "css-selector-attribute"
        yield from (f"css-pseudo-class-{name}" for name in re.findall(r":([\w-]+)", selectors))
        yield from in_declarations(declarations)


def in_declarations(css: str) -> Iterator[str]:
    for declaration in filter(str.strip, css.split(";")):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        yield in_data(name)
        if name == "display":
            yield f"css-display-{value}"
        if "!important" in value:
            yield "css-important"
        units = {"%": "percent"}
        yield from (
            f"css-unit-{units.get(unit, unit)}" for unit in re.findall(r"\d(%|[a-z]+)\b", value)
        )


def in_data(name: str) -> str:
    """Return what the data calls a property: padding-top is told with padding."""
    if OUTSIDE_THE_DATA.fullmatch(name):
        return ""
    shorter = name
    while f"css-{shorter}" not in features():
        shorter, hyphen, _ = shorter.rpartition("-")
        assert hyphen, f"the data says nothing about {name}"
    return f"css-{shorter}"
