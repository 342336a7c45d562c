"""Tidy text: odd blanks, signs nobody sees, and the marks that say a text was cut off."""

from __future__ import annotations

import re
import unicodedata

#: Windows-1252 marks that came through as control characters (a dash as U+0096).
MISREAD = {
    code: bytes([code]).decode("windows-1252", errors="ignore") for code in range(0x80, 0xA0)
} | {0x85: " "}
#: Soft hyphen, zero-width blanks, direction marks, byte order marks, half characters, and controls
#: other than blanks.
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\\x00-\\x08\\x0e-\\x1b\\x7f]"
)
#: Joins the parts of an emoji; between letters it is debris.
_STRAY_JOINER = re.compile("(?<=\\w)\u200d|\u200d(?=\\w)")
_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")

_READ_MORE = re.compile(
    r"[\s.…»›>|–-]*(?<!\w)"
    r"(?:L(?:äs|ÄS) (?:mera?|MERA?|vidare|hela (?:nyheten|artikeln|texten))|Read more)"
    r"[\s.…»›>→]*$"
)
#: Longest "Läs mer" with its blanks and arrows; only the end of a text is searched.
_TAIL = 60
_BRACKETED = re.compile(r"(?:\[\s{0,3}(?:…|\.{2,9})\s{0,3}\]|\(\s{0,3}(?:…|\.{2,9})\s{0,3}\))$")


def line(text: str) -> str:
    r"""Return a text on one line: NFC, one plain blank between words, nothing unseen.

    >>> line(" Den\u00a0 20\u202fjanu\u00adari ")
    'Den 20 januari'
    """
    seen = _STRAY_JOINER.sub("", _UNSEEN.sub("", text.translate(MISREAD)))
    return " ".join(unicodedata.normalize("NFC", seen).split())


def paragraphs(text: str) -> str:
    """Return a text with each paragraph on one line and a blank line between them."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return "\n\n".join(filter(None, map(line, _PARAGRAPHS.split(unified))))


def uncut(text: str) -> tuple[str, bool]:
    """Return a text tidied and without the marks that say it was cut off, and whether it had any.

    Marks are runs of full stops, an ellipsis, either in brackets, and "Läs mer" at the end.

    >>> uncut("Den 7 februari var vi i Bryssel. En......")
    ('Den 7 februari var vi i Bryssel. En', True)
    >>> uncut("Vi var där.")
    ('Vi var där.', False)
    """
    tidied = paragraphs(text)
    end = len(tidied)
    # By position: cutting copies off a long text would take the square of its length.
    while (shorter := _before_mark(tidied, end)) < end:
        end = shorter
    return tidied[:end].rstrip(), end < len(tidied)


def _before_mark(text: str, end: int) -> int:
    """Return where a text ends without its last mark of truncation; `end` if it has none."""
    while end and text[end - 1].isspace():
        end -= 1
    begin = end
    while begin and text[begin - 1] in ".… \n":
        begin -= 1
    run = text[begin:end]
    marks = [at for at in (run.find("…"), run.find("..")) if at >= 0]
    if marks:
        return begin + min(marks)
    tail_begins = max(0, end - _TAIL)
    tail = text[tail_begins:end]
    if match := _BRACKETED.search(tail) or _READ_MORE.search(tail):
        # "… med länet. Läs mer": the stop ends the sentence before.
        mark = match.group()
        is_stop = mark.startswith(".") and not mark.startswith("..")
        return tail_begins + match.start() + is_stop
    return end
