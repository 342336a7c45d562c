"""Encoded-words (RFC 2047): how text beyond ASCII stands in a header.

Written strictly, read leniently: what we write must be understood by every reader, and what is
put into a header must be harmless even to the most forgiving one.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections import defaultdict
from collections.abc import Iterator

#: Characters, delimiters included (RFC 2047, 2).
LONGEST_WORD = 75
#: Characters in a header line that holds an encoded-word (RFC 2047, 2).
LONGEST_LINE = 76

#: What may stand for itself in the "Q" encoding everywhere, phrases included (RFC 2047, 5 (3)).
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")

#: Looser than the RFC: blanks inside, any charset, a language after it (RFC 2231, 5).
_LENIENT = re.compile(r"=\?([^?*]*)(?:\*[^?]*)?\?([bq])\?(.*?)\?=", re.DOTALL | re.IGNORECASE)


def encode(text: str, *, room: int) -> list[str]:
    """Return text as encoded-words, none over 75 characters and the first within `room`.

    "Q" is used where much can be read as it stands, as in Swedish, otherwise "B". No character is
    parted. `room` must leave space for one character: 24 or more.

    >>> encode("Årets två sista", room=60)
    ['=?utf-8?q?=C3=85rets_tv=C3=A5_sista?=']
    """
    word_of = _quoted if len(_quoted(text)) <= 1.5 * len(_based(text)) else _based
    words: list[str] = []
    while text:
        limit = min(room, LONGEST_WORD) if not words else LONGEST_WORD
        length = min(len(text), limit)
        while len(word := word_of(text[:length])) > limit:
            length -= 1
        words.append(word)
        text = text[length:]
    return words


def readings(text: str) -> Iterator[str]:
    r"""Yield a text and everything it can be decoded to, however deeply it is wrapped.

    Encoded-words are read one by one, and also with their bytes joined, as some readers do.

    >>> list(readings("=?utf-8?q?a=0Db?="))
    ['=?utf-8?q?a=0Db?=', 'a\rb', 'a\rb']
    """
    while True:
        yield text
        joined: dict[str, bytes] = defaultdict(bytes)
        for charset, encoding, payload in _LENIENT.findall(text):
            joined[charset.lower()] += _bytes_of(encoding, payload)
        if not joined:
            return
        for charset, raw in joined.items():
            yield _text_of(charset, raw)
        # Every round takes the delimiters of each word away, so there is a last one.
        text = _LENIENT.sub(lambda word: _text_of(word[1], _bytes_of(word[2], word[3])), text)


def _quoted(text: str) -> str:
    codes = (
        chr(byte) if byte in _PLAIN else "_" if byte == 0x20 else f"={byte:02X}"
        for byte in text.encode()
    )
    return f"=?utf-8?q?{''.join(codes)}?="


def _based(text: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def _bytes_of(encoding: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "surrogatepass")
    if encoding in "qQ":
        return quopri.decodestring(raw, header=True)
    digits = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    try:
        return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
    except binascii.Error:
        # One digit too many: no reader gets anything out of the last one.
        return binascii.a2b_base64(digits[:-1])


def _text_of(charset: str, raw: bytes) -> str:
    try:
        return raw.decode(charset or "ascii", "replace")
    except (LookupError, ValueError):
        return raw.decode("latin-1")
