"""Find addresses in text, hidden or plain, so that they are left out.

Old web pages hid `mailto:` links by moving every character a number of places in the character
table; saved as text, the moved form remains. It is found by its shape and dropped. It is never
decoded: these are personal data that nobody gave us (GDPR, article 5.1 c), and the coding loses
so much that what came out would be other people's addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsletter.items.sources.tidying import MISREAD

#: Stands where an address stood. Visible, so that the editor sees it and words the place anew.
REDACTED = "[e-postadress borttagen]"

_LINK = "mailto:"
#: Places a character may have been moved, either way.
_FARTHEST = 40
#: The characters that can be printed: what left them was written in some other way.
_PRINTABLE = range(33, 127)
#: A shift that leaves fewer characters of the word printable would be found in any text.
_FEWEST_PRINTABLE = 4


def _moved(places: int) -> Iterator[str]:
    """Yield patterns of a link moved so many places."""
    moved = "".join(chr(ord(letter) + places) for letter in _LINK)
    yield re.escape(moved)
    # Beyond the table the bytes are the marks of Windows-1252.
    yield re.escape(moved.translate(MISREAD))
    # Or they were written in some other way: anything may stand where they would.
    pattern, lost, kept = "", 0, 0
    for sign in moved:
        if ord(sign) not in _PRINTABLE:
            lost += 1
            continue
        gap = f".{{{lost},{3 * lost}}}" if lost and pattern else ""
        pattern, lost, kept = pattern + gap + re.escape(sign), 0, kept + 1
    if kept >= _FEWEST_PRINTABLE:
        yield pattern


_HIDDEN = tuple(
    re.compile(pattern)
    for places in (*range(-_FARTHEST, 0), *range(1, _FARTHEST + 1))
    for pattern in dict.fromkeys(_moved(places))
)

# Bounded on both sides: hostile text of millions of signs must not cost more than its length.
_PLAIN = re.compile(
    r"(?:mailto:)?[\w.!#$%&'*+/=?^`{|}~-]{1,64}[@\uff20\ufe6b][\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
)
_SPELT_OUT = re.compile(
    r"[\w.+-]{1,64} {0,2}[\[(] ?(?:at|ät|snabel-?a|@) ?[\])] {0,2}"
    r"[\w-]{1,63}(?:(?:\.| ?[\[(](?:dot|punkt)[\])] ?)[\w-]{1,63}){1,8}",
    re.IGNORECASE,
)
_SIGNS_OF_SPELT_OUT = re.compile(r"[\[(] ?(?:at|ät|snabel|@)", re.IGNORECASE)


def hides_address(text: str) -> bool:
    """Say whether a text holds a `mailto:` link moved 1 to 40 places, either way."""
    return any(pattern.search(text) for pattern in _HIDDEN)


def lines_that_hide(text: str, lines: Sequence[str]) -> set[int]:
    """Return which lines of a text hold a moved link, counted from 0."""
    # Most pages hold none: the whole is tested first, and then only for what it holds.
    found = [pattern for pattern in _HIDDEN if pattern.search(text)]
    if not found:
        return set()
    return {
        number
        for number, line in enumerate(lines)
        if any(pattern.search(line) for pattern in found)
    }


def redacted(text: str) -> tuple[str, int]:
    """Return the text with every plain address replaced, and how many there were.

    >>> redacted("Skriv till robin@example.org!")
    ('Skriv till [e-postadress borttagen]!', 1)
    """
    count = 0
    if any(sign in text for sign in "@\uff20\ufe6b"):
        text, count = _PLAIN.subn(REDACTED, text)
    if _SIGNS_OF_SPELT_OUT.search(text):
        text, more = _SPELT_OUT.subn(REDACTED, text)
        count += more
    return text, count
