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
    RenderedServiceMail,
    Sender,
    sha256_of,
)
from newsletter.errors import RenderingError
from newsletter.messages import quoted_printable
from newsletter.messages.dkim import Signer, Signing
from newsletter.messages.issue_headers import issue_headers
from newsletter.messages.service_headers import service_headers
from newsletter.messages.slots import Addressee, Slot, values_for
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
        boundary = _boundary(rendered)
        header = issue_headers(rendered.subject, content=content, sender=sender, boundary=boundary)
        return cls._of(header, text, html, boundary=boundary, signer=signer)

    @classmethod
    def of_service_mail(
        cls,
        rendered: RenderedServiceMail,
        *,
        language: str,
        sender: Sender,
        signer: Signer | None = None,
    ) -> Skeleton:
        """Encode one mail to one person; only where it goes, its name and its date are left open.

        Raises HeaderError, RenderingError: as `of`.
        """
        boundary = _boundary(rendered)
        header = service_headers(
            rendered.subject, language=language, sender=sender, boundary=boundary
        )
        text = _body("text/plain", rendered.text, address=Slot.ADDRESS_IN_TEXT)
        html = _body("text/html", rendered.html, address=Slot.ADDRESS_IN_HTML)
        return cls._of(header, text, html, boundary=boundary, signer=signer)

    @classmethod
    def _of(
        cls,
        header: list[bytes | Slot],
        text: list[bytes | Slot],
        html: list[bytes | Slot],
        *,
        boundary: str,
        signer: Signer | None,
    ) -> Skeleton:
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

    def fill(self, addressee: Addressee) -> WireText:
        """Return the message to one addressee: the exact bytes, with no dot that needs doubling.

        Raises HeaderError: the address, token or Message-ID may not stand on the wire.
        """
        values = values_for(addressee)
        filled = [piece if isinstance(piece, bytes) else values[piece] for piece in self.pieces]
        if self.signing is not None:
            # Its lines begin with its name or a blank, never with a dot.
            filled.insert(0, self.signing.fields(values, at=addressee.date))
        return WireText(b"".join(filled))


def _boundary(rendered: RenderedIssue | RenderedServiceMail) -> str:
    # "=_" is never written in quoted-printable, so no body can hold the boundary
    # (RFC 2045, 6.7); the same words have the same one, so a retry has the same bytes.
    return f"=_{sha256_of(rendered.text, rendered.html)[:32]}"


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
