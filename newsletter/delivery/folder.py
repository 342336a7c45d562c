"""Write messages to a folder instead of sending them: to try things out without a server."""

from __future__ import annotations

import re
from pathlib import Path

from newsletter.delivery.connecting import ServerUnavailableError
from newsletter.delivery.outcomes import Accepted, Outcome, ServerUnavailable
from newsletter.delivery.reasons import Reason
from newsletter.delivery.replies import shown
from newsletter.delivery.transport import Message, Supply

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^>]*)>", re.IGNORECASE | re.MULTILINE)


class FolderTransport:
    """Writes each message as an .eml file named for its Message-ID; nobody gets anything."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = False

    @property
    def is_connected(self) -> bool:
        """Whether the folder was made."""
        return self._made

    async def connect(self) -> None:
        """Make the folder.

        Raises ServerUnavailableError: it cannot be made.
        """
        try:
            # Every message holds an address, and a link that unsubscribes it.
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ServerUnavailableError(
                "The folder {path} cannot be made ({cause}). What was not written waits. "
                "Check permissions and free space, then run the same command again.",
                path=str(self._folder),
                cause=error.strerror or str(error),
            ) from error
        self._made = True

    async def send(self, supply: Supply) -> None:
        """Write messages; a second try of one replaces the first."""
        while (message := supply.take()) is not None:
            supply.went(self._write(message))

    def _write(self, message: Message) -> Outcome:
        found = _MESSAGE_ID.search(message.text)
        message_id = found[1].decode("ascii", "replace") if found else ""
        name = re.sub(r"[^A-Za-z0-9@._-]", "_", message_id).lstrip(".") or "message"
        path = self._folder / f"{name}.eml"
        beside = path.with_name(f"{path.name}.part")
        try:
            beside.touch(mode=0o600)
            beside.write_bytes(message.text)
            beside.replace(path)
        except OSError as error:
            return ServerUnavailable(shown(f"{path.name}: {error.strerror or error}"))
        return Accepted(f"250 {path.name}", Reason.WRITTEN)

    async def close(self) -> None:
        """Do nothing; every message is whole already."""
