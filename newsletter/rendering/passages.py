"""Passages in another language within a text: `på konferensen [en: Investing in Examples] i mars`.

A screen reader then says them with that language's voice (WCAG 2.2, 3.1.2). The marks are for
running text; a story that is all in another language has a language of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import babel.localedata
from markupsafe import Markup

_PASSAGE = re.compile(r"\[([a-z]{2,3}):[ \t]*([^\[\]\n]*[^\[\]\s])[ \t]*\]")


def marked_up(text: str) -> Markup:
    """Return a text as HTML, its passages marked with their language.

    >>> marked_up("På [en: Examples & Co] idag")
    Markup('På <span lang="en">Examples &amp; Co</span> idag')
    """
    return Markup().join(_parts(text))


def unmarked(text: str) -> str:
    """Return a text without the marks of its passages.

    >>> unmarked("På [en: Examples & Co] idag [obs: nytt]")
    'På Examples & Co idag [obs: nytt]'
    """
    return _PASSAGE.sub(lambda found: found[2] if _is_language(found[1]) else found[0], text)


def _parts(text: str) -> Iterator[str]:
    end = 0
    for found in _PASSAGE.finditer(text):
        if _is_language(found[1]):
            is_turned = babel.Locale.parse(found[1]).text_direction == "rtl"
            turned = Markup(' dir="rtl"') if is_turned else ""
            yield text[end : found.start()]
            yield Markup('<span lang="{}"{}>{}</span>').format(found[1], turned, found[2])
            end = found.end()
    yield text[end:]


def _is_language(code: str) -> bool:
    return babel.localedata.exists(code)
