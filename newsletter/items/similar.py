"""Tell whether two titles are probably of one story, and what changed between two texts. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher

from newsletter.items.drafts import title_identity

#: Titles as alike as this, of days as near as this, are probably of the same story.
SAME_TITLE = 0.85
NEAR = timedelta(days=3)


class Change(enum.Enum):
    """What became of some words."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Words:
    """Words that share a fate."""

    change: Change
    text: str


def is_near(one: date | None, other: date | None) -> bool:
    """Say whether two days are near each other; a missing one is near to nothing."""
    return one is not None and other is not None and abs(one - other) <= NEAR


def is_same_title(one: str, other: str) -> bool:
    """Say whether two titles are probably the same.

    >>> is_same_title("Film om kontoret klar", "Filmen om kontoret är klar")
    True
    >>> is_same_title("Film om kontoret klar", "Kontoret söker praktikanter")
    False
    """
    first, second = (title_identity(title, None) for title in (one, other))
    ratio = SequenceMatcher(None, first, second, autojunk=False)
    # The quick ones are upper bounds, and the slow one is only asked where they are high.
    return min(ratio.real_quick_ratio(), ratio.quick_ratio()) >= SAME_TITLE <= ratio.ratio()


def changes(old: str, new: str) -> list[Words]:
    """Return the words of two texts in order: the same in both, removed, added.

    >>> [(part.change.value, part.text) for part in changes("Fyra filmer", "Fem filmer")]
    [('removed', 'Fyra'), ('added', 'Fem'), ('same', 'filmer')]
    """
    before, after = old.split(), new.split()
    found: list[Words] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, begin, end, new_begin, new_end in matcher.get_opcodes():
        gone, come = " ".join(before[begin:end]), " ".join(after[new_begin:new_end])
        if kind == "equal":
            found.append(Words(Change.SAME, gone))
            continue
        found += [Words(Change.REMOVED, gone)] if gone else []
        found += [Words(Change.ADDED, come)] if come else []
    return found


def shortened(parts: list[Words], *, around: int = 6) -> list[Words]:
    """Return changes with long unchanged stretches cut down to a few words around each change."""
    short = []
    for at, part in enumerate(parts):
        words = part.text.split()
        head = words[:around] if at > 0 else []
        tail = words[-around:] if at < len(parts) - 1 else []
        if part.change is Change.SAME and len(words) > len(head) + len(tail) + 1:
            text = " ".join((*head, "…", *tail))
            short.append(Words(Change.SAME, text))
        else:
            short.append(part)
    return short
