"""Connect to a web server: resolve its name once, check every answer, use that very address."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from newsletter.fetching.errors import ForbiddenAddressError, UnreachableError
from newsletter.fetching.public_addresses import is_public

#: Name and port to addresses.
Resolve = Callable[[str, int], Sequence[str]]
#: Address, port and seconds to an open connection.
Connect = Callable[[str, int, float], socket.socket]

_PORTS = {"http": 80, "https": 443}
#: Ports below this belong to the services of a machine; the web has two of them.
_FIRST_FREE_PORT = 1024
#: Of several addresses that a name may have.
_MOST_TRIED = 4


@dataclass(frozen=True, slots=True)
class Target:
    """Where a page is."""

    scheme: str
    host: str
    port: int
    #: Path and query.
    path: str

    @property
    def host_header(self) -> str:
        """The host as the request names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """Return where an address leads.

    Raises ForbiddenAddressError: no web address, a name or password in it, or a port that no web
    server has.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        host = host if ":" in host else host.encode("idna").decode("ascii")
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except (ValueError, UnicodeError):
        raise _forbidden(url) from None
    is_web = parts.scheme in _PORTS and host and "@" not in parts.netloc
    if not is_web or not (port in _PORTS.values() or port >= _FIRST_FREE_PORT):
        raise _forbidden(url)
    path = http_path(parts.path, parts.query)
    return Target(parts.scheme, host, port, path)


def http_path(path: str, query: str) -> str:
    """Return path and query as a request line carries them: in ASCII, without blanks."""
    whole = f"{path or '/'}{'?' + query if query else ''}"
    return "".join(
        sign
        if "!" <= sign <= "~"
        else "".join(f"%{byte:02X}" for byte in sign.encode("utf-8", "replace"))
        for sign in whole
    )


def resolved(host: str, port: int) -> list[str]:
    """Return the addresses of a name, each once.

    Raises OSError: the name has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def connected(address: str, port: int, seconds: float) -> socket.socket:
    """Return a connection to an address.

    Raises OSError: nobody answers.
    """
    return socket.create_connection((address, port), timeout=seconds)


@contextmanager
def connection(
    target: Target, *, deadline: float, resolve: Resolve, connect: Connect, tls: ssl.SSLContext
) -> Iterator[http.client.HTTPConnection]:
    """Yield a connection that is cut at the deadline, whatever the other side does.

    Raises ForbiddenAddressError: the name leads into a network of our own; UnreachableError.
    """
    opened = _open(target, deadline=deadline, resolve=resolve, connect=connect)
    # A second handle on the same connection: cutting it ends every read, of TLS as well.
    handle = opened.dup()
    knife = threading.Timer(max(0.0, deadline - time.monotonic()), _cut, [handle])
    knife.daemon = True
    knife.start()
    try:
        if target.scheme == "https":
            opened = tls.wrap_socket(opened, server_hostname=target.host)
        made = http.client.HTTPConnection(target.host, target.port)
        made.sock = opened
        yield made
    finally:
        knife.cancel()
        opened.close()
        handle.close()


def _cut(handle: socket.socket) -> None:
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


def _open(target: Target, *, deadline: float, resolve: Resolve, connect: Connect) -> socket.socket:
    try:
        addresses = resolve(target.host, target.port)
    except (OSError, UnicodeError) as error:
        raise UnreachableError(
            "There is no server called {host}. Nothing was fetched. Check the address; without a "
            "connection to the internet no page can be fetched.",
            host=target.host,
        ) from error
    if not addresses or not all(map(is_public, addresses)):
        raise ForbiddenAddressError(
            "{host} is inside a network of our own, and only pages of the open internet are "
            "fetched. Nothing was fetched. Save the page in your browser and import the file.",
            host=target.host,
        )
    cause: OSError | None = None
    for address in addresses[:_MOST_TRIED]:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            break
        try:
            return connect(address, target.port, seconds / 2)
        except OSError as error:
            cause = error
    raise UnreachableError(
        "{host} does not answer. Nothing was fetched. Try again later, or save the page in your "
        "browser and import the file.",
        host=target.host,
    ) from cause


def _forbidden(url: str) -> ForbiddenAddressError:
    return ForbiddenAddressError(
        "{url} is no address of a web page that can be fetched. Nothing was fetched. Write it like "
        "https://www.example.org/nyheter, without a name, a password or a port of another service.",
        url=url[:200],
    )
