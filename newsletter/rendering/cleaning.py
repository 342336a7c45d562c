"""Clean the words of an issue before any template meets them.

What people paste holds characters nobody can see. Those that XML, mail or a reader's program
cannot stand are dropped; text that could pass for a slot, and links that are none, are refused.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any, TypeVar
from urllib.parse import urlsplit

from newsletter.content import SLOTS, EventContent, IssueContent, StoryContent
from newsletter.errors import RenderingError
from newsletter.rendering import markdown
from newsletter.rendering.links import link

_PARAGRAPH_ENDS = re.compile("\N{PARAGRAPH SEPARATOR}")
_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\N{LINE SEPARATOR}]")
# C0 and C1 controls (Gmail clips a mail at some of them), halves of surrogate pairs, and
# what is no character at all.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff"
    + "".join(chr(plane * 0x10000 + end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
#: What may stand inside a word without being seen: soft hyphen, zero-width and joiners.
_HIDDEN_IN_WORDS = re.compile("[\u00ad\u034f\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f]")
#: A text that looks like an address: "https://www.example.org/x", "www.example.org".
_HOST_IN_WORDS = re.compile(r"(?i)(?:https?://|\b(?=www\.))([\w-]+(?:\.[\w-]+)+)")
_Value = TypeVar("_Value")
_Linked = TypeVar("_Linked", StoryContent, EventContent)


def cleaned(content: IssueContent) -> IssueContent:
    """Return the issue with unseen characters dropped and line ends as newlines.

    Raises RenderingError: a text holds a reserved word, a story or event has no title, or a link
    is not an address, or not the one its words say.
    """
    content = _cleaned(content)
    for linked in markdown.links(content.editorial):
        _see_that_it_says_where(linked.words, linked.url, title=linked.words)
    sections = tuple(
        dataclasses.replace(section, stories=tuple(map(_sound, section.stories)))
        for section in content.sections
    )
    return dataclasses.replace(
        content, sections=sections, calendar=tuple(map(_sound, content.calendar))
    )


def without_controls(text: str) -> str:
    r"""Return a text that XML and mail can carry; every kind of line end becomes a newline.

    >>> without_controls("ett\r\ntvå\x00")
    'ett\ntvå'
    """
    text = _LINE_ENDS.sub("\n", _PARAGRAPH_ENDS.sub("\n\n", text))
    return _UNSEEN.sub("", text)


def _cleaned(value: _Value) -> _Value:
    clean: Any = value
    if isinstance(value, str):
        clean = without_controls(value)
        _refuse_slots(clean)
    elif isinstance(value, tuple):
        clean = tuple(_cleaned(part) for part in value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {
            field.name: _cleaned(getattr(value, field.name)) for field in dataclasses.fields(value)
        }
        clean = dataclasses.replace(value, **changes)
    return clean  # type: ignore[no-any-return]


def _refuse_slots(text: str) -> None:
    # Sending puts a reader's address and token wherever a slot stands: one that an editor, or a
    # page we imported, had typed would carry them to a place of their choosing.
    bare = _HIDDEN_IN_WORDS.sub("", text)
    for slot in SLOTS:
        if slot in bare:
            raise RenderingError(
                "A text of the issue holds the word {slot}, which stands for the reader's own "
                "values. Nothing was rendered. Take the word out: {text}",
                slot=slot,
                text=text[:100],
            )


def _sound(part: _Linked) -> _Linked:
    if not part.title.strip():
        raise RenderingError(
            "Item {id} has no title. Nothing was rendered. Give it one.", id=part.item_id
        )
    if not part.url:
        return part
    url = link(part.url)
    if url is None:
        raise RenderingError(
            "The link of “{title}” is not an address: {url}. Nothing was rendered. "
            "Write it like https://www.example.org/news",
            title=part.title,
            url=part.url,
        )
    _see_that_it_says_where(part.link_text, url, title=part.title)
    return dataclasses.replace(part, url=url)


def _see_that_it_says_where(words: str, url: str, *, title: str) -> None:
    said = _HOST_IN_WORDS.search(words)
    if said and not f".{urlsplit(url).hostname}".endswith(
        f".{said[1].lower().removeprefix('www.')}"
    ):
        raise RenderingError(
            "The link of “{title}” says {said} and leads to {url}. Nothing was rendered, for "
            "that is how readers are cheated. Say in words what the link leads to.",
            title=title,
            said=said[1],
            url=url,
        )
