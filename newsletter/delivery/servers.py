"""The mail servers that the settings name: one, or several that share the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from newsletter.delivery import limits, smtp_url
from newsletter.delivery.limits import Limit
from newsletter.delivery.smtp import SmtpTransport, Timeouts
from newsletter.delivery.smtp_url import SmtpServer
from newsletter.delivery.transport import Transport
from newsletter.errors import SettingsError, TransportError
from newsletter.settings import Settings, SmtpServerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One mail server: its connections, and how much of the work is its own."""

    #: One for each connection.
    transports: Sequence[Transport]
    #: Where it is; None for what is no mail server.
    address: SmtpServer | None = None
    #: What it is called where there are several.
    name: str = ""
    #: Its share beside the weights of the others; 0: what it can take.
    weight: int = 0
    #: Spreads what this process hands to it; 0: as fast as it takes them.
    messages_per_second: float = 0.0
    #: What all workers together may hand to it.
    limits: Sequence[Limit] = field(default_factory=tuple)


def of_settings(settings: Settings) -> list[Server]:
    """Return the mail servers in the order of the settings, with nothing connected.

    Raises SettingsError: there is none, or one cannot be understood.
    """
    if not settings.smtp_servers:
        address = smtp_url.parse(settings.smtp_url.get_secret_value())
        return [
            Server(
                transports=_transports(settings, address, settings.smtp_connections),
                address=address,
                messages_per_second=settings.messages_per_second,
            )
        ]
    return [_server(settings, named) for named in settings.smtp_servers]


def _server(settings: Settings, named: SmtpServerSettings) -> Server:
    try:
        address = smtp_url.parse(named.url.get_secret_value())
    except SettingsError as error:
        raise SettingsError(
            "The mail server {name} in smtp_servers has a wrong url. {problem}",
            name=named.name,
            problem=error.sentence,
        ) from None
    rates = (settings.messages_per_second, named.messages_per_second)
    return Server(
        name=named.name,
        transports=_transports(settings, address, named.connections),
        address=address,
        weight=named.weight,
        messages_per_second=min((rate for rate in rates if rate), default=0.0),
        limits=limits.of_scope(
            f"server {named.name}",
            per_second=named.messages_per_second,
            per_hour=named.messages_per_hour,
        ),
    )


def _transports(settings: Settings, address: SmtpServer, connections: int) -> list[SmtpTransport]:
    timeouts = Timeouts(final_dot=settings.final_dot_timeout)
    return [
        SmtpTransport(address, host_name=settings.smtp_hostname, timeouts=timeouts)
        for _ in range(connections)
    ]


async def reach(servers: Sequence[Server]) -> Transport:
    """Return the first connection that gets in, closed again: before an audience is frozen for it.

    Raises TransportError: no server lets us in, and why the first one does not; nothing was sent.
    """
    errors: list[TransportError] = []
    for server in servers:
        try:
            await server.transports[0].connect()
        except TransportError as error:
            errors.append(error)
        else:
            await server.transports[0].close()
            return server.transports[0]
    raise errors[0]
