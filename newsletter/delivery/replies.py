"""A server's reply (RFC 5321, 4.2): parsed strictly, and shown without the reader's address."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass

#: Characters of a reply that are stored.
LONGEST_SHOWN = 500

# RFC 5321, 4.2: three digits, then a hyphen if more lines follow.
_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
# RFC 3463, 2.
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
# Anything like an address, also as bounce addresses and URLs write it: kim=example.org@….
_SIGN = re.compile("@|[%=]40")
_ADDRESS = re.compile(rf"[^\s<>\"'(),;:]+(?:{_SIGN.pattern})[^\s<>\"'(),;:]+")
_TAKEN_OUT = "…"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered to one command."""

    code: int
    #: The lines without their codes, parted by line feeds; untrusted.
    text: str = ""

    @property
    def kind(self) -> int:
        """The first digit: 2 done, 3 go on, 4 not now, 5 no."""
        return self.code // 100

    @property
    def enhanced(self) -> tuple[int, int] | None:
        """Subject and detail of the enhanced code (RFC 3463), if its class agrees with the reply.

        >>> Reply(550, "5.1.1 no such user").enhanced
        (1, 1)
        >>> Reply(450, "5.1.1 who says both says nothing").enhanced is None
        True
        """
        found = _ENHANCED.match(self.text)
        if found is None or int(found[1]) != self.kind:
            return None
        return int(found[2]), int(found[3])

    def shown(self, address: str = "") -> str:
        """Return the reply as it may be stored: one line, no controls, no address.

        >>> Reply(550, "5.1.1 <kim.exempel@example.org>: unknown").shown("kim.exempel@example.org")
        '550 5.1.1 <…>: unknown'
        """
        return shown(f"{self.code} {self.text}", address)


def shown(text: str, address: str = "") -> str:
    """Return untrusted text as it may be stored: one line, no controls, no address, not long.

    `address` is the reader's; its local part is taken out where it stands alone, too.
    """
    printable = text[: 4 * LONGEST_SHOWN]
    # Nearly every reply is as it should be, and nothing has to be looked for.
    if not printable.isprintable():
        # Cc are controls, Cf turn text around or hide in it, Cs are halves of characters.
        printable = "".join(
            " " if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else character
            for character in printable
        )
    without = printable
    if _SIGN.search(printable):
        without = _ADDRESS.sub(_TAKEN_OUT, printable)
    local_part, _, domain = address.rpartition("@")
    # Looked for first: for most replies no pattern has to be made.
    if local_part and local_part.lower() in without.lower():
        for personal in (f"{local_part}={domain}", local_part):
            pattern = rf"(?<![\w.-]){re.escape(personal)}(?![\w-])"
            without = re.sub(pattern, _TAKEN_OUT, without, flags=re.IGNORECASE)
    one_line = " ".join(without.split())
    return one_line[:LONGEST_SHOWN]


# What a server says to MAIL, RCPT and DATA is the same words nearly every time.
@functools.lru_cache(maxsize=64)
def parse(lines: tuple[bytes, ...]) -> Reply | None:
    r"""Return the reply that whole lines, without their ends, make; None if they make none.

    >>> parse((b"250-first", b"250 last"))
    Reply(code=250, text='first\nlast')
    >>> parse((b"250-first", b"550 last")) is None
    True
    """
    codes, texts = set(), []
    for position, line in enumerate(lines, start=1):
        found = _LINE.fullmatch(line)
        if found is None or (found[2] == b"-") != (position < len(lines)):
            return None
        codes.add(int(found[1]))
        texts.append((found[3] or b"").decode("utf-8", errors="replace"))
    return Reply(codes.pop(), "\n".join(texts)) if len(codes) == 1 else None
