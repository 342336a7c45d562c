"""Point at what a careful colleague would point at. Pure: content in, hints out.

Red blocks approval, yellow must be mended or accepted with a reason and a name, grey advises.
A rule is a function from `Checked` to hints, in the file named for what it looks at; adding one
is writing it and naming it in `RULES`. Texts are never changed silently: a hint may carry a `Fix`.
"""

from __future__ import annotations

from newsletter.issues.hints import letter, pictures, stories
from newsletter.issues.hints.hint import Checked, Fix, Hint, Place, Severity
from newsletter.issues.hints.words import WORDS_FILE, Words, read_words

__all__ = [
    "RULES",
    "WORDS_FILE",
    "Checked",
    "Fix",
    "Hint",
    "Place",
    "Severity",
    "Words",
    "find",
    "read_words",
]

#: In the order an editor meets them.
RULES = (
    letter.subject,
    letter.placeholder,
    letter.gmail,
    stories.trunc,
    stories.nolink,
    stories.linktext,
    pictures.alt,
)


def find(checked: Checked) -> list[Hint]:
    """Return every hint, red before yellow before grey, else in the order of the rules."""
    hints = [hint for rule in RULES for hint in rule(checked)]
    return sorted(hints, key=lambda hint: list(Severity).index(hint.severity))
