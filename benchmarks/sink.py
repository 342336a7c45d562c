"""An SMTP server that takes everything and keeps nothing: as fast a target as Python can be.

Run as `python -m benchmarks.sink PORT`. Several may share a port. It offers PIPELINING, answers
all it has read in one write, and looks at message text only to find its end.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from benchmarks.servers import free_port, program, serving

#: Postfix's smtp-sink is on this machine.
POSTFIX = shutil.which("smtp-sink") is not None

_END = b"\r\n.\r\n"
_EHLO = b"250-sink.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 0\r\n"
_BYE = b"221 2.0.0 Bye\r\n"


class _Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._in_text = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a benchmark
        self._transport = transport
        transport.write(b"220 sink.example.org ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._received += data
        replies = []
        while self._in_text or b"\n" in self._received:
            if self._in_text:
                end = self._received.find(_END)
                if end < 0:
                    # The end may be cut in two; nothing else is of interest.
                    del self._received[: -len(_END)]
                    break
                del self._received[: end + len(_END)]
                self._in_text = False
                replies.append(b"250 2.0.0 Ok: queued as 4XyZ1234ABCd\r\n")
                continue
            line, _, rest = self._received.partition(b"\n")
            self._received = rest
            replies.append(self._answer(bytes(line[:4]).upper()))
        if replies:
            self._transport.write(b"".join(replies))
        if replies and replies[-1] is _BYE:
            self._transport.close()

    def _answer(self, verb: bytes) -> bytes:
        if verb == b"DATA":
            self._in_text = True
            return b"354 End data with <CR><LF>.<CR><LF>\r\n"
        if verb == b"EHLO":
            return _EHLO
        if verb == b"QUIT":
            return _BYE
        return b"250 2.1.0 Ok\r\n"


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    server = await loop.create_server(_Sink, "127.0.0.1", port, reuse_port=True)
    print("ready", flush=True)
    async with server:
        await stopped.wait()


@contextmanager
def running(processes: int = 1) -> Iterator[int]:
    """Run a sink in processes of its own; gives the port on 127.0.0.1."""
    with socket.socket() as reserved, ExitStack() as sinks:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        for _ in range(processes):
            sinks.enter_context(serving("benchmarks.sink", port))
        yield port


@contextmanager
def postfix() -> Iterator[int]:
    """Run Postfix's smtp-sink; gives the port on 127.0.0.1."""
    port = free_port()
    # Run by root, it asks for somebody to become.
    user = ("-u", "nobody") if os.geteuid() == 0 else ()
    with program(port, "smtp-sink", *user, f"127.0.0.1:{port}", "100"):
        yield port


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
