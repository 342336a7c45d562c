"""What the rules know of words, names and languages; data that an editor can change."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from newsletter.errors import SettingsError

#: The files, below `templates/`; the languages are `rules/<code>.toml`.
WORDS_FILE = "rules/words.toml"
NAMES_FILE = "rules/names.toml"
LANGUAGES = ("sv", "en")


@dataclass(frozen=True, slots=True)
class Replacement:
    """Heavy words and what to write instead; all lower-cased but what to write."""

    write: str
    instead_of: tuple[str, ...]
    #: The word before, or after, that makes the heavy words right.
    not_after: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()
    #: A shortened word whose stop may end a sentence too: "m.m.".
    may_end: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A term of studies."""

    name: str
    #: "vt", or empty.
    short: str
    #: Month and day it begins.
    begins: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Name:
    """How a name is written."""

    write: str
    #: Misspellings; letters in another order need not be among them.
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LanguageWords:
    """What is known of one language; lower-cased. `templates/rules/sv.toml` says what for."""

    hyphen_joins: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    stop_words: frozenset[str] = frozenset()
    endings: frozenset[str] = frozenset()
    #: Month by its name or a shortened name.
    months: Mapping[str, int] = field(default_factory=dict)
    #: "March 7" is a date.
    month_first: bool = False
    #: Phrases by how long they hold: "day", "week", "month" or "year".
    time_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    terms: tuple[Term, ...] = ()
    replacements: tuple[Replacement, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """Everything the rules know; lower-cased but for names and initialisms."""

    placeholders: tuple[str, ...] = ()
    empty_link_texts: tuple[str, ...] = ()
    mailboxes: tuple[str, ...] = ()
    learned: frozenset[str] = frozenset()
    initialisms: tuple[str, ...] = ()
    names: tuple[Name, ...] = ()
    languages: Mapping[str, LanguageWords] = field(default_factory=dict)

    def of(self, language: str) -> LanguageWords:
        """Return what is known of a language ("en-GB" is "en"): nothing, for a strange one."""
        return self.languages.get(language.partition("-")[0], LanguageWords())


def read_words(find: Callable[[str], Path]) -> Words:
    """Read the files of rules; `find` says where one is (`TemplatesFolder.find`).

    Raises SettingsError: a file is missing, is not valid TOML, or says what no rule asks for.
    """
    return Words(
        **_read(find(WORDS_FILE), _words),
        **_read(find(NAMES_FILE), _names),
        languages={code: _read(find(f"rules/{code}.toml"), _language) for code in LANGUAGES},
    )


def _read(file: Path, made: Callable[[dict[str, Any]], Any]) -> Any:
    try:
        return made(tomllib.loads(file.read_text(encoding="utf-8")))
    except (UnicodeDecodeError, TypeError, AttributeError, KeyError, ValueError) as error:
        raise SettingsError(
            "The word lists in {path} cannot be used: {cause}. Nothing was done. "
            "Mend the file and try again.",
            path=str(file),
            cause=f"{error.args[0]!r}" if isinstance(error, KeyError) else str(error),
        ) from error


def _words(lists: dict[str, Any]) -> dict[str, Any]:
    _only(lists, "placeholders", "empty_link_texts", "mailboxes", "learned")
    folded: dict[str, Any] = {name: _folded(words) for name, words in lists.items()}
    return folded | {"learned": frozenset(folded.get("learned", ()))}


def _names(tables: dict[str, Any]) -> dict[str, Any]:
    _only(tables, "initialisms", "names")
    for table in tables.get("names", ()):
        _only(table, "write", "not")
    return {
        "initialisms": tuple(tables.get("initialisms", ())),
        "names": tuple(
            Name(table["write"], tuple(table.get("not", ()))) for table in tables.get("names", ())
        ),
    }


def _language(tables: dict[str, Any]) -> LanguageWords:
    known: dict[str, Callable[[Any], Any]] = {
        "hyphen_joins": _folded,
        "calls": _folded,
        "past": _folded,
        "stop_words": lambda words: frozenset(_folded(words)),
        "endings": lambda words: frozenset(_folded(words)),
        "months": _months,
        "month_first": bool,
        "time_words": _time_words,
        "terms": lambda terms: tuple(_term(**term) for term in terms),
        "replacements": lambda rows: tuple(_replacement(**row) for row in rows),
    }
    _only(tables, *known)
    return LanguageWords(**{name: known[name](value) for name, value in tables.items()})


def _months(table: dict[str, int]) -> dict[str, int]:
    if not all(type(number) is int and 1 <= number <= 12 for number in table.values()):
        raise ValueError("months are numbers from 1 to 12")
    return {name.casefold(): number for name, number in table.items()}


def _time_words(table: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    _only(table, "day", "week", "month", "year")
    return {span: _folded(words) for span, words in table.items()}


def _term(*, name: str, begins: str, short: str = "") -> Term:
    # In a leap year every day there may be is one; a wrong one is a ValueError.
    day = date.fromisoformat(f"2000-{begins}")
    return Term(name=name.casefold(), short=short.casefold(), begins=(day.month, day.day))


def _replacement(
    *,
    write: str,
    instead_of: list[str],
    not_after: Any = (),
    not_before: Any = (),
    may_end: bool = False,
) -> Replacement:
    return Replacement(write, _folded(instead_of), _folded(not_after), _folded(not_before), may_end)


def _folded(words: Any) -> tuple[str, ...]:
    if isinstance(words, str):
        raise TypeError(f"{words!r} should be a list")
    return tuple(word.casefold() for word in words)


def _only(table: dict[str, Any], *known: str) -> None:
    unknown = sorted(table.keys() - set(known))
    if unknown:
        raise KeyError(unknown[0])
