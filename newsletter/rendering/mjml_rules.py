"""Which MJML we write: the tags, what may stand in them, and the form of their attributes.

The renderer (mrml) says nothing about typos: it passes unknown tags on to the reader and drops
unknown attributes. So what is not in these tables is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """What one MJML tag may carry and hold."""

    #: Attributes it may carry, parted by blanks.
    attributes: str = ""
    #: MJML tags that may stand in it.
    children: str = ""
    #: It holds text and HTML instead.
    holds_html: bool = False
    #: It holds text and no tags.
    holds_text: bool = False
    #: Attributes it must carry.
    required: str = ""


_PADDING = "padding padding-top padding-right padding-bottom padding-left"
_BORDER = "border border-top border-bottom border-radius"
_LETTERS = "color font-family font-size font-weight line-height align"
_CELL = f"{_PADDING} css-class mj-class container-background-color"
_BOX = f"{_PADDING} {_BORDER} css-class mj-class background-color"
_CONTENT = "mj-text mj-image mj-button mj-divider mj-spacer mj-raw"

RULES: Mapping[str, Rule] = {
    "mjml": Rule("lang dir", "mj-head mj-body", required="lang dir"),
    "mj-head": Rule(children="mj-title mj-preview mj-attributes mj-style mj-raw mj-breakpoint"),
    "mj-title": Rule(holds_text=True),
    "mj-preview": Rule(holds_text=True),
    "mj-style": Rule("inline", holds_text=True),
    "mj-breakpoint": Rule("width", required="width"),
    "mj-attributes": Rule(
        children=f"mj-all mj-class mj-wrapper mj-section mj-column {_CONTENT}",
    ),
    "mj-all": Rule(f"{_LETTERS} {_PADDING}"),
    "mj-class": Rule(f"name {_LETTERS} {_PADDING} {_BORDER} background-color", required="name"),
    "mj-body": Rule("width background-color css-class", "mj-section mj-wrapper mj-raw"),
    "mj-wrapper": Rule(_BOX, "mj-section mj-raw"),
    "mj-section": Rule(_BOX, "mj-column mj-raw"),
    "mj-column": Rule(f"{_BOX} width vertical-align", _CONTENT),
    "mj-raw": Rule(holds_html=True),
    "mj-text": Rule(f"{_CELL} {_LETTERS}", holds_html=True),
    "mj-button": Rule(
        f"{_CELL} {_LETTERS} background-color border border-radius href inner-padding width",
        holds_html=True,
        required="href",
    ),
    "mj-image": Rule(
        f"{_CELL} align font-size src alt width height border-radius href title",
        required="src alt width height",
    ),
    "mj-divider": Rule(f"{_CELL} border-color border-style border-width width"),
    "mj-spacer": Rule("height css-class"),
}

#: Tags the renderer knows but mail programs do not: they need inputs, scripts or other hosts.
BANNED: frozenset[str] = frozenset(
    f"mj-{name}" for name in ("accordion", "carousel", "navbar", "include", "social", "font")
)

_TAGS = (
    "a abbr b blockquote br caption code div em h1 h2 h3 h4 hr i img li meta ol p small span "
    "strong sub sup table tbody td th thead tr ul"
)
_ATTRIBUTES = (
    "align alt bgcolor border cellpadding cellspacing class colspan content dir height href "
    "id lang name role rowspan scope src start style title valign width aria-label "
    "aria-hidden aria-labelledby"
)
#: HTML that may stand in a text, and nothing else: mail programs drop the rest or fear it.
HTML_TAGS: frozenset[str] = frozenset(_TAGS.split())
HTML_ATTRIBUTES: frozenset[str] = frozenset(_ATTRIBUTES.split())
VOID_TAGS: frozenset[str] = frozenset({"br", "hr", "img", "meta"})

_COLOUR = "#[0-9A-Fa-f]{6}"
_PIXELS = "(0|[0-9]+px)"


def _forms(form: str, attributes: str) -> dict[str, re.Pattern[str]]:
    return dict.fromkeys(attributes.split(), re.compile(form))


#: The form of an attribute's value, by the attribute's name; any text where none is given.
FORMS: Mapping[str, re.Pattern[str]] = {
    **_forms(_COLOUR, "color background-color container-background-color border-color"),
    **_forms(f"{_PIXELS}( {_PIXELS}){{0,3}}", "padding inner-padding"),
    **_forms(_PIXELS, "padding-top padding-right padding-bottom padding-left border-width"),
    **_forms(_PIXELS, "font-size line-height border-radius"),
    # Whole ones: mrml prints fractions, and width="161.2" is no HTML.
    **_forms("[0-9]+(px|%)", "width height"),
    **_forms(f"none|{_PIXELS} (solid|dashed|dotted) {_COLOUR}", "border border-top border-bottom"),
    **_forms("left|right|center", "align"),
    **_forms("top|middle|bottom", "vertical-align"),
    **_forms("ltr|rtl", "dir"),
    **_forms("[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", "lang"),
    **_forms("inline", "inline"),
}
