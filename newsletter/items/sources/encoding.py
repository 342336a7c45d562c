"""Turn the bytes of a source into text, or say that they are none."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

from newsletter.errors import SourceError

UTF_8, UTF_16, WINDOWS_1252 = "UTF-8", "UTF-16", "Windows-1252"

#: Bytes at the beginning in which a page says how it is written.
_HEAD = 2048
_DECLARED = re.compile(rb"(?:encoding|charset)\s*=\s*[\"']?\s*(?P<name>[A-Za-z0-9_-]{3,20})")
_OTHERS = re.compile(r"iso-8859-(?:[2-9]|10|13|14|15|16)|windows-125[013-8]|koi8-r|macintosh")
#: Controls that no text has; tabs, line ends and form feeds are not among them.
_NOT_TEXT = re.compile("[\\x00-\\x08\\x0e-\\x1a\\x1c-\\x1f]")


def decoded(raw: bytes) -> tuple[str, str]:
    """Return the text of a source, and the name of the encoding it was in.

    UTF-8 with or without a byte order mark, UTF-16 with one, else what it says of itself, else
    Windows-1252, which ISO-8859-1 means on the web (WHATWG Encoding, 4.2).

    Raises SourceError: these bytes are no text in any of them.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strictly(raw, "utf-16"), UTF_16
    try:
        return raw.decode("utf-8-sig"), UTF_8
    except UnicodeDecodeError:
        declared = _DECLARED.search(raw[:_HEAD])
        name = declared["name"].decode().lower() if declared else ""
        if _OTHERS.fullmatch(name):
            return _strictly(raw, name), name
        return _strictly(raw, "windows-1252"), WINDOWS_1252


def refuse_controls(lines: Iterable[str]) -> None:
    """Let lines of text pass.

    Raises SourceError: they hold control characters, as pictures and programs do.
    """
    if any(_NOT_TEXT.search(line) for line in lines):
        raise _no_text()


def _strictly(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        raise _no_text() from None


def _no_text() -> SourceError:
    return SourceError(
        "This is no text: it holds bytes that no text has, as pictures and Word files do. "
        "Nothing was stored. Open the page in a browser, mark all of it, paste it into an empty "
        "text file, save that as UTF-8 and import it."
    )
