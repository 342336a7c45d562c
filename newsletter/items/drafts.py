"""What a source says about one piece of news, and how the same piece is known again."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date

from newsletter.foreign_passages import unmarked
from newsletter.items import links
from newsletter.items.announcements import is_announcement

#: Characters; a longer line is a text, not a title. Also keeps the identity indexable.
LONGEST_TITLE = 300

#: Marks that people and programs write now one way, now another.
_FOLDED = str.maketrans(
    dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛´`′", "'") | dict.fromkeys("‐‑‒–—―−", "-")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureDraft:
    """A picture as its source shows it; fetched only when the editor asks."""

    url: str
    alt: str = ""
    caption: str = ""
    #: The photographer's name, without "Foto:".
    credit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDraft:
    """One piece of news as its source has it, before it is an item."""

    title: str
    #: None where the source gave none.
    published_on: date | None
    #: Blanks tidied, marks of truncation taken off; a blank line parts paragraphs.
    excerpt: str
    #: The text as the source had it, but for addresses.
    raw_excerpt: str
    #: The source cut the text off.
    truncated: bool
    url: str = ""
    #: "en", …; empty: the source does not say.
    language: str = ""
    picture: PictureDraft | None = None
    #: The source itself says that it is an issue of ours.
    is_issue: bool = False

    @property
    def is_announcement(self) -> bool:
        """Our own newsletter being announced."""
        return self.is_issue or is_announcement(self.title)

    @property
    def identity(self) -> str:
        """What the same story is known by: its address, else title and date."""
        if self.url:
            return url_identity(self.url)
        return title_identity(self.title, self.published_on)


def url_identity(url: str) -> str:
    """Return the identity of the story at an address."""
    return f"url:{links.canonical(url)}"


def title_identity(title: str, published_on: date | None) -> str:
    """Return the identity of a story without an address.

    Case, blanks, marks of passages and the kinds of quotes and dashes make no difference.

    >>> title_identity("“Smarta”  städer – nu", date(2026, 2, 9))
    'title:2026-02-09:"smarta" städer - nu'
    """
    folded = unicodedata.normalize("NFC", unmarked(title)).casefold().translate(_FOLDED)
    words = " ".join(unicodedata.normalize("NFC", folded).split())
    return f"title:{published_on or 'undated'}:{words}"
