"""Passwords: which are good enough, and how they are kept (Argon2id, RFC 9106).

Length is the only rule: rules about characters make passwords that are written on paper
(NIST SP 800-63B, 5.1.1.2).
"""

from __future__ import annotations

from typing import Final

import argon2

from newsletter.errors import UsageError

SHORTEST: Final = 12
#: Argon2 works on all of it; more than this is no password but a way to keep the server busy.
LONGEST: Final = 256

_hasher = argon2.PasswordHasher()
#: Checked where nobody has the address, so that the answer takes as long as for somebody.
_NOBODY = _hasher.hash("nobody has this password")


def hashed(password: str, *, address: str) -> str:
    """Return what is stored of a password; takes about a tenth of a second on purpose.

    Raises UsageError: shorter than `SHORTEST` characters, longer than `LONGEST`, or the address.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(
            "A password has between {shortest} and {longest} characters. Nothing was changed. "
            "Three or four words in a row are easy to remember.",
            shortest=SHORTEST,
            longest=LONGEST,
        )
    if password.casefold() == address.casefold():
        raise UsageError(
            "The password is the address. Nothing was changed. Choose something only you know."
        )
    return _hasher.hash(password)


def is_right(password: str, stored: str | None) -> bool:
    """Tell whether a password is the one whose hash is stored; None: nobody's, and never right."""
    try:
        _hasher.verify(stored or _NOBODY, password[: LONGEST + 1])
    except argon2.exceptions.VerificationError:
        return False
    return stored is not None
