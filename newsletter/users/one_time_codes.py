"""The second factor: six digits that an app works out from a shared secret and the time (RFC 6238).

Pure: the time is passed in.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime, timedelta
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.twofactor.totp import TOTP

#: Bytes of a new secret (RFC 4226, 4, R6: 160 bits).
_SECRET_BYTES = 20
#: What every app assumes.
_DIGITS, _STEP = 6, timedelta(seconds=30)
#: A code is also taken one step early or late: clocks differ, and people type (RFC 6238, 5.2).
_STEPS_AROUND = (-1, 0, 1)


def new_secret() -> str:
    """Return a fresh secret as apps take it: base32, 32 characters."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def app_link(secret: str, *, account: str, issuer: str) -> str:
    """Return the address that opens an app, or stands in a QR code, with the secret in it.

    >>> app_link("ABCD", account="kim@example.org", issuer="Nyhetsbrev")
    'otpauth://totp/Nyhetsbrev:kim%40example.org?secret=ABCD&issuer=Nyhetsbrev'
    """
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer, safe='')}"


def code(secret: str, at: datetime) -> str:
    """Return the code of a moment."""
    # SHA-1 is what apps compute whatever they are told; as an HMAC it is unbroken.
    totp = TOTP(
        base64.b32decode(secret),
        _DIGITS,
        hashes.SHA1(),  # noqa: S303
        int(_STEP.total_seconds()),
        enforce_key_length=False,
    )
    return totp.generate(int(at.timestamp())).decode()


def step_of(typed: str, secret: str, *, at: datetime, after: int | None = None) -> int | None:
    """Return the step of time that a typed code belongs to; None if it is wrong or was used.

    `after` is the step of the last code that was taken: one code opens the door once (RFC 6238,
    5.2). Blanks are ignored; compares in constant time.
    """
    digits = "".join(typed.split()).encode()
    now = int(at.timestamp()) // int(_STEP.total_seconds())
    found = None
    for around in _STEPS_AROUND:
        its_code = code(secret, at + around * _STEP).encode()
        if hmac.compare_digest(its_code, digits) and (after is None or now + around > after):
            found = now + around
    return found
