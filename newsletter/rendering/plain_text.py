"""Lay out plain text: lines of at most 72 columns, links whole."""

from __future__ import annotations

import re
import textwrap

from newsletter.content import SLOTS
from newsletter.foreign_passages import unmarked

#: Room for a few ">" of an answer before 80 (RFC 3676, 4.2).
COLUMNS = 72

# Zero-width marks of HTML typography; a terminal shows them as hyphens or boxes.
_SOFT = re.compile("[\N{SOFT HYPHEN}\N{ZERO WIDTH SPACE}\N{WORD JOINER}]")


def wrapped(text: str, first: str = "", rest: str | None = None) -> str:
    r"""Return a text in lines of at most 72 columns, paragraphs and line breaks kept.

    `first` stands before the first line, `rest` (blanks as wide, if not given) before the others.
    Addresses of pages are never broken.

    >>> wrapped("Nytt  om\nhttps://www.example.org/", "* ")
    '* Nytt om\n  https://www.example.org/'
    """
    indent = " " * len(first) if rest is None else rest
    lines: list[str] = []
    for line in _SOFT.sub("", unmarked(text)).strip().split("\n"):
        lead = indent if lines else first
        lines.extend(_folded(line, lead, indent))
    return re.sub(r"\n\s*\n", "\n\n", "\n".join(lines))


def underlined(title: str, stroke: str = "-") -> str:
    r"""Return a heading with a line under it as long as its longest line.

    >>> underlined("Kalender")
    'Kalender\n--------'
    """
    heading = wrapped(" ".join(title.split()))
    return f"{heading}\n{stroke * max(len(line) for line in heading.splitlines())}"


def tidied(text: str) -> str:
    """Return a filled text template with one blank line between its parts, two at a form feed."""
    # Hard blanks have done their work: nothing breaks after this.
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    text = re.sub(r"[ \t]+\n", "\n", text)
    text = re.sub(r"\n{3,}", "\n\n", text)
    return re.sub(r"\n*\f\n*", "\n\n\n", text).strip("\n") + "\n"


def _folded(line: str, lead: str, indent: str) -> list[str]:
    # Blanks and tabs only: str.split() would also break at hard blanks.
    line = re.sub(r"[ \t\n]+", " ", line).strip(" ")
    if not line:
        return [""]
    folded = textwrap.wrap(
        line,
        COLUMNS,
        initial_indent=lead,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    lines: list[str] = []
    for part in folded:
        if len(part) <= COLUMNS or "://" in part or any(slot in part for slot in SLOTS):
            lines.append(part)
        else:
            # One word, longer than a line: cut it.
            lines.extend(textwrap.wrap(part, COLUMNS, subsequent_indent=indent))
    return lines
