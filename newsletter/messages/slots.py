"""What differs between the messages of two recipients, and nothing else does."""

from __future__ import annotations

import enum
import functools
import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from newsletter.errors import HeaderError
from newsletter.messages import headers, quoted_printable
from subscribers.tokens import TOKEN_LENGTH

_TOKEN = re.compile(rf"[a-z2-7]{{{TOKEN_LENGTH}}}")
# Python's own names of days and months follow the language of the machine.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Slot(enum.StrEnum):
    """A place in a message where a recipient's own value goes, by how it is written there."""

    #: In the header Date.
    DATE = "date"
    #: In the header Message-ID, with its angle brackets.
    MESSAGE_ID = "message id"
    #: In the header To.
    ADDRESS = "address"
    #: In headers and in both bodies; it needs no encoding anywhere.
    TOKEN = "token"  # noqa: S105 - no password
    #: In the text, as quoted-printable.
    ADDRESS_IN_TEXT = "address in text"
    #: In the HTML, escaped, then as quoted-printable.
    ADDRESS_IN_HTML = "address in html"


# Not frozen, as each reader has one: that takes three times as long to make.
@dataclass(slots=True, kw_only=True)
class Addressee:
    """To whom a message goes, and what was fixed when its row was made: a retry has the same."""

    #: In wire form: ASCII, the domain as A-labels.
    address: str
    #: With its angle brackets.
    message_id: str
    #: When it was first tried; aware.
    date: datetime


@dataclass(slots=True, kw_only=True)
class MessageRecipient(Addressee):
    """A recipient of an issue, whose own links are in it."""

    #: What those links are signed with (`subscribers.tokens`).
    token: str


def values_for(addressee: Addressee) -> dict[Slot, bytes]:
    """Return what goes into each slot, ready for the wire.

    Raises HeaderError: the address, token or Message-ID may not stand on the wire.
    """
    address = headers.wire_form("To", addressee.address)
    in_text, in_html = quoted_printable.encode_value(address), html.escape(address)
    values = {
        Slot.DATE: date(addressee.date).encode(),
        Slot.MESSAGE_ID: headers.message_id(addressee.message_id).encode(),
        Slot.ADDRESS: address.encode(),
        Slot.ADDRESS_IN_TEXT: in_text,
        Slot.ADDRESS_IN_HTML: (
            in_text if in_html == address else quoted_printable.encode_value(in_html)
        ),
    }
    if isinstance(addressee, MessageRecipient):
        values[Slot.TOKEN] = _token(addressee.token)
    return values


def _token(token: str) -> bytes:
    if not _TOKEN.fullmatch(token):
        raise HeaderError(
            "The header {header} was given something that is no token. No message was made. "
            "This is a fault in the program; please report it.",
            header="List-Unsubscribe",
        )
    return token.encode()


# All of a window have the same.
@functools.lru_cache(maxsize=16)
def date(moment: datetime) -> str:
    """Return a time as the header Date has it, in UTC (RFC 5322, 3.3).

    >>> date(datetime(2017, 2, 22, 8, 0, tzinfo=UTC))
    'Wed, 22 Feb 2017 08:00:00 +0000'
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be sent")
    utc = moment.astimezone(UTC)
    return (
        f"{_DAYS[utc.weekday()]}, {utc.day:02} {_MONTHS[utc.month - 1]} {utc.year:04} "
        f"{utc.hour:02}:{utc.minute:02}:{utc.second:02} +0000"
    )
