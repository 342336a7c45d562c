"""A network in which everything takes its time, and as much of it as one likes.

Run as `python -m benchmarks.delay PORT TARGET MILLISECONDS`: what goes to PORT comes to TARGET so
much later, and so do the answers. Bandwidth is not limited, so only round trips cost anything.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.servers import free_port, serving


class _End(asyncio.Protocol):
    """One end of a connection: what it reads is written to the other one later."""

    def __init__(self, seconds: float) -> None:
        self._later = seconds
        self._loop = asyncio.get_running_loop()
        self.other: asyncio.Transport | None = None
        self._before: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a benchmark
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._loop.call_later(self._later, self._pass_on, data)

    def eof_received(self) -> bool:
        self._loop.call_later(self._later, self._close)
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._close()

    def _pass_on(self, data: bytes) -> None:
        if self.other is None:
            self._before.append(data)
        else:
            self.other.write(data)

    def _close(self) -> None:
        if self.other is not None:
            self.other.close()

    def join(self, other: asyncio.Transport) -> None:
        """Begin to write to the other end."""
        self.other = other
        for data in self._before:
            other.write(data)


class _Near(_End):
    """The end a client connects to; makes the far one."""

    def __init__(self, seconds: float, target: int) -> None:
        super().__init__(seconds)
        self._target = target

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._connecting = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        far = _End(self._later)
        connection, _ = await self._loop.create_connection(lambda: far, "127.0.0.1", self._target)
        far.join(self.transport)
        self.join(connection)


async def _serve(port: int, target: int, milliseconds: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Near(milliseconds / 1000, target), "127.0.0.1", port)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


@contextmanager
def running(target: int, milliseconds: float) -> Iterator[int]:
    """Put the delay, each way, before a port on 127.0.0.1; gives the port to connect to."""
    port = free_port()
    with serving("benchmarks.delay", port, target, milliseconds):
        yield port


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
