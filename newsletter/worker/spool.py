"""Withdrawals that could not be stored: kept as files until the database takes them.

Whoever leaves is let go even while the database is locked, moved or repaired (RFC 8058 knows no
"come back later"). A wish is one small file, on the disk before it is answered; the file goes only
after its wish was committed. A wish found again after a crash is not applied a second time: what
the person did after it counts.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.app import App
from newsletter.errors import StorageError
from subscribers import consent
from subscribers.tokens import Claim, Purpose

_ENDING = ".withdrawal"


@dataclass(frozen=True, slots=True)
class _Wish:
    """Somebody's wish to leave, and when it was made."""

    subscriber_id: int
    newsletter_id: int
    at: datetime
    source: str


def keep(app: App, claim: Claim, *, source: str) -> None:
    """Write down that somebody leaves; on the disk when this returns.

    Raises StorageError: the disk takes nothing.
    """
    if claim.purpose is not Purpose.UNSUBSCRIBE:
        raise ValueError("only who may leave, leaves")
    folder = app.settings.spool_dir
    wish = {
        "subscriber": claim.subscriber_id,
        "newsletter": claim.newsletter_id,
        "at": app.clock().isoformat(),
        "source": source,
    }
    unfinished = folder / f".{secrets.token_hex(16)}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with unfinished.open("x", encoding="utf-8") as stream:
            json.dump(wish, stream)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.rename(folder / (unfinished.name.lstrip(".") + _ENDING))
        _sync(folder)
    except OSError as error:
        raise StorageError(
            "The folder {path} cannot be written to ({cause}). Nothing was changed. "
            "Check free disk space and permissions.",
            path=str(folder),
            cause=error.strerror or str(error),
        ) from error


def is_filled(app: App) -> bool:
    """Tell whether somebody's wish waits."""
    return next(_files(app), None) is not None


def apply(app: App) -> int:
    """Store the wishes that wait, and forget their files; return how many were stored.

    Safe to run twice, by several processes, or to be broken off.

    Raises BusyError, StorageError: the database takes nothing; the wishes stay.
    """
    applied = 0
    for file in sorted(_files(app)):
        wish = _read(file)
        if wish is None:
            # Another process was quicker; or it is no wish, and left for somebody to look at.
            continue
        with app.database.writing() as session:
            if not consent.acted_since(
                session, wish.subscriber_id, wish.newsletter_id, since=wish.at
            ):
                consent.unsubscribe(
                    session,
                    wish.subscriber_id,
                    wish.newsletter_id,
                    source=wish.source,
                    at=wish.at,
                )
                applied += 1
        file.unlink(missing_ok=True)
        _sync(file.parent)
    return applied


def _files(app: App) -> Iterator[Path]:
    return app.settings.spool_dir.glob(f"*{_ENDING}")


def _read(file: Path) -> _Wish | None:
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return _Wish(
            int(said["subscriber"]),
            int(said["newsletter"]),
            datetime.fromisoformat(said["at"]),
            str(said["source"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sync(folder: Path) -> None:
    """See to it that the names in a folder are on the disk, too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
