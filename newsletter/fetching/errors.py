"""Why a page was not fetched. Each says what the editor can do."""

from __future__ import annotations

from typing import Any

from newsletter.errors import ExplainedError, SourceError, UnsafeError

__all__ = [
    "FetchError",
    "ForbiddenAddressError",
    "StatusError",
    "UnreachableError",
    "UnwelcomeError",
]


class FetchError(SourceError):
    """A page could not be fetched."""


class ForbiddenAddressError(FetchError, UnsafeError):
    """The address, or what it leads on to, is none that may be fetched (exit 4)."""

    exit_code = UnsafeError.exit_code


class UnreachableError(FetchError):
    """Nobody answers, or not in time, or not as who they should be."""


class UnwelcomeError(FetchError):
    """The server asks programs to stay away, or to come back later."""


class StatusError(FetchError):
    """The server answers, but not with the page."""

    def __init__(self, message: str, /, *, status: int, **fields: Any) -> None:
        """Take the status as HTTP has it, like 404."""
        ExplainedError.__init__(self, message, status=status, **fields)
        self.status = status
