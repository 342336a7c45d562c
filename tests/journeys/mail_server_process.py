"""A mail server that can be killed; run with `python -m`.

Takes a port and a file; a line of the file is the recipient of a message it accepted. The line is
written before the answer is: like any server, it knows first.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


class _Handler:
    def __init__(self, file: Path) -> None:
        self._mailbox = file.open("a", encoding="ascii", buffering=1)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, name: str, responses: list[str]
    ) -> list[str]:
        session.host_name = name
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self._mailbox.write(f"{envelope.rcpt_tos[0]}\n")
        return "250 2.0.0 OK queued"


def main(port: str, file: str) -> None:
    Controller(_Handler(Path(file)), hostname=HOST, port=int(port)).start()
    print("ready", flush=True)
    signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
