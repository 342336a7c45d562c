"""Where sessions come from; `newsletter.database` makes them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy.orm import Session


class Sessions(Protocol):
    """Sessions, each of a connection of its own or all of the same one."""

    def reading(self) -> AbstractContextManager[Session]:
        """Open a session that only reads."""

    def writing(self) -> AbstractContextManager[Session]:
        """Open a session that is committed at the end."""


class OneConnection(Sessions, Protocol):
    """Sessions of one connection: they share what stands in temporary tables."""

    def aside(self) -> AbstractContextManager[Session]:
        """Open a session that writes to temporary tables alone, and so keeps nobody waiting."""


class Database(Sessions, Protocol):
    """A whole database."""

    def on_one_connection(self) -> AbstractContextManager[OneConnection]:
        """Give a connection, which is closed at the end."""
