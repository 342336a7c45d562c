"""A real SMTP server on loopback that keeps every message as a file."""

from __future__ import annotations

import email
import email.policy
import hashlib
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from newsletter.cli.files import write_whole


class Mailbox:
    """Use as a context manager; what is accepted lies in `folder`, one .eml each."""

    def __init__(self, folder: Path, *, host: str, port: int) -> None:
        self.folder = folder
        self.url = f"smtp+plain://{host}:{port}"
        self._controller = Controller(self, hostname=host, port=port)

    async def handle_EHLO(  # noqa: N802  # aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Announce PIPELINING, which aiosmtpd takes but does not mention."""
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the message; 250 only when the file is whole."""
        content = bytes(envelope.original_content or b"")
        name = f"{envelope.rcpt_tos[0]}-{hashlib.sha256(content).hexdigest()[:8]}.eml"
        write_whole(self.folder / name.replace("/", "_"), content)
        return "250 2.0.0 kept"

    def messages(self) -> list[EmailMessage]:
        """Return every kept message, by file name."""
        return [
            email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            for file in sorted(self.folder.glob("*.eml"))
        ]

    def __enter__(self) -> Mailbox:
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop(no_assert=True)
