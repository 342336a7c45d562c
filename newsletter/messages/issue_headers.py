"""Which headers an issue has, in which order."""

from __future__ import annotations

import base64
import hashlib

from newsletter.content import TOKEN_SLOT, IssueContent, Sender
from newsletter.errors import SettingsError
from newsletter.messages import headers
from newsletter.messages.slots import Slot
from subscribers.tokens import TOKEN_LENGTH


def issue_headers(
    subject: str, *, content: IssueContent, sender: Sender, boundary: str
) -> list[bytes | Slot]:
    """Return the header of every message of an issue, with slots, without the blank line after.

    There is no Auto-Submitted: people wrote the issue (RFC 3834, 5.2). There is no X-Mailer:
    nobody needs to know what we run.

    Raises HeaderError: the subject, a name or an address may not stand in a header;
    SettingsError: the address for unsubscribing by mail has no room for a token.
    """
    owner = sender.reply_to or sender.from_address
    reply_to = headers.structured("Reply-To", headers.wire_form("Reply-To", owner))
    return [
        *_with_slot("Date", Slot.DATE),
        headers.mailbox("From", sender.from_name, sender.from_address)
        + (reply_to if sender.reply_to else b""),
        *_with_slot("To", Slot.ADDRESS),
        headers.unstructured("Subject", subject),
        *_with_slot("Message-ID", Slot.MESSAGE_ID),
        headers.phrase("List-Id", sender.list_name, sender.list_id),
        *_list_unsubscribe(content, sender),
        b"".join(
            [
                # RFC 8058, 5, to the letter.
                headers.structured("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
                headers.uris("List-Help", content.privacy_url, _mailto(owner)),
                headers.uris("List-Owner", _mailto(owner)),
                headers.uris("List-Archive", content.archive_url),
                # Readers cannot write to the list (RFC 2369, 3.4).
                headers.structured("List-Post", "NO"),
                # RFC 5064: where this very issue is on the web.
                headers.uris("Archived-At", content.web_url),
                headers.structured("Feedback-ID", _feedback_id(content, sender)),
                # Both keep "I am away" from coming back. Nothing that would suppress bounces.
                headers.structured("Precedence", "bulk"),
                headers.structured("X-Auto-Response-Suppress", "OOF,", "AutoReply"),
                headers.structured("Content-Language", content.language),
                headers.structured("MIME-Version", "1.0"),
                headers.structured(
                    "Content-Type", "multipart/alternative;", f'boundary="{boundary}"'
                ),
            ]
        ),
    ]


def _with_slot(name: str, slot: Slot) -> list[bytes | Slot]:
    return [f"{name}: ".encode(), slot, b"\r\n"]


def _list_unsubscribe(content: IssueContent, sender: Sender) -> list[bytes | Slot]:
    # RFC 8058, 3.1, asks for exactly one https URI. With a base URL of http, as in the demo on
    # this machine, the field is the same but for that letter: mailbox providers then offer no
    # one-click, but our own pages and tests can follow the very path a provider would.
    uris = [content.unsubscribe_url]
    if sender.unsubscribe_address:
        address = headers.wire_form("List-Unsubscribe", sender.unsubscribe_address)
        local, _, domain = address.rpartition("@")
        if len(local) + len("+") + TOKEN_LENGTH > headers.LONGEST_LOCAL_PART:
            raise SettingsError(
                "The part before the @ in the setting unsubscribe_address is longer than {n} "
                "characters, so there is no room for the reader's token. No message was made. "
                "Use a shorter one, such as avsluta.",
                n=headers.LONGEST_LOCAL_PART - TOKEN_LENGTH - len("+"),
            )
        uris.append(f"{_mailto(f'{local}+{TOKEN_SLOT}@{domain}')}?subject=unsubscribe")
    pieces: list[bytes | Slot] = []
    for literal in headers.uris("List-Unsubscribe", *uris).split(TOKEN_SLOT.encode()):
        pieces += [literal, Slot.TOKEN]
    return pieces[:-1]


def _mailto(address: str) -> str:
    # RFC 6068, 2: what means something else in a URI is written as its code.
    local, _, domain = headers.wire_form("List-Owner", address).rpartition("@")
    codes = (
        character if character.isalnum() or character in "+-._~" else f"%{ord(character):02X}"
        for character in local
    )
    return f"mailto:{''.join(codes)}@{domain}"


def _feedback_id(content: IssueContent, sender: Sender) -> str:
    # Gmail counts complaints by each of these; the last must be 5 to 15 characters and stay the
    # same for ever. Nothing here belongs to one reader.
    domain = sender.from_address.rpartition("@")[2].lower()
    sender_id = base64.b32encode(hashlib.sha256(domain.encode()).digest()).decode().lower()[:12]
    return f"{content.name}:{sender.list_id}:newsletter:{sender_id}"
