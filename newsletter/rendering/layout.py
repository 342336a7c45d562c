"""Turn checked MJML into HTML with mrml, writing it so that the renderer cannot spoil it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree
from mjml import mjml2html

from newsletter.rendering.filling import mistake
from newsletter.rendering.lint import parsed
from newsletter.rendering.mjml_rules import VOID_TAGS
from subscribers.wording import Sentence

_BLANKS = re.compile(r"[ \t\r\n]+")
_PLAIN = re.compile(r"[^A-Za-z0-9 ./:;,#%?=+_()!*@~$-]")


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A page as tables, its styles still apart."""

    html: str
    #: What is to be written onto the elements themselves.
    inline_css: str


def laid_out(markup: str, template: str) -> LaidOut:
    """Return filled MJML as an HTML page.

    Raises RenderingError: there is a mistake in the MJML, told by template and line.
    """
    root = parsed(markup, template)
    # mrml leaves <mj-style inline="inline"> among the other sheets; inlining is ours to do.
    inline = root.findall("./mj-head/mj-style[@inline]")
    inline_css = "\n".join(style.text or "" for style in inline)
    for style in inline:
        style.getparent().remove(style)
    try:
        # fonts: the default ones are fetched from Google. Social icons would come from Mailjet.
        html = mjml2html(written(root), fonts={}, social_icon_origin="none")
    except ValueError as error:
        raise mistake(
            template, 0, Sentence("It is not well-formed: {cause}.", cause=str(error))
        ) from error
    return LaidOut(html, inline_css)


def written(element: etree._Element) -> str:
    r"""Return a tree as the MJML text that survives the renderer.

    mrml prints attributes (and the title, which becomes one) the way Rust shows strings to
    programmers: a hard blank comes out as `\u{a0}`, a quote as `\"`. Numeric entities pass.

    >>> written(etree.fromstring('<mj-image alt="10&#160;000 &quot;kr&quot;" />'))
    '<mj-image alt="10&#160;000 &#34;kr&#34;" />'
    """
    attributes = "".join(f' {name}="{_entities(value)}"' for name, value in element.attrib.items())
    start = f"<{element.tag}{attributes}"
    if element.tag == "mj-style":
        return f"{start}>{element.text or ''}</mj-style>"
    inside = _text(element.tag, element.text) + "".join(
        written(child) + _text(element.tag, child.tail) for child in element
    )
    if not inside and (element.tag in VOID_TAGS or element.tag.startswith("mj-")):
        return f"{start} />"
    return f"{start}>{inside}</{element.tag}>"


def _text(tag: str, text: str | None) -> str:
    # Line breaks and indents of the template would only make the mail longer.
    text = _BLANKS.sub(" ", text or "")
    if tag == "mj-title":
        return _entities(text.strip())
    if (not text.strip() and tag.startswith("mj-")) or tag == "mjml":
        return ""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _entities(text: str) -> str:
    return _PLAIN.sub(lambda found: f"&#{ord(found[0])};", text)
