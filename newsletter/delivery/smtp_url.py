"""The setting `smtp_url`: which mail server, how protected, and as whom."""

from __future__ import annotations

import enum
import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote_to_bytes, urlsplit

from newsletter.errors import SettingsError
from subscribers.wording import Sentence


class Security(enum.Enum):
    """How the connection is protected."""

    #: STARTTLS, and nothing is said before it; never given up silently.
    STARTTLS = "smtp"
    #: TLS from the first byte (RFC 8314, 3.3).
    IMPLICIT = "smtps"
    #: No protection: for a relay on this machine or beside it.
    NONE = "smtp+plain"


_PORTS = {Security.STARTTLS: 587, Security.IMPLICIT: 465, Security.NONE: 25}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """A mail server to hand messages to."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)
    #: Certificates to trust besides the system's own (PEM).
    ca_file: Path | None = None

    @property
    def name(self) -> str:
        """Host and port, the way people write them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse(url: str) -> SmtpServer:
    """Return the server that the setting `smtp_url` names.

    User and password are percent-decoded; `?ca=FILE` names certificates to trust as well.

    Raises SettingsError: it is missing, or no such URL. Its message never holds the password.
    """
    if not url:
        raise SettingsError(
            "No mail server is set. Nothing was sent. "
            "Set smtp_url, like smtp://user:password@smtp.example.org:587, or write the messages "
            "to a folder: --to-folder out"
        )
    # urlsplit would take line ends out without a word.
    if any(character.isspace() or not character.isprintable() for character in url):
        raise _malformed(Sentence("it holds blanks or control characters"))
    parts, port = _split(url)
    try:
        security = Security(parts.scheme)
    except ValueError:
        raise _malformed(
            Sentence("it must begin with smtp:// (STARTTLS), smtps:// (TLS) or smtp+plain://")
        ) from None
    if not parts.hostname:
        raise _malformed(Sentence("there is no host in it"))
    if parts.path not in ("", "/") or parts.fragment:
        raise _malformed(
            Sentence("after host and port there is something that does not belong there")
        )
    user, password = _decoded(parts.username), _decoded(parts.password)
    if bool(user) != bool(password):
        raise _malformed(Sentence("user and password must both be there, or neither"))
    server = SmtpServer(
        host=parts.hostname,
        port=_PORTS[security] if port is None else port,
        security=security,
        user=user,
        password=password,
        ca_file=_ca_file(parts.query),
    )
    if user and security is Security.NONE and not _is_loopback(server.host):
        raise SettingsError(
            "The setting smtp_url would send its password unprotected to {host}. "
            "Nothing was sent. Use smtp:// (STARTTLS) or smtps:// instead of smtp+plain://.",
            host=server.host,
        )
    return server


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _malformed(Sentence("host or port cannot be read")) from None
    if port == 0:
        raise _malformed(Sentence("host or port cannot be read"))
    return parts, port


def _decoded(quoted: str | None) -> str:
    try:
        text = unquote_to_bytes(quoted or "").decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed(Sentence("user or password is not UTF-8")) from None
    if any(character < " " or character == "\x7f" for character in text):
        raise _malformed(Sentence("it holds blanks or control characters"))
    return text


def _ca_file(query: str) -> Path | None:
    options = dict(parse_qsl(query, keep_blank_values=True))
    name = options.pop("ca", None)
    if options:
        raise _malformed(Sentence("the only thing after ? is ca=FILE"))
    if name is None:
        return None
    if not Path(name).is_file():
        raise SettingsError(
            "The setting smtp_url names the certificate file {path}, which is not there. "
            "Nothing was sent. Write the path of a PEM file after ?ca=, or take it away.",
            path=name,
        )
    return Path(name)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _malformed(problem: Sentence) -> SettingsError:
    return SettingsError(
        "The setting smtp_url cannot be understood: {problem}. Nothing was sent. "
        "Write it like smtp://user:password@smtp.example.org:587; in user and password, write "
        "%40 for @, %3A for :, %2F for / and %25 for %.",
        problem=problem,
    )
