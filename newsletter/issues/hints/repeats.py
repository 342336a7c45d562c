"""Hints about what readers have had already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from difflib import SequenceMatcher

from newsletter.foreign_passages import unmarked
from newsletter.issues.hints import texts
from newsletter.issues.hints.hint import Checked, Hint, Place, Severity
from newsletter.issues.hints.plain_language import short_terms
from newsletter.issues.hints.words import LanguageWords
from subscribers.wording import Sentence

#: Titles as alike as this are about the same.
SAME_TITLE = 0.85
#: So many rare words in common, and such a part of those of the title with fewer, are a subject.
FEWEST_SHARED = 2
LEAST_PART = 0.6
#: A word is rare in so many stored texts, or in such a part of the texts a usual word stands in.
RARE_COUNT = 3
RARE_PART = 0.1
#: Letters: shorter words say little, and a rare stem of fewer is often chance.
_SHORTEST = 4
_SHORTEST_RARE = 7


@dataclass(frozen=True, slots=True)
class _Title:
    item_id: int
    words: str
    folded: str
    #: Of all words that say something, and of the rare ones that are no names.
    stems: Set[str]
    rare: Set[str]


def dup(checked: Checked) -> Iterator[Hint]:
    """Find DUP: a title like another in this issue, or like one in the issue before."""
    words = checked.words.of(checked.content.language)
    often = max(checked.vocabulary.values(), default=0)
    told = [_title(checked, words, often, s.item_id, s.title) for s in checked.content.stories]
    before = [
        _title(checked, words, often, item_id, title)
        for item_id, title in checked.previous_titles.items()
    ]
    for number, title in enumerate(told):
        for other in told[:number]:
            if _alike(title, other):
                yield _hint(
                    title,
                    Sentence("Is this the same news as “{title}”, above?", title=other.words),
                    other,
                )
        for other in before:
            if other.item_id != title.item_id and _alike(title, other):
                yield _hint(
                    title,
                    Sentence(
                        "Is this the same news as “{title}”, in the issue before?",
                        title=other.words,
                    ),
                    other,
                )


def _hint(title: _Title, message: Sentence, other: _Title) -> Hint:
    return Hint(
        code="DUP",
        severity=Severity.YELLOW,
        place=Place("title", title.item_id),
        message=message,
        about=f"{title.words}\n{other.words}",
    )


def _alike(one: _Title, other: _Title) -> bool:
    if _is_similar(one.folded, other.folded):
        # "… om havet" and "… om tågen", or two years: alike, but about different things.
        apart = one.stems - other.stems, other.stems - one.stems
        if not all(apart) or _is_similar(*(" ".join(sorted(stems)) for stems in apart)):
            return True
    shared = len(one.rare & other.rare)
    return shared >= FEWEST_SHARED and shared >= LEAST_PART * min(len(one.rare), len(other.rare))


def _is_similar(one: str, other: str) -> bool:
    ratio = SequenceMatcher(None, one, other, autojunk=False)
    # The quick ones are upper bounds, and the slow one is only asked where they are high.
    return min(ratio.real_quick_ratio(), ratio.quick_ratio()) >= SAME_TITLE <= ratio.ratio()


def _title(checked: Checked, words: LanguageWords, often: int, item_id: int, title: str) -> _Title:
    whole = title = unmarked(title)
    for short, term, year in short_terms(title, words.terms):
        whole = whole.replace(short, f"{term.name} {year}")
    stems = frozenset(
        _stem(word.casefold(), words)
        for word in re.findall(r"\w+", whole)
        if word.isdigit() or (len(word) >= _SHORTEST and word.casefold() not in words.stop_words)
    )
    return _Title(
        item_id,
        title,
        " ".join(whole.casefold().split()),
        stems,
        _rare(checked, words, whole, often),
    )


def _rare(checked: Checked, words: LanguageWords, title: str, often: int) -> Set[str]:
    """Return the stems of the rare words; names are none, since they return with every news."""
    if not checked.vocabulary:
        return frozenset()
    rare = set()
    for word in texts.words_of(title):
        stem = _stem(word, words)
        if len(stem) < _SHORTEST_RARE or word[0].isupper():
            continue
        seen = max(checked.vocabulary.get(stem + ending, 0) for ending in words.endings)
        if seen <= max(RARE_COUNT, RARE_PART * often):
            rare.add(stem)
    return rare


def _stem(word: str, words: LanguageWords) -> str:
    """Return a word without its longest known ending, four letters at least being left.

    >>> swedish = LanguageWords(endings=frozenset({"", "er", "ers", "erna"}))
    >>> _stem("relationers", swedish), _stem("praktikanter", swedish), _stem("öster", swedish)
    ('relation', 'praktikant', 'öster')
    """
    for cut in range(_SHORTEST, len(word)):
        if word[cut:] in words.endings:
            return word[:cut]
    return word


def sentbefore(checked: Checked) -> Iterator[Hint]:
    """Find SENTBEFORE: the very item went out in an earlier issue."""
    for story in checked.content.stories:
        sent = checked.sent_before.get(story.item_id)
        if sent is not None:
            yield Hint(
                code="SENTBEFORE",
                severity=Severity.YELLOW,
                place=Place("title", story.item_id),
                message=Sentence(
                    "Readers had this in number {number}, {day}.",
                    number=sent.number,
                    day=sent.issued_on,
                ),
                about=f"{sent.issued_on} {sent.number}",
            )


def selfreference(checked: Checked) -> Iterator[Hint]:
    """Find SELF: the newsletter tells of itself."""
    name = checked.content.newsletter_name.casefold()
    for story in checked.content.stories:
        says_name = name and name in unmarked(story.title).casefold()
        if says_name or story.item_id in checked.announcements:
            yield Hint(
                code="SELF",
                severity=Severity.GREY,
                place=Place("title", story.item_id),
                message=Sentence(
                    "The story is about the newsletter itself. Readers have it before them; "
                    "take it out."
                ),
                about=story.title,
            )
