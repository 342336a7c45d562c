"""Markdown in an editorial: paragraphs, lists, emphasis and links; everything else is text.

The only door to markdown-it. What is not in the subset is never parsed (its preset "zero", and the
rules named here), and no HTML of its making is used: tags are written here, around escaped text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from newsletter.foreign_passages import marked_up
from newsletter.rendering.links import link

_RULES = ("list", "emphasis", "link", "newline", "escape")
#: Deeper lists stay text: no reader follows them, and hostile ones cost time.
_DEEPEST = 8
_LISTS: dict[str, Literal["ul", "ol"]] = {"bullet_list_open": "ul", "ordered_list_open": "ol"}
_BREAK = Markup("<br />")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or a list with its items; an item of a list within a list is one of them."""

    tag: Literal["p", "ul", "ol"]
    #: As HTML: of a paragraph there is one.
    html: list[Markup]
    #: The same for plain text: addresses stand after the words they belong to.
    plain: list[str]


@dataclass(frozen=True, slots=True)
class Linked:
    """Words that lead somewhere."""

    words: str
    url: str


def blocks(text: str) -> list[Block]:
    r"""Return a text in parts, in the order they stand.

    >>> [block.html for block in blocks("Vi *möts* [här](https://example.org/):\n\n- <b>")]
    [[Markup('Vi <em>möts</em> <a href="https://example.org/">här</a>:')], [Markup('&lt;b&gt;')]]
    """
    found: list[Block] = []
    depth = 0
    starts_item = False
    for token in _parser().parse(text):
        if token.type in _LISTS:
            depth += 1
            if depth == 1:
                found.append(Block(_LISTS[token.type], [], []))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
        elif token.type == "list_item_open":
            starts_item = True
        elif token.type == "inline":
            children = token.children or []
            html, plain = _html(children), _plain(children)
            if not depth:
                found.append(Block("p", [html], [plain]))
            elif starts_item or not found[-1].html:
                found[-1].html.append(html)
                found[-1].plain.append(plain)
            else:
                # Another paragraph of the same item.
                found[-1].html[-1] += _BREAK + html
                found[-1].plain[-1] += f"\n{plain}"
            starts_item = False
    return [block for block in found if block.html]


def links(text: str) -> list[Linked]:
    """Return the links of a text, in the order they stand."""
    return [
        found
        for token in _parser().parse(text)
        if token.type == "inline"
        for found in _links(token.children or [])
    ]


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"maxNesting": _DEEPEST}).enable(_RULES)
    # A link that leads nowhere good is no link: what was typed stays to be seen.
    parser.validateLink = lambda url: link(url) is not None  # type: ignore[method-assign]
    parser.normalizeLink = lambda url: link(url) or url  # type: ignore[method-assign]
    return parser


def _html(tokens: Sequence[Token]) -> Markup:
    """Return inline tokens as HTML; of a kind not known here only their words are left."""
    parts: list[Markup] = []
    for token in tokens:
        match token.type:
            case "text" | "text_special":
                parts.append(marked_up(token.content))
            case "softbreak" | "hardbreak":
                parts.append(_BREAK)
            case "link_open":
                parts.append(Markup('<a href="{}">').format(token.attrs["href"]))
            case "em_open" | "strong_open":
                parts.append(Markup("<{}>").format(token.tag))
            case "em_close" | "strong_close" | "link_close":
                parts.append(Markup("</{}>").format(token.tag))
            case _:
                parts.append(Markup.escape(token.content))
    return Markup().join(parts)


def _plain(tokens: Sequence[Token]) -> str:
    parts: list[str] = []
    url = ""
    for token in tokens:
        if token.type == "link_open":
            url = str(token.attrs["href"])
        elif token.type == "link_close":
            # An address that is its own words is said once.
            if not "".join(parts).endswith(url):
                parts.append(f" ({url.removeprefix('mailto:')})")
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        else:
            parts.append(token.content)
    return "".join(parts)


def _links(tokens: Sequence[Token]) -> Iterator[Linked]:
    words: list[str] = []
    url = ""
    for token in tokens:
        if token.type == "link_open":
            words, url = [], str(token.attrs["href"])
        elif token.type == "link_close":
            yield Linked("".join(words), url)
        else:
            words.append(token.content)
