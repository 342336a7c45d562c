"""Point at what a careful colleague would point at. Pure: content in, hints out.

Red blocks approval, yellow must be mended or accepted with a reason and a name, grey advises.
A rule is a function from `Checked` to hints, in the file named for what it looks at; adding one
is writing it and naming it in `RULES`. Texts are never changed silently: a hint may carry a `Fix`.
"""

from __future__ import annotations

from newsletter.issues.hints import (
    addresses,
    lengths,
    letter,
    links,
    names,
    pictures,
    plain_language,
    repeats,
    spelling,
    stories,
    times,
    typography,
)
from newsletter.issues.hints.hint import (
    Checked,
    Dictionary,
    Fix,
    Hint,
    LinkResult,
    LinkState,
    Place,
    SentIssue,
    Severity,
    same_code,
)
from newsletter.issues.hints.words import Words, read_words

__all__ = [
    "RULES",
    "Checked",
    "Dictionary",
    "Fix",
    "Hint",
    "LinkResult",
    "LinkState",
    "Place",
    "SentIssue",
    "Severity",
    "Words",
    "find",
    "read_words",
    "same_code",
]

#: In the order an editor meets them.
RULES = (
    letter.subject,
    letter.preheader,
    letter.placeholder,
    letter.gmail,
    lengths.longissue,
    stories.trunc,
    stories.nolink,
    links.deadlink,
    links.httplink,
    stories.linktext,
    stories.pdflink,
    pictures.alt,
    pictures.credit,
    pictures.imgsize,
    repeats.sentbefore,
    repeats.dup,
    times.passed,
    times.termin,
    times.tidsord,
    names.name,
    names.genitiv,
    spelling.spell,
    addresses.email,
    plain_language.lang,
    repeats.selfreference,
    pictures.altdup,
    letter.emptysec,
    letter.emoji,
    lengths.longtitle,
    lengths.longtext,
    lengths.lix,
    plain_language.plain,
    typography.quote,
    typography.dash,
    typography.space,
)


def find(checked: Checked) -> list[Hint]:
    """Return every hint once, red before yellow before grey, else in the order of the rules."""
    hints = {hint.fingerprint: hint for rule in RULES for hint in rule(checked)}
    return sorted(hints.values(), key=lambda hint: list(Severity).index(hint.severity))
