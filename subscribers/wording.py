"""Sentences for people, in no language yet.

Stages never print. What they have to say travels as a `Sentence` (English text with fields, which
is also the key into `templates/locale/`) and becomes Swedish or English at the edge, in
`newsletter.language`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing to tell a person.

    >>> Sentence("There is no item {id}.", id=3).in_english()
    'There is no item 3.'
    """

    #: English text with `str.format` fields; the msgid of the translation.
    message: str
    #: The values of the fields: text, numbers, dates, or other sentences.
    fields: dict[str, Any] = field(default_factory=dict)
    #: English plural; chosen by the field `n` where it is set.
    plural: str | None = None

    def __init__(self, message: str, /, *, plural: str | None = None, **fields: Any) -> None:
        object.__setattr__(self, "message", message)
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "plural", plural)

    def counting(self, n: int) -> Sentence:
        """Return the sentence in the form that goes with a number, which stands beside it.

        >>> Sentence("is new", plural="are new").counting(2).in_english()
        'are new'
        """
        return Sentence(self.message, plural=self.plural, **self.fields, n=n)

    def in_english(self) -> str:
        """Return the sentence as it stands in the code, fields filled in."""
        template = self.message
        if self.plural is not None and self.fields["n"] != 1:
            template = self.plural
        filled = {
            name: value.in_english() if isinstance(value, Sentence) else value
            for name, value in self.fields.items()
        }
        return template.format(**filled)

    def __str__(self) -> str:
        return self.in_english()
