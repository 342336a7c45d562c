"""Tidy text: odd blanks, signs nobody sees, and the marks that say a text was cut off."""

from __future__ import annotations

import re
import unicodedata

#: Windows-1252 marks that came through as control characters (a dash as U+0096).
_MISREAD = {
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
    seen = _STRAY_JOINER.sub("", _UNSEEN.sub("", text.translate(_MISREAD)))
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
    kept = paragraphs(text)
    truncated = False
    while True:
        shorter = _without_one_mark(kept)
        if shorter == kept:
            return kept, truncated
        kept, truncated = shorter, True


def _without_one_mark(text: str) -> str:
    text = text.rstrip()
    if match := _BRACKETED.search(text, max(0, len(text) - _TAIL)):
        return text[: match.start()].rstrip()
    # Stops and blanks in any mixture, taken as one run: found from the end, so in linear time.
    run = text[len(text.rstrip(".… \n")) :]
    if "…" in run or ".." in run:
        first = min(at for at in (run.find("…"), run.find("..")) if at >= 0)
        return text[: len(text) - len(run) + first].rstrip()
    head, tail = text[:-_TAIL], text[-_TAIL:]
    if match := _READ_MORE.search(tail):
        return (head + tail[: match.start()] + _stop_of(match.group())).rstrip()
    return text


def _stop_of(mark: str) -> str:
    # "… med länet. Läs mer": the stop ends the sentence before.
    return "." if mark.startswith(".") and not mark.startswith("..") else ""
