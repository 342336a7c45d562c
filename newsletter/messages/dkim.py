"""Sign messages with DKIM (RFC 6376): RSA (RFC 8301) and, if wanted, Ed25519 as well (RFC 8463).

Both parts are canonicalised as "relaxed", and what a signature covers is worked out once for each
issue: blanks stand only in what all messages share, never in a slot's value, so the canonical form
of a message is the canonical form of its skeleton with the same values put in. All that is left to
do for each recipient is to hash the body from its first slot on, and to sign.

RSA PKCS #1 v1.5 and Ed25519 give the same signature each time, and the time is an argument: a
message that is tried again is the same message, its signature included.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from newsletter.messages.slots import Slot

#: Signed once more than they stand there, so that nobody can add another (RFC 6376, 8.15).
#: Both unsubscribe headers are among them, or no provider offers one-click (RFC 8058, 4).
OVERSIGNED = (
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
#: Signed where they stand; servers on the way may have reason to add one where there is none.
SIGNED = (
    "auto-submitted",
    "archived-at",
    "cfbl-address",
    "cfbl-feedback-id",
    "content-language",
    "feedback-id",
    "list-archive",
    "list-help",
    "list-owner",
    "list-post",
)
_LONGEST_LINE = 76
#: Marks the place of a slot while a skeleton is canonicalised; no mail holds a NUL.
_MARK = re.compile(rb"\x00(\d+)\x00")
_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_BLANKS = re.compile(rb"[ \t]+")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, and the selector its public half is published under."""

    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> str:
        """The tag `a=`."""
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def sign(self, text: bytes) -> bytes:
        """Return the signature of a text."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(text, PKCS1v15(), hashes.SHA256())
        # RFC 8463, 3: what is signed is the hash.
        return self.private.sign(hashlib.sha256(text).digest())


@dataclass(frozen=True, slots=True)
class Signer:
    """A domain that answers for its mail, and its keys."""

    domain: str
    keys: tuple[SigningKey, ...]

    def prepare(self, pieces: Sequence[bytes | Slot]) -> Signing:
        """Work out what signatures over a skeleton cover.

        Raises ValueError: there is a NUL in it.
        """
        return Signing.of(self, pieces)

    def sign(self, message: bytes, *, at: datetime) -> bytes:
        """Return a finished message with its signatures on top."""
        return self.prepare([message]).fields({}, at=at) + message


@dataclass(frozen=True, slots=True)
class _Field:
    """A DKIM-Signature of one key: all of it but the time, the hash of the body, and what it is."""

    key: SigningKey
    #: What stands before, between and after the two, on the wire and in canonical form.
    wire: tuple[bytes, ...]
    canonical: tuple[bytes, ...]

    @classmethod
    def of(cls, key: SigningKey, *, domain: str, names: bytes) -> _Field:
        """Take what answers for the mail, and the tag `h=`, folded for the wire."""
        field = (
            b"DKIM-Signature: v=1; a=%b; c=relaxed/relaxed; t=\0;\r\n"
            b" d=%b;\r\n s=%b;\r\n h=%b;\r\n bh=\0;\r\n b="
        ) % (key.algorithm.encode(), domain.encode(), key.selector.encode(), names)
        return cls(key, tuple(field.split(b"\0")), tuple(relaxed_field(field).split(b"\0")))

    def sign(self, header: bytes, body_hash: bytes, at: int) -> bytes:
        """Return the field for a canonical header and the hash of a canonical body."""
        values = (b"%d" % at, body_hash)
        signature = base64.b64encode(self.key.sign(header + _between(self.canonical, values)))
        lines = [
            signature[start : start + _LONGEST_LINE]
            for start in range(0, len(signature), _LONGEST_LINE)
        ]
        return b"\r\n ".join([_between(self.wire, values), *lines]) + b"\r\n"


@dataclass(frozen=True, slots=True)
class Signing:
    """What is the same in the signatures of all messages of an issue; shared between threads."""

    #: One for each key.
    signatures: tuple[_Field, ...]
    #: The canonical fields in the order of the tag `h=`.
    header: tuple[bytes | Slot, ...]
    #: What all canonical bodies begin with, hashed; only to be copied.
    begun: hashlib._Hash
    #: The rest of the canonical body.
    body: tuple[bytes | Slot, ...]

    @classmethod
    def of(cls, signer: Signer, pieces: Sequence[bytes | Slot]) -> Signing:
        """See `Signer.prepare`."""
        slots = list(Slot)
        if any(b"\0" in piece for piece in pieces if isinstance(piece, bytes)):
            raise ValueError("no mail holds a NUL (RFC 5322, 2.3 and 4)")
        marked = b"".join(
            piece if isinstance(piece, bytes) else b"\0%d\0" % slots.index(piece)
            for piece in pieces
        )
        header, _, body = marked.partition(b"\r\n\r\n")
        fields = [relaxed_field(field) for field in _FIELD_END.split(header) if field]
        names, signed = _chosen(fields)
        shared, *rest = _unmarked(relaxed_body(body), slots)
        assert isinstance(shared, bytes)  # noqa: S101 - a slot stands between bytes
        return cls(
            tuple(
                _Field.of(key, domain=signer.domain, names=_folded(names)) for key in signer.keys
            ),
            _unmarked(b"".join(field + b"\r\n" for field in signed), slots),
            hashlib.sha256(shared),
            tuple(rest),
        )

    def fields(self, values: Mapping[Slot, bytes], *, at: datetime) -> bytes:
        """Return the DKIM-Signature fields of one message, to stand before all others.

        `at` becomes the tag `t=`. The values must be those of the message: without blanks in the
        body, and with none but single ones inside a field (RFC 6376, 3.4.2 and 3.4.4).
        """
        hashed = self.begun.copy()
        # In one: Python's lock is given back, and waited for again, with each long piece.
        hashed.update(_filled(self.body, values))
        body_hash = base64.b64encode(hashed.digest())
        header = _filled(self.header, values)
        return b"".join(
            [field.sign(header, body_hash, int(at.timestamp())) for field in self.signatures]
        )


def _filled(pieces: Sequence[bytes | Slot], values: Mapping[Slot, bytes]) -> bytes:
    return b"".join([piece if isinstance(piece, bytes) else values[piece] for piece in pieces])


def _between(parts: Sequence[bytes], values: Sequence[bytes]) -> bytes:
    before, between, after = parts
    return b"".join([before, values[0], between, values[1], after])


def relaxed_field(field: bytes) -> bytes:
    r"""Return a header field, without its final CRLF, in canonical form (RFC 6376, 3.4.2).

    >>> relaxed_field(b"Subject : two  words,\r\n\tfolded ")
    b'subject:two words, folded'
    """
    name, _, value = field.partition(b":")
    # Bytes, not bytes.strip(): form feeds and the like are no blanks here.
    value = _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.rstrip(b" \t").lower() + b":" + value


def relaxed_body(body: bytes) -> bytes:
    r"""Return a body in canonical form (RFC 6376, 3.4.4).

    >>> relaxed_body(b"two  words \r\n\r\n\r\n")
    b'two words\r\n'
    """
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    body = _BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n")
    while body.endswith(b"\r\n\r\n"):
        body = body.removesuffix(b"\r\n")
    return b"" if body == b"\r\n" else body


def _chosen(fields: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Return the names to sign and the fields they stand for, the lowest of a name first."""
    standing: dict[bytes, list[bytes]] = {}
    for field in reversed(fields):
        standing.setdefault(field.partition(b":")[0], []).append(field)
    names, chosen = [], []
    for name in (*OVERSIGNED, *SIGNED):
        found = standing.get(name.encode(), [])
        chosen += found
        names += [name.encode()] * (len(found) + (name in OVERSIGNED))
    return names, chosen


def _folded(names: Sequence[bytes]) -> bytes:
    lines = [b""]
    for name in names:
        if len(lines[-1]) + len(name) + len(" h=:;") > _LONGEST_LINE:
            lines.append(b"")
        lines[-1] += name + b":"
    return b"\r\n  ".join(lines).removesuffix(b":")


def _unmarked(text: bytes, slots: Sequence[Slot]) -> tuple[bytes | Slot, ...]:
    # Every second part is the number of a slot.
    parts = enumerate(_MARK.split(text))
    return tuple(slots[int(part)] if odd % 2 else part for odd, part in parts)
