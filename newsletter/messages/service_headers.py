"""Which headers a service mail has, in which order."""

from __future__ import annotations

from newsletter.content import Sender
from newsletter.messages import headers
from newsletter.messages.slots import Slot


def service_headers(
    subject: str, *, language: str, sender: Sender, boundary: str
) -> list[bytes | Slot]:
    """Return the header of a mail that a person caused and nobody wrote, with slots.

    It says so (RFC 3834, 5), and has none of the headers of a list: it is no part of one, and is
    not to be unsubscribed from.

    Raises HeaderError: the subject, a name or an address may not stand in a header.
    """
    reply_to = sender.reply_to and headers.structured(
        "Reply-To", headers.wire_form("Reply-To", sender.reply_to)
    )
    return [
        b"Date: ",
        Slot.DATE,
        b"\r\n",
        headers.mailbox("From", sender.from_name, sender.from_address) + (reply_to or b""),
        b"To: ",
        Slot.ADDRESS,
        b"\r\n",
        headers.unstructured("Subject", subject),
        b"Message-ID: ",
        Slot.MESSAGE_ID,
        b"\r\n",
        headers.structured("Auto-Submitted", "auto-generated"),
        # Keeps "I am away" from coming back. Nothing that would suppress bounces.
        headers.structured("X-Auto-Response-Suppress", "OOF,", "AutoReply"),
        headers.structured("Content-Language", language),
        headers.structured("MIME-Version", "1.0"),
        headers.structured("Content-Type", "multipart/alternative;", f'boundary="{boundary}"'),
    ]
