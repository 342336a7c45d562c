"""Everything that can go wrong in `newsletter`, by who has to act.

The root and the general ones (`UsageError`, `UnsafeError`, `BusyError`) are in
`subscribers.errors`.

* ExplainedError
  - SettingsError           the operator: a setting is missing or misspelt (exit 2)
  - StorageError            the operator: the database or the disk said no
  - SourceError             the editor: this is not a page we can read
  - NoSuchError             whoever asked: there is no such item, issue, picture or section
  - RenderingError          the designer: a template did not become a message
  - HeaderError             whoever wrote it: this cannot stand in a header of a message
  - IssueStateError         the editor: not possible while the issue is in this state (exit 4)
  - UncheckedError          the editor: red hints, or yellow ones nobody accepted (exit 4)
  - TamperedError           the operator: what was approved is not what is stored (exit 4)
  - TransportError          the operator: the mail server cannot be used at all
  - ListeningError          the operator: no page can be served on that host and port
"""

from __future__ import annotations

from subscribers.errors import BusyError, ExplainedError, UnsafeError, UsageError

__all__ = [
    "BusyError",
    "ExplainedError",
    "HeaderError",
    "IssueStateError",
    "ListeningError",
    "NoSuchError",
    "RenderingError",
    "SettingsError",
    "SourceError",
    "StorageError",
    "TamperedError",
    "TransportError",
    "UncheckedError",
    "UnsafeError",
    "UsageError",
]


class SettingsError(UsageError):
    """A setting is missing, misspelt or has no meaning."""


class StorageError(ExplainedError):
    """The database or the disk did not do as asked; nothing was half-written."""


class SourceError(ExplainedError):
    """The source cannot be read as news; nothing was stored."""


class NoSuchError(ExplainedError):
    """There is no item, issue, picture or section by that name."""


class RenderingError(ExplainedError):
    """A template, or the text put into it, did not become a message."""


class HeaderError(ExplainedError):
    """A text, name or address cannot stand in a header; no message was made."""


class IssueStateError(UnsafeError):
    """What was asked for is not possible while the issue is in this state."""


class UncheckedError(UnsafeError):
    """The issue has red hints, or yellow ones that nobody accepted."""


class TamperedError(UnsafeError):
    """What is stored is not what was approved, or written into the log."""


class TransportError(ExplainedError):
    """The mail server cannot be reached, trusted or logged in to; no reader is to blame."""


class ListeningError(ExplainedError):
    """The port is taken, or the host is no address of this machine; no page is served."""
