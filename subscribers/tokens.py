"""Sign and read the tokens in links, and hash addresses for the suppression list.

A token is 48 lower-case base32 characters (some servers fold case, and it must fit the local part
of an address): key id, purpose, subscriber, newsletter, minute of issue, and 128 bits of
HMAC-SHA-256 over them. It is bound to one purpose and one person, needs no row in any table, and
outlives a change of keys as long as the old secret is kept.
"""

from __future__ import annotations

import base64
import binascii
import enum
import functools
import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import UTC, datetime

#: key id, purpose, subscriber (40 bits as 8 + 32), newsletter, minutes since 1970.
_PAYLOAD = struct.Struct(">HBBIHI")
_MAC_BYTES = 16
#: Characters in every token.
TOKEN_LENGTH = 48


class Purpose(enum.Enum):
    """What a token lets its bearer do, and nothing else."""

    #: Leave one newsletter. Never expires.
    UNSUBSCRIBE = 1
    #: Take back a withdrawal.
    UNDO = 2
    #: Nothing: the links of a test mail.
    TEST = 3
    #: Confirm a subscription. For `consent.CONFIRM_WITHIN`.
    CONFIRM = 4
    #: See and change one's settings; fresh from a mail, everything else that is the person's.
    SETTINGS = 5
    #: Take a new address into use.
    NEW_ADDRESS = 6
    #: Take a change of address back.
    OLD_ADDRESS = 7
    #: Fetch all that is held on the person.
    DATA = 8


_PURPOSES = {purpose.value: purpose for purpose in Purpose}


# Not frozen, as each reader has one: that takes three times as long to make.
@dataclass(slots=True)
class Claim:
    """What a genuine token says."""

    purpose: Purpose
    subscriber_id: int
    newsletter_id: int
    #: Whole minutes, UTC.
    issued_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The secrets. Never printed; `suppression` is never changed and is part of a backup."""

    current: str
    former: tuple[str, ...]
    suppression: str

    def sign(self, claim: Claim) -> str:
        """Return the token that says this claim."""
        high, low = divmod(claim.subscriber_id, 2**32)
        payload = _PAYLOAD.pack(
            _key_id(self.current),
            claim.purpose.value,
            high,
            low,
            claim.newsletter_id,
            int(claim.issued_at.timestamp()) // 60,
        )
        return base64.b32encode(payload + _mac(self.current, payload)).decode().lower()

    def read(self, token: str, purpose: Purpose) -> Claim | None:
        """Return what a token says; None if it is not genuine or is for another purpose.

        Never raises, whatever the text; compares in constant time.
        """
        claim = self.open(token)
        return claim if claim is not None and claim.purpose is purpose else None

    def open(self, token: str) -> Claim | None:
        """Return what a genuine token says, whatever it is for: nobody is let in by that."""
        try:
            # To bytes first: as text, "ſ".upper() is "S".
            raw = base64.b32decode(token.encode("ascii").upper())
        except (binascii.Error, UnicodeEncodeError, ValueError):
            return None
        if len(raw) != _PAYLOAD.size + _MAC_BYTES:
            return None
        payload, mac = raw[: _PAYLOAD.size], raw[_PAYLOAD.size :]
        key_id, value, high, low, newsletter_id, minutes = _PAYLOAD.unpack(payload)
        genuine = False
        for secret in (self.current, *self.former):
            same = hmac.compare_digest(_mac(secret, payload), mac)
            genuine |= same and key_id == _key_id(secret)
        if not genuine or value not in _PURPOSES:
            return None
        issued_at = datetime.fromtimestamp(minutes * 60, UTC)
        return Claim(_PURPOSES[value], high * 2**32 + low, newsletter_id, issued_at)

    def address_hash(self, address_key: str) -> bytes:
        """Return the keyed hash of a normalised address: 32 bytes."""
        return _digest(self.suppression, b"", address_key.encode())

    def pseudonym(self, words: str) -> bytes:
        """Return what stands for words that must not be stored, as long as the key is the same."""
        return hmac.digest(self.current.encode(), b"pseudonym " + words.encode(), "sha256")

    def message_name(self, issue_id: int, subscriber_id: int) -> str:
        """Return the left side of a Message-ID: the same for one issue and person, and opaque."""
        words = f"message-id {issue_id} {subscriber_id}".encode()
        return (
            base64.b32encode(hmac.digest(self.current.encode(), words, "sha256")[:20])
            .decode()
            .lower()
        )


def _mac(secret: str, payload: bytes) -> bytes:
    return _digest(secret, b"newsletter token 1", payload)[:_MAC_BYTES]


def _digest(secret: str, beginning: bytes, words: bytes) -> bytes:
    mac = _begun(secret, beginning).copy()
    mac.update(words)
    return mac.digest()


# What is the same for every reader is worked out once.
@functools.cache
def _begun(secret: str, beginning: bytes) -> hmac.HMAC:
    return hmac.new(secret.encode(), beginning, "sha256")


@functools.cache
def _key_id(secret: str) -> int:
    return int.from_bytes(hashlib.sha256(b"key id " + secret.encode()).digest()[:2], "big")
