"""The texts of an issue, one by one, with their place and language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from newsletter.content import IssueContent, StoryContent
from newsletter.foreign_passages import unmarked
from newsletter.issues.hints.hint import Fix, Place

#: A stop that may end a sentence: something begins after it, or nothing follows.
_STOP = re.compile(r"[.!?][”\"')]?(?=\s+[–\"”“A-ZÅÄÖ]|\s*$)")
#: Words whose stop ends no sentence; those with a stop inside ("bl.a.") are known by it.
_ABBREVIATIONS = frozenset({"bl", "ca", "dr", "jfr", "kl", "nr", "resp", "s", "st", "tel"})
_ADDRESS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+")
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Text:
    """One text that readers see."""

    place: Place
    words: str
    #: "sv", "en", …
    language: str
    #: The story it is part of; None for texts of the issue and of the calendar.
    story: StoryContent | None = None

    def changed_to(self, words: str) -> Fix | None:
        """Return the fix that writes other words here; None where that cannot be done.

        A text that was cut off has to be written to an end first: as the editor's own words it
        would not be known as cut off any more.
        """
        is_cut_off = self.place.field == "text" and self.story is not None and self.story.truncated
        if is_cut_off or self.place.field == "place":
            return None
        return Fix(self.place.field, words)


def every(content: IssueContent) -> Iterator[Text]:
    """Yield every text, names and alternative texts among them."""
    language = content.language
    for name in ("subject", "preheader", "editorial", "signature_name", "signature_title",
                 "contact"):  # fmt: skip
        yield Text(Place(name), getattr(content, name), language)
    for story in content.stories:
        for name in ("title", "text", "link_text"):
            yield Text(Place(name, story.item_id), getattr(story, name), story.language, story)
        if story.picture is not None:
            for name in ("alt", "caption", "credit"):
                place = Place(f"picture_{name}", story.item_id)
                # What is said about a picture is said in the language of the issue.
                yield Text(place, getattr(story.picture, name), language, story)
    for event in content.calendar:
        for name in ("title", "text", "place", "link_text"):
            yield Text(Place(name, event.item_id), getattr(event, name), event.language)


def prose(content: IssueContent) -> Iterator[Text]:
    """Yield the texts somebody wrote: no names, and no link text that only repeats its title."""
    titles = {story.item_id: story.title for story in content.stories}
    titles |= {event.item_id: event.title for event in content.calendar}
    for text in every(content):
        field = text.place.field
        if not text.words or field in {"signature_name", "contact", "picture_credit", "place"}:
            continue
        if field == "link_text" and titles[text.place.item_id or 0] in text.words:
            continue
        yield text


def sentences(text: str) -> list[str]:
    """Return the sentences of a text; a last one that is not ended is one too.

    >>> sentences("Kom kl. 13. Där får du bl.a. mat! Och")
    ['Kom kl. 13.', 'Där får du bl.a. mat!', 'Och']
    """
    found = []
    for paragraph in text.split("\n\n"):
        start = 0
        for end in sentence_ends(paragraph):
            found.append(paragraph[start:end].strip())
            start = end
        found.append(paragraph[start:].strip())
    return [sentence for sentence in found if sentence]


def sentence_ends(text: str) -> Iterator[int]:
    """Yield where each whole sentence ends, abbreviations not counted."""
    for stop in _STOP.finditer(text):
        words = text[: stop.start()].split()
        last = words[-1].casefold() if words else ""
        if "." not in last and last not in _ABBREVIATIONS:
            yield stop.end()


def words_of(text: str) -> list[str]:
    """Return the words, as written; addresses and the marks of passages are none.

    >>> words_of("Läs vt2017 på https://example.org i EU-huset")
    ['Läs', 'vt', 'på', 'i', 'EU', 'huset']
    """
    return _WORD.findall(_ADDRESS.sub(" ", unmarked(text)))


@lru_cache(maxsize=64)
def phrases(wanted: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern that finds any of some phrases as words of their own, the longest first."""
    if not wanted:
        return re.compile(r"(?!)")
    listed = "|".join(re.escape(phrase) for phrase in sorted(wanted, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.IGNORECASE)


def as_capitalised(words: str, like: str) -> str:
    """Return words with a capital first if that is how `like` begins."""
    return words[:1].upper() + words[1:] if like[:1].isupper() else words
