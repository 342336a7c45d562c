"""The keys that sign our mail: made, read, and shown as the DNS wants them.

A key is a PEM file that its owner alone may read. Nothing here prints or logs a private key.
"""

from __future__ import annotations

import base64
import os
import stat
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from newsletter.errors import SettingsError, UsageError
from newsletter.messages import Signer, SigningKey
from newsletter.settings import DkimSettings

#: Bits of a new key, and the fewest one may have (RFC 8301, 3.2).
RSA_BITS = 2048
#: Octets of one string in a TXT record (RFC 1035, 3.3.14).
_LONGEST_STRING = 255
_OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """What is published so that receivers can check our signatures."""

    name: str
    value: str

    @property
    def line(self) -> str:
        """The record as zone files have it, in strings short enough."""
        strings = (
            f'"{self.value[start : start + _LONGEST_STRING]}"'
            for start in range(0, len(self.value), _LONGEST_STRING)
        )
        return f"{self.name}. IN TXT ( {' '.join(strings)} )"


def signer(settings: DkimSettings, *, from_address: str) -> Signer | None:
    """Return who signs mail from an address; None if that is not set, so that a relay does.

    Raises SettingsError: a key file is missing, open to others, no key or a weak one; or the
    domain that signs is not that of the address, or one above it (RFC 9989: no alignment).
    """
    if settings.key_file is None:
        return None
    theirs = from_address.rpartition("@")[2].lower()
    domain = (settings.domain or theirs).lower()
    if theirs != domain and not theirs.endswith(f".{domain}"):
        raise SettingsError(
            "The setting dkim.domain is {domain}, but mail comes from {theirs}, so the signature "
            "would count for nothing. Nothing was sent. Set it to {theirs}, or leave it out.",
            domain=domain,
            theirs=theirs,
        )
    keys = [SigningKey(settings.selector, _rsa(settings.key_file))]
    if settings.ed25519_key_file is not None:
        second = _ed25519(settings.ed25519_key_file)
        keys.append(SigningKey(settings.ed25519_selector, second))
    return Signer(domain, tuple(keys))


def record(key: SigningKey, domain: str) -> DnsRecord:
    """Return what to publish for a key (RFC 6376, 3.6.1; RFC 8463, 4)."""
    if isinstance(key.private, RSAPrivateKey):
        kind, form = "rsa", serialization.PublicFormat.SubjectPublicKeyInfo
        public = key.private.public_key().public_bytes(serialization.Encoding.DER, form)
    else:
        kind, public = "ed25519", key.private.public_key().public_bytes_raw()
    value = f"v=DKIM1; k={kind}; p={base64.b64encode(public).decode()}"
    return DnsRecord(f"{key.selector}._domainkey.{domain}", value)


def new_selector(today: date, *, is_ed25519: bool) -> str:
    """Return a selector that says when its key was made, and so when it is time for a new one.

    >>> new_selector(date(2026, 11, 20), is_ed25519=False)
    'nb202611'
    """
    return f"nb{today:%Y%m}{'e' if is_ed25519 else ''}"


def create(file: Path, *, selector: str, is_ed25519: bool) -> SigningKey:
    """Write a new key to a file that its owner alone may read, and return it.

    Raises UsageError: the file exists already, or its folder cannot be written to.
    """
    private = Ed25519PrivateKey.generate() if is_ed25519 else generate_private_key(65537, RSA_BITS)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(
            "{path} exists already and was left as it is: mail may be signed with it. "
            "No key was made. Give another file.",
            path=str(file),
        ) from None
    except OSError as error:
        raise _unwritable(file, error) from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
    except OSError as error:
        file.unlink(missing_ok=True)
        raise _unwritable(file, error) from error
    return SigningKey(selector, private)


def _unwritable(file: Path, error: OSError) -> UsageError:
    return UsageError(
        "{path} cannot be written ({cause}). No key was made. "
        "Check the folder, its permissions and free space.",
        path=str(file),
        cause=error.strerror,
    )


def _rsa(file: Path) -> RSAPrivateKey:
    key = _read(file)
    if not isinstance(key, RSAPrivateKey):
        raise _no_key(file, "RSA")
    if key.key_size < RSA_BITS:
        raise SettingsError(
            "The DKIM key {path} has only {n} bits; receivers want {bits}. Nothing was sent. "
            "Make one: newsletter dkim create-key",
            path=str(file),
            n=key.key_size,
            bits=RSA_BITS,
        )
    return key


def _ed25519(file: Path) -> Ed25519PrivateKey:
    key = _read(file)
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(file, "Ed25519")
    return key


def _no_key(file: Path, kind: str) -> SettingsError:
    return SettingsError(
        "The file {path} is no private key of the kind {kind} in PEM form without a password. "
        "Nothing was sent. Make one: newsletter dkim create-key",
        path=str(file),
        kind=kind,
    )


def _read(file: Path) -> object:
    """Return the key in a file that is closed to others; None if there is none in it."""
    try:
        with file.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            pem = stream.read()
    except OSError as error:
        raise SettingsError(
            "The DKIM key {path} cannot be read ({cause}). Nothing was sent. Check the setting "
            "dkim, or make a key: newsletter dkim create-key",
            path=str(file),
            cause=error.strerror,
        ) from error
    if mode & _OTHERS_MAY:
        raise SettingsError(
            "Others on this machine may read the DKIM key {path}, and so sign mail in our name. "
            "Nothing was sent. Close it: chmod 600 {path}",
            path=str(file),
        )
    try:
        return serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
