"""Passages in another language within a text: `på konferensen [en: Investing in Examples] i mars`.

A screen reader then says them with that language's voice (WCAG 2.2, 3.1.2). The marks are for
words within a title or a text; a story that is all in another language has a language of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import babel.localedata
from markupsafe import Markup

_PASSAGE = re.compile(r"\[([a-z]{2,3}):[ \t]*([^\[\]\n]*[^\[\]\s])[ \t]*\]")


def marked_up(text: str) -> Markup:
    """Return a text as HTML, its passages marked with their language.

    >>> marked_up("På [en: Examples & Co] idag")
    Markup('På <span lang="en">Examples &amp; Co</span> idag')
    """
    return Markup().join(
        words if passage is None else _span(passage) for words, passage in _parts(text)
    )


def unmarked(text: str) -> str:
    """Return a text without the marks of its passages, for where there is no markup.

    >>> unmarked("På [en: Examples & Co] idag [obs: nytt]")
    'På Examples & Co idag [obs: nytt]'
    """
    return "".join(words if passage is None else passage[2] for words, passage in _parts(text))


def own_words(text: str) -> str:
    """Return what a text says in its own language, a dash in the place of each passage.

    >>> own_words("På [en: Examples & Co] idag")
    'På – idag'
    """
    return "".join(words if passage is None else "–" for words, passage in _parts(text))


def own_words_changed(text: str, change: Callable[[str], str]) -> str:
    """Return a text whose own words were changed, its passages as they were.

    >>> own_words_changed("Dom läser [en: the dom]", lambda words: words.replace("Dom", "De"))
    'De läser [en: the dom]'
    """
    return "".join(
        change(words) if passage is None else passage[0] for words, passage in _parts(text)
    )


def _parts(text: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    """Yield the words of a text's own language, and its passages, in order."""
    end = 0
    for found in _PASSAGE.finditer(text):
        if babel.localedata.exists(found[1]):
            yield text[end : found.start()], None
            yield "", found
            end = found.end()
    yield text[end:], None


def _span(passage: re.Match[str]) -> Markup:
    is_turned = babel.Locale.parse(passage[1]).text_direction == "rtl"
    turned = Markup(' dir="rtl"') if is_turned else ""
    return Markup('<span lang="{}"{}>{}</span>').format(passage[1], turned, passage[2])
