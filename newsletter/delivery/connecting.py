"""Open an SMTP session: connect, protect the connection, log in. The only door to aiosmtplib.

Whatever goes wrong here is said about the server or the settings, never about a reader.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar, cast

import aiosmtplib

from newsletter.delivery.outcomes import Stage
from newsletter.delivery.replies import Reply, shown
from newsletter.delivery.smtp_url import Security, SmtpServer
from newsletter.errors import SettingsError, TransportError

Result = TypeVar("Result")

#: A command that a server does not know, or does not do (RFC 5321, 4.2.2).
_UNKNOWN_COMMAND = {500, 502}


class ServerUnavailableError(TransportError):
    """The server cannot be reached just now; trying again later may help."""


class SenderMisconfiguredError(TransportError):
    """The server does not let us in, or is not who it should be; somebody must change something."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session after EHLO, TLS and login."""

    transport: asyncio.Transport
    #: The server wants to know the size beforehand (RFC 1870).
    takes_size: bool
    #: Most bytes it takes; None if it does not say.
    size_limit: int | None
    #: Several commands may be written before their replies are read (RFC 2920).
    pipelines: bool


async def open_session(
    server: SmtpServer, *, host_name: str, connect_within: float, answer_within: float
) -> OpenSession:
    """Open a session; times in seconds, `host_name` is what this machine calls itself.

    Raises ServerUnavailableError: trying again later may help; SenderMisconfiguredError: somebody
    must change something.
    """
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        local_hostname=host_name,
        timeout=answer_within,
        use_tls=server.security is Security.IMPLICIT,
        start_tls=False,
        tls_context=None if server.security is Security.NONE else _tls_context(server),
    )
    try:
        await _introduce(client, server, connect_within)
    except BaseException:
        client.close()
        raise
    if client.transport is None:
        raise _unavailable(server, "the connection was closed by the server")
    limit = client.esmtp_extensions.get("size", "")
    return OpenSession(
        transport=cast(asyncio.Transport, client.transport),
        takes_size=client.supports_extension("size"),
        size_limit=int(limit) if limit.isdecimal() and int(limit) else None,
        pipelines=client.supports_extension("pipelining"),
    )


async def _introduce(client: aiosmtplib.SMTP, server: SmtpServer, connect_within: float) -> None:
    await _step(server, Stage.GREETING, client.connect(timeout=connect_within))
    await _step(server, Stage.EHLO, _greet(client))
    if server.security is Security.STARTTLS:
        if not client.supports_extension("starttls"):
            raise SenderMisconfiguredError(
                "The mail server {host} does not offer STARTTLS. Nothing was sent, and no "
                "password was shown. Use smtps:// with its TLS port, or smtp+plain:// if it "
                "is a relay on your own network.",
                host=server.name,
            )
        await _step(server, Stage.TLS, client.starttls())
        await _step(server, Stage.EHLO, _greet(client))
    if server.user:
        await _step(server, Stage.AUTH, client.login(server.user, server.password))


async def _greet(client: aiosmtplib.SMTP) -> None:
    """Say who we are; in the old way to a server that knows no other (RFC 5321, 3.2)."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if error.code not in _UNKNOWN_COMMAND:
            raise
        await client.helo()


async def _step(server: SmtpServer, stage: Stage, step: Awaitable[Result]) -> Result:
    try:
        return await step
    except ssl.SSLError as error:
        raise _untrusted(server, error) from error
    except aiosmtplib.SMTPResponseException as error:
        raise _rejected(server, stage, Reply(error.code, error.message)) from error
    except (aiosmtplib.SMTPConnectError, OSError) as error:
        if isinstance(error.__cause__, ssl.SSLError):
            raise _untrusted(server, error.__cause__) from error
        raise _unavailable(server, str(error.__cause__ or error)) from error
    except (aiosmtplib.SMTPException, ValueError) as error:
        if stage is not Stage.AUTH:
            raise _unavailable(server, str(error)) from error
        raise SenderMisconfiguredError(
            "It is not possible to log in to the mail server {host} ({cause}). "
            "Nothing was sent. Take user and password out of smtp_url, or ask whoever runs "
            "the server.",
            host=server.name,
            cause=shown(str(error)),
        ) from error


def _unavailable(server: SmtpServer, cause: str) -> ServerUnavailableError:
    return ServerUnavailableError(
        "The mail server {host} cannot be used just now ({cause}). What was not sent waits. "
        "Check smtp_url and that the server is running, then run the same command again.",
        host=server.name,
        cause=shown(cause),
    )


def _untrusted(server: SmtpServer, error: ssl.SSLError) -> SenderMisconfiguredError:
    return SenderMisconfiguredError(
        "The mail server {host} could not show that it is the right one ({cause}). "
        "Nothing was sent, and no password was shown. Check the host name in smtp_url; if the "
        "server has a certificate of your own, add ?ca=FILE to smtp_url.",
        host=server.name,
        cause=shown(getattr(error, "verify_message", "") or error.reason or str(error)),
    )


def _rejected(server: SmtpServer, stage: Stage, reply: Reply) -> TransportError:
    if stage is Stage.AUTH and reply.kind == 5:
        return SenderMisconfiguredError(
            "The mail server {host} did not accept the user name or the password ({reply}). "
            "What was not sent waits. Mend smtp_url, then run the same command again.",
            host=server.name,
            reply=reply.shown(server.user),
        )
    if stage is Stage.EHLO and reply.kind == 5:
        return SenderMisconfiguredError(
            "The mail server {host} does not accept the name this machine gives itself "
            "({reply}). What was not sent waits. Mend smtp_hostname, then run the same command "
            "again.",
            host=server.name,
            reply=reply.shown(),
        )
    return ServerUnavailableError(
        "The mail server {host} turns us away just now ({reply}). What was not sent waits. "
        "Ask whoever runs the server, or run the same command again later.",
        host=server.name,
        reply=reply.shown(),
    )


def _tls_context(server: SmtpServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.ca_file is not None:
        try:
            context.load_verify_locations(cafile=server.ca_file)
        except (ssl.SSLError, OSError) as error:
            raise SettingsError(
                "The certificate file {path} in the setting smtp_url cannot be read ({cause}). "
                "Nothing was sent. It must hold certificates in PEM form.",
                path=str(server.ca_file),
                cause=str(error),
            ) from error
    return context
