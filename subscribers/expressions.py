"""Read the conditions segments are made of: `domain endswith ".example.org" and language = sv`.

Pure, and all there is between what an editor types and the database: a condition is read into
values of our own, never into SQL. Whatever does not read is refused with the place where it stops.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from subscribers.conditions import (
    CHOICES,
    DATE_FIELDS,
    FIELDS,
    TEXT_FIELDS,
    All,
    AnyOf,
    Comparison,
    Condition,
    Not,
)
from subscribers.errors import UsageError
from subscribers.wording import Sentence

#: Characters in a condition; no list is described with more.
LONGEST = 2_000
#: Brackets and `not` within each other.
DEEPEST = 50
_IN_TEXT = ("contains", "startswith", "endswith")
_EQUAL = ("=", "!=")
_ORDER = ("<", "<=", ">", ">=")
#: Words people use for a field.
_MEANT = {"email": "address", "mail": "address", "lang": "language", "state": "status"}
_YEARS = range(1990, 2200)
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<sign><=|>=|!=|=|<|>|\(|\)|,)
      | (?P<word>[^\s"'()=<>!,]+)
    )""",
    re.VERBOSE,
)


class ConditionError(UsageError):
    """A condition cannot be read; the sentence says at which character, and draws it."""

    def __init__(self, text: str, position: int, problem: Sentence) -> None:
        super().__init__(
            "At character {position}: {problem}. Nothing was done.\n  {text}\n  {mark}",
            position=position + 1,
            problem=problem,
            text="".join(letter if letter.isprintable() else " " for letter in text),
            mark=" " * position + "^",
        )
        #: Counted from 0.
        self.position = position


def read(text: str) -> Condition:
    """Return the condition a text states.

    Raises ConditionError: it states none; the error says where.

    >>> read("not source contains 'mässa'")
    Not(condition=Comparison(field='source', operator='contains', value='mässa'))
    """
    if len(text) > LONGEST:
        raise ConditionError(
            text[:60] + "…", 60, Sentence("it is longer than {n} characters", n=LONGEST)
        )
    reader = _Reader(text, _tokens(text))
    condition = reader.any_of(depth=0)
    if not reader.now.is_end:
        raise reader.refusal(Sentence("here “and”, “or” or the end is expected"))
    return condition


@dataclass(frozen=True, slots=True)
class _Token:
    #: As typed, without quotes.
    text: str
    position: int
    is_quoted: bool = False
    is_end: bool = False

    @property
    def word(self) -> str:
        """What it means as a word of the language; nothing if it is quoted."""
        return "" if self.is_quoted else self.text.lower()


def _tokens(text: str) -> Sequence[_Token]:
    tokens: list[_Token] = []
    end = len(text.rstrip())
    at = 0
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise ConditionError(text, start, Sentence("this begins nothing that can be read"))
        kind = match.lastgroup or ""
        raw, start = match.group(kind), match.start(kind)
        hidden = next((n for n, letter in enumerate(raw) if not letter.isprintable()), None)
        if hidden is not None:
            raise ConditionError(text, start + hidden, Sentence("a character here cannot be shown"))
        value = re.sub(r"\\(.)", r"\1", raw[1:-1]) if kind == "quoted" else raw
        tokens.append(_Token(value, start, is_quoted=kind == "quoted"))
        at = match.end()
    return [*tokens, _Token("", end, is_end=True)]


class _Reader:
    """Goes through the words from left to right; each method reads one kind of phrase."""

    def __init__(self, text: str, tokens: Sequence[_Token]) -> None:
        self._text, self._tokens, self._at = text, tokens, 0

    @property
    def now(self) -> _Token:
        return self._tokens[self._at]

    def any_of(self, *, depth: int) -> Condition:
        parts = [self._all_of(depth=depth)]
        while self.now.word == "or":
            self._next()
            parts.append(self._all_of(depth=depth))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def refusal(self, problem: Sentence, token: _Token | None = None) -> ConditionError:
        return ConditionError(self._text, (token or self.now).position, problem)

    def _all_of(self, *, depth: int) -> Condition:
        parts = [self._one(depth=depth)]
        while self.now.word == "and":
            self._next()
            parts.append(self._one(depth=depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self, *, depth: int) -> Condition:
        if depth > DEEPEST:
            raise self.refusal(Sentence("this is too deep in brackets"))
        if self.now.word == "not":
            self._next()
            return Not(self._one(depth=depth + 1))
        if self.now.word == "(":
            self._next()
            inner = self.any_of(depth=depth + 1)
            self._expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        field = self._field()
        operator = self._operator(field)
        if operator != "in":
            return Comparison(field, operator, self._value(field))
        self._expect("(")
        values = [self._value(field)]
        while self.now.word == ",":
            self._next()
            values.append(self._value(field))
        self._expect(")")
        return AnyOf(tuple(Comparison(field, "=", value) for value in values))

    def _field(self) -> str:
        token = self._next()
        if token.word in FIELDS:
            return token.word
        fields = ", ".join(FIELDS)
        if not token.word or token.word in _SIGNS:
            raise self.refusal(Sentence("a field is expected: {fields}", fields=fields), token)
        nearest = _MEANT.get(token.word) or next(
            iter(difflib.get_close_matches(token.word, FIELDS, n=1)), None
        )
        if nearest:
            raise self.refusal(
                Sentence(
                    "there is no field “{word}”; did you mean “{nearest}”? Fields: {fields}",
                    word=token.text,
                    nearest=nearest,
                    fields=fields,
                ),
                token,
            )
        raise self.refusal(
            Sentence(
                "there is no field “{word}”. Fields: {fields}", word=token.text, fields=fields
            ),
            token,
        )

    def _operator(self, field: str) -> str:
        token = self._next()
        allowed = (
            *_EQUAL,
            *(_ORDER if field in DATE_FIELDS else ()),
            *(_IN_TEXT if field in TEXT_FIELDS else ()),
            "in",
        )
        if token.word not in allowed:
            raise self.refusal(
                Sentence(
                    "after “{field}” one of these is expected: {operators}",
                    field=field,
                    operators=" ".join(allowed),
                ),
                token,
            )
        return token.word

    def _value(self, field: str) -> str | date:
        token = self._next()
        if token.word in _SIGNS or token.is_end:
            raise self.refusal(Sentence("a value is expected"), token)
        if field in CHOICES and token.text.lower() not in CHOICES[field]:
            raise self.refusal(
                Sentence(
                    "“{field}” is one of these: {values}",
                    field=field,
                    values=", ".join(CHOICES[field]),
                ),
                token,
            )
        if field in CHOICES:
            return token.text.lower()
        if field not in DATE_FIELDS:
            return token.text
        try:
            day = date.fromisoformat(token.text)
        except ValueError:
            day = None
        if day is None or day.year not in _YEARS or len(token.text) != len("2026-11-20"):
            raise self.refusal(Sentence("a date is expected, like 2026-11-20"), token)
        return day

    def _expect(self, sign: str) -> None:
        if self.now.word != sign:
            raise self.refusal(Sentence("“{sign}” is expected", sign=sign))
        self._next()

    def _next(self) -> _Token:
        token = self.now
        if not token.is_end:
            self._at += 1
        return token


_SIGNS = {"(", ")", ",", *_EQUAL, *_ORDER}
