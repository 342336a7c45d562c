"""Text as it stands between 354 and the final dot: no byte of it can end a message early.

A line feed without its carriage return, or a dot that was not doubled, is where one server sees
the end of a message and the next one does not; whatever follows is then taken for commands.
"""

from __future__ import annotations

import re
from typing import NewType

#: Every line ends in CRLF; none begins with a single dot.
WireText = NewType("WireText", bytes)

_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def wire_text(content: bytes) -> WireText:
    r"""Return a message with every leading dot doubled (RFC 5321, 4.5.2).

    Raises ValueError: a line does not end in CRLF (RFC 5321, 2.3.8).

    >>> wire_text(b"Hej\r\n.\r\n")
    b'Hej\r\n..\r\n'
    """
    if not content.endswith(b"\r\n") or _BARE.search(content):
        raise ValueError("a message must have CRLF at the end of each line, and nowhere else")
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return WireText(b"." + stuffed if content.startswith(b".") else stuffed)
