"""Quoted-printable (RFC 2045, 6.7): text as lines of at most 76 ASCII characters.

The whole message is 7-bit clean, so that no server on the way has a reason to rewrite it, and a
signature over it stays valid (RFC 6376, 5.3).

No line begins with a dot: there is none to double on the wire (RFC 5321, 4.5.2), and none that
could end the message at a server that forgot to.

Slots stand on soft-broken lines of their own: a value of any length can be put there without
moving anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

#: Characters, the "=" of a soft break included (RFC 2045, 6.7 (5)).
LONGEST_LINE = 76
_SOFT_BREAK = b"=\r\n"
_HARD_BREAK = b"\r\n"

#: Everything printable in ASCII but "=", and the two blanks (RFC 2045, 6.7 (2) and (3)).
_PLAIN = frozenset(map(chr, (*range(0x20, 0x7F), 0x09))) - {"="}
_SHORT = re.compile(r"[!-\-/-<>-~][!-<>-~]{1,72}")


def encode(text: str) -> bytes:
    r"""Return text as quoted-printable UTF-8, every line end as CRLF.

    >>> encode("Å = 1 \n")
    b'=C3=85 =3D 1=20\r\n'
    """
    return _lines(text.replace("\r\n", "\n"))


def encode_value(value: str) -> bytes:
    """Return what goes into a slot: of one line, soft-broken where it is long.

    >>> encode_value("robin=exempel@example.org")
    b'robin=3Dexempel@example.org'
    """
    # Nearly every address; this is what is done once for each recipient.
    return value.encode() if _SHORT.fullmatch(value) else _line(value)


def encode_around(text: str, slots: Sequence[str]) -> list[bytes | str]:
    r"""Return text as `encode` does, in pieces: bytes, and each slot where its value goes.

    >>> encode_around("Till SLOT!\n", ["SLOT"])
    [b'Till =\r\n', 'SLOT', b'=\r\n!\r\n']
    """
    either = "|".join(map(re.escape, slots))
    words = [word for word in re.split(f"({either})", text.replace("\r\n", "\n")) if word]
    pieces: list[bytes | str] = []
    for before, word, after in zip(["\n", *words], words, [*words[1:], "\n"], strict=False):
        if word in slots:
            pieces += [_SOFT_BREAK, word] if before in slots else [word]
            continue
        # Beside a slot a line goes on, unless the text breaks there anyway.
        opening = _SOFT_BREAK if before in slots and not word.startswith("\n") else b""
        goes_on = after in slots and not word.endswith("\n")
        pieces.append(opening + _lines(word, goes_on=goes_on))
    return pieces


def _lines(text: str, *, goes_on: bool = False) -> bytes:
    *whole, last = text.split("\n")
    ended = [_line(line) for line in whole]
    return _HARD_BREAK.join([*ended, _line(last, goes_on=goes_on)])


def _line(line: str, *, goes_on: bool = False) -> bytes:
    chunks = list(_chunks(line))
    if goes_on:
        return b"".join(chunk + _SOFT_BREAK for chunk in chunks)
    final = chunks.pop()
    # Blanks at the end of a line are lost on the way (RFC 2045, 6.7 (3)).
    if final.endswith((b" ", b"\t")):
        final = final[:-1] + b"=%02X" % final[-1]
    return b"".join(chunk + _SOFT_BREAK for chunk in chunks) + final


def _chunks(line: str) -> Iterator[bytes]:
    # At most 73: room for a soft break, or for a last blank to become three characters.
    chunk: list[str] = []
    length = 0
    for character in line:
        code = character if character in _PLAIN else _hex(character)
        if length + len(code) > LONGEST_LINE - 3:
            yield "".join(chunk).encode()
            chunk, length = [], 0
        if not chunk and character == ".":
            code = _hex(character)
        chunk.append(code)
        length += len(code)
    yield "".join(chunk).encode()


def _hex(character: str) -> str:
    # All bytes of a character stay on one line.
    return "".join(f"={byte:02X}" for byte in character.encode())
