"""What a hint is, and what a rule is given."""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from newsletter.content import IssueContent, RenderedIssue, sha256_of
from newsletter.issues.hints.words import Words
from subscribers.wording import Sentence


class Severity(enum.Enum):
    """How much a hint weighs, heaviest first."""

    #: Blocks approval.
    RED = "red"
    #: Must be mended, or accepted with a reason and a name.
    YELLOW = "yellow"
    #: Advice.
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the issue: a field of a story, or of the issue itself."""

    #: "title", "text", "url", "link_text", "picture_alt", "subject", …
    field: str
    #: The item of the story; None for the issue itself.
    item_id: int | None = None

    def __str__(self) -> str:
        return self.field if self.item_id is None else f"item {self.item_id}, {self.field}"


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that would settle a hint; made only when the editor asks."""

    #: A name in `editing.STORY_FIELDS` or `editing.ISSUE_FIELDS`.
    field: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One thing to look at."""

    #: "TRUNC", "ALT", …: what it is called in commands and settings.
    code: str
    severity: Severity
    place: Place
    message: Sentence
    #: The words it is about: acceptance holds for exactly these.
    about: str
    fix: Fix | None = None

    @property
    def fingerprint(self) -> str:
        """Return what an acceptance is tied to: other words at the place need a new one."""
        return sha256_of(self.code, str(self.place), self.about)


@dataclass(frozen=True, slots=True)
class SentIssue:
    """An issue that went out."""

    number: int
    issued_on: date


class Dictionary(Protocol):
    """The words of a language."""

    def knows(self, word: str) -> bool:
        """Say whether a word is one of the language."""
        ...

    def nearest(self, word: str) -> Sequence[str]:
        """Return the words one letter away, the likeliest first."""
        ...


class LinkResult(enum.Enum):
    """What became of looking where a link leads."""

    #: There is a page.
    ANSWERS = "answers"
    #: The server says that there is none (404, 410).
    GONE = "gone"
    #: The server answers with an error, or leads in circles.
    FAILS = "fails"
    #: Nobody answers there, while others do.
    SILENT = "silent"
    #: Not known: we may not look, or cannot reach the web ourselves.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LinkState:
    """What was found where a link leads, and when."""

    result: LinkResult
    checked_on: date
    #: As HTTP has it, like 404; None where nobody answered.
    status: int | None = None
    #: Of an http:// address: whether the same page is under https://; None: not known.
    has_https: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a rule looks at; nothing else is known to it."""

    content: IssueContent
    rendered: RenderedIssue
    words: Words
    #: Subject of the issue before this one; empty where there is none.
    previous_subject: str = ""
    #: Titles in the issue before this one, by item.
    previous_titles: Mapping[int, str] = field(default_factory=dict)
    #: The last issue that carried an item of this one, by item.
    sent_before: Mapping[int, SentIssue] = field(default_factory=dict)
    #: In how many stored texts a word stands, case-folded; the texts of this issue are among them.
    vocabulary: Mapping[str, int] = field(default_factory=dict)
    #: By language; one that is missing is not judged by a dictionary.
    dictionaries: Mapping[str, Dictionary] = field(default_factory=dict)
    #: By address; a link that nobody looked at is missing.
    links: Mapping[str, LinkState] = field(default_factory=dict)
    #: Items that announce our own newsletter.
    announcements: frozenset[int] = frozenset()
    #: Names of sections that nothing was placed in.
    empty_sections: tuple[str, ...] = ()


def same_code(code: str, written: str) -> bool:
    """Say whether a code is meant by what somebody wrote; accents and case are forgiven.

    >>> same_code("SPRÅK", "sprak"), same_code("SPRÅK", "SPELL")
    (True, False)
    """
    return _bare(code) == _bare(written)


def _bare(code: str) -> str:
    apart = unicodedata.normalize("NFD", code.strip().casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
