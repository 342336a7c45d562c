"""Files that commands read and write: text in, whole files out."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from newsletter.errors import ExplainedError, UsageError

#: Stands for standard input.
DASH = Path("-")


def read_text(file: Path) -> str:
    """Return the text of a UTF-8 file, or of standard input for `-`.

    Raises UsageError: there is no such file, or it is not UTF-8.
    """
    try:
        raw = sys.stdin.buffer.read() if file == DASH else file.read_bytes()
        return raw.decode("utf-8-sig").replace("\r\n", "\n").strip("\n")
    except OSError as error:
        raise UsageError(
            "The file {path} cannot be read ({cause}). Nothing was changed.",
            path=str(file),
            cause=error.strerror,
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            "The file {path} is not UTF-8. Nothing was changed. Save it as UTF-8 and try again.",
            path=str(file),
        ) from error


def write_whole(file: Path, content: bytes) -> None:
    """Write a file completely or not at all; an older one stays until the new one is whole.

    Raises ExplainedError: the disk is full, or the folder cannot be written to.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as beside:
            try:
                beside.write(content)
                beside.flush()
                os.fsync(beside.fileno())
            except OSError:
                Path(beside.name).unlink(missing_ok=True)
                raise
        Path(beside.name).chmod(0o644)
        Path(beside.name).replace(file)
    except OSError as error:
        raise ExplainedError(
            "The file {path} could not be written ({cause}). Nothing of it was kept. "
            "Check free disk space and permissions, then try again.",
            path=str(file),
            cause=error.strerror,
        ) from error


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file beside `path` that becomes it if all went well, and is gone otherwise.

    Raises UsageError: there is a file of that name; ExplainedError: it cannot be written.
    """
    if path.exists():
        raise UsageError(
            "There is a file {path} already. Nothing was written. "
            "Choose another name, or delete it.",
            path=str(path),
        )
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.unlink(missing_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            beside.rename(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise ExplainedError(
            "The file {path} could not be written ({cause}). Nothing of it was kept. "
            "Check free disk space and permissions, then try again.",
            path=str(path),
            cause=error.strerror,
        ) from error
