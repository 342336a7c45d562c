"""Judges DKIM signatures with dkimpy, so that tests need not trust the code they test."""

from __future__ import annotations

import re
from base64 import b64encode

import dkim
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from newsletter.messages import Signer, SigningKey

RSA = SigningKey("nb202611", rsa.generate_private_key(65537, 2048))
ED25519 = SigningKey("nb202611e", ed25519.Ed25519PrivateKey.generate())
SIGNER = Signer("example.org", (RSA, ED25519))


def published(key: SigningKey) -> bytes:
    if isinstance(key.private, rsa.RSAPrivateKey):
        der = key.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return b"v=DKIM1; k=rsa; p=" + b64encode(der)
    raw = key.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return b"v=DKIM1; k=ed25519; p=" + b64encode(raw)


def resolve(name: bytes, **_seconds: int) -> bytes:
    zone = {f"{key.selector}._domainkey.example.org.": published(key) for key in SIGNER.keys}
    return zone[name.decode()]


def verdicts(message: bytes) -> list[bool]:
    judge = dkim.DKIM(message)
    return [is_valid(judge, place) for place in range(len(SIGNER.keys))]


def is_valid(judge: dkim.DKIM, place: int) -> bool:
    try:
        return bool(judge.verify(idx=place, dnsfunc=resolve))
    except dkim.ValidationError:
        return False


def tag(message: bytes, name: str, *, place: int = 0) -> str:
    field = re.findall(rb"(?m)^DKIM-Signature:(.*?)\r\n(?![ \t])", message, re.DOTALL)[place]
    tags = dict(part.strip().split(b"=", 1) for part in field.split(b";"))
    return b"".join(tags[name.encode()].split()).decode()
