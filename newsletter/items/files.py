"""Files that fill the content store, read no further than they may be long."""

from __future__ import annotations

import sys
from pathlib import Path

from newsletter.errors import SourceError

#: Stands for standard input.
DASH = Path("-")


def read_at_most(file: Path, most: int) -> bytes:
    """Return the bytes of a file, or of standard input for `-`; `most` and one more at the most.

    The one byte more tells the caller that the file is too long.

    Raises SourceError: the file is missing, a folder, or closed to us.
    """
    try:
        if file == DASH:
            return sys.stdin.buffer.read(most + 1)
        with file.open("rb") as stream:
            return stream.read(most + 1)
    except FileNotFoundError as error:
        raise SourceError(
            "There is no file {path}. Nothing was stored. Check the name and the folder.",
            path=str(file),
        ) from error
    except IsADirectoryError as error:
        raise SourceError(
            "{path} is a folder. Nothing was stored. Name a file in it.", path=str(file)
        ) from error
    except (OSError, ValueError) as error:
        raise SourceError(
            "The file {path} cannot be read ({cause}). Nothing was stored. "
            "Check its permissions and try again.",
            path=str(file),
            cause=getattr(error, "strerror", None) or str(error),
        ) from error
