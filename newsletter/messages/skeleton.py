"""A message with holes: everything that is the same for all recipients, encoded once.

Building a message out of objects takes milliseconds, and would be done for every reader; putting
values between finished bytes takes microseconds, and cannot get the encoding wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.content import (
    ADDRESS_SLOT,
    SLOTS,
    TOKEN_SLOT,
    IssueContent,
    RenderedIssue,
    Sender,
    sha256_of,
)
from newsletter.errors import RenderingError
from newsletter.messages import quoted_printable
from newsletter.messages.dkim import Signer, Signing
from newsletter.messages.issue_headers import issue_headers
from newsletter.messages.slots import MessageRecipient, Slot, values_for
from newsletter.messages.wire_text import WireText, wire_text

# C0 but TAB and the line ends, DEL, C1 (Gmail cuts a message off at those), half characters.
_REFUSED = re.compile("\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """One issue, ready to be addressed; safe to share between threads."""

    #: Finished bytes and, between them, slots.
    pieces: tuple[bytes | Slot, ...]
    #: How its messages are signed; None where somebody else signs them, or nobody.
    signing: Signing | None = None

    @classmethod
    def of(
        cls,
        rendered: RenderedIssue,
        *,
        content: IssueContent,
        sender: Sender,
        signer: Signer | None = None,
    ) -> Skeleton:
        """Encode everything that all messages of an issue share.

        Plain text comes first and HTML last, which is the one readers prefer (RFC 2046, 5.1.4).

        Raises HeaderError, SettingsError: something may not stand in a header; RenderingError:
        the text or HTML holds a control character.
        """
        text = _body("text/plain", rendered.text, address=Slot.ADDRESS_IN_TEXT)
        html = _body("text/html", rendered.html, address=Slot.ADDRESS_IN_HTML)
        # "=_" is never written in quoted-printable, so no body can hold the boundary
        # (RFC 2045, 6.7); the same issue has the same one, so a retry has the same bytes.
        boundary = f"=_{sha256_of(rendered.text, rendered.html)[:32]}"
        header = issue_headers(rendered.subject, content=content, sender=sender, boundary=boundary)
        delimiter = f"\r\n--{boundary}".encode()
        pieces = _joined([*header, delimiter, *text, delimiter, *html, delimiter, b"--\r\n"])
        # Looked at once here, not again in each message: no value holds a line end, or begins
        # with a dot.
        sample = b"".join(piece if isinstance(piece, bytes) else b"x" for piece in pieces)
        if wire_text(sample) != sample:
            raise AssertionError("quoted-printable never begins a line with a dot")
        return cls(pieces, signer.prepare(pieces) if signer else None)

    @property
    def size(self) -> int:
        """Bytes of every message before its signature and its own values are put in."""
        return sum(len(piece) for piece in self.pieces if isinstance(piece, bytes))

    def fill(self, recipient: MessageRecipient) -> WireText:
        """Return the message to one recipient: the exact bytes, with no dot that needs doubling.

        Raises HeaderError: the address, token or Message-ID may not stand on the wire.
        """
        values = values_for(recipient)
        filled = [piece if isinstance(piece, bytes) else values[piece] for piece in self.pieces]
        if self.signing is not None:
            # Its lines begin with its name or a blank, never with a dot.
            filled.insert(0, self.signing.fields(values, at=recipient.date))
        return WireText(b"".join(filled))


def _body(media_type: str, body: str, *, address: Slot) -> list[bytes | Slot]:
    if found := _REFUSED.search(body):
        around = body[max(found.start() - 30, 0) : found.start()] + body[found.end() :][:30]
        raise RenderingError(
            "The {part} of the issue holds the control character {character} near “{words}”. "
            "No message was made. Write that text anew without it; such characters often come "
            "along when text is copied.",
            part=media_type,
            character=f"U+{ord(found[0]):04X}",
            words=_REFUSED.sub("", " ".join(around.split())),
        )
    slots = {ADDRESS_SLOT: address, TOKEN_SLOT: Slot.TOKEN}
    header = (
        f"\r\nContent-Type: {media_type}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return [
        header.encode(),
        *(
            slots[piece] if isinstance(piece, str) else piece
            for piece in quoted_printable.encode_around(body, SLOTS)
        ),
    ]


def _joined(pieces: list[bytes | Slot]) -> tuple[bytes | Slot, ...]:
    # Neighbours made one: the fewer pieces, the faster a message is filled.
    joined: list[bytes | Slot] = []
    for piece in pieces:
        if isinstance(piece, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += piece
        else:
            joined.append(piece)
    return tuple(joined)
