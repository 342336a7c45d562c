"""Hints about the language itself: heavy words, shortened words, the wrong language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from newsletter.foreign_passages import own_words, own_words_changed
from newsletter.issues.hints import texts
from newsletter.issues.hints.hint import Checked, Fix, Hint, Place, Severity
from newsletter.issues.hints.texts import Text
from newsletter.issues.hints.words import LanguageWords, Replacement, Term
from subscribers.wording import Sentence

#: So many small words of a language, and so many times those of the other, make a language sure.
_SURE = 4
_TIMES_THE_OTHER = 3


def plain(checked: Checked) -> Iterator[Hint]:
    """Find SPRÅK: a simpler word, or the whole word, is there to be used."""
    for text in texts.prose(checked.content):
        words = checked.words.of(text.language)
        own = own_words(text.words)
        told = set()
        for wrong, right in (*_heavy(own, words), *_short_terms(own, words.terms)):
            if wrong in told:
                continue
            told.add(wrong)
            yield Hint(
                code="SPRÅK",
                severity=Severity.GREY,
                place=text.place,
                message=Sentence("“{wrong}”: write “{right}”.", wrong=wrong, right=right),
                about=wrong,
                fix=text.changed_to(_replaced(text, wrong, right)),
            )


def _heavy(text: str, words: LanguageWords) -> Iterator[tuple[str, str]]:
    known = {phrase: row for row in words.replacements for phrase in row.instead_of}
    for found in texts.phrases(tuple(known)).finditer(text):
        row = known[found.group().casefold()]
        if _is_right_here(text, found, row):
            continue
        # A stop that ends the sentence too must stay: "… m.m. Sedan".
        ends = row.may_end and re.match(r"\s*$|\s+[A-ZÅÄÖ–]", text[found.end() :])
        write = texts.as_capitalised(row.write, found.group())
        yield found.group(), f"{write}." if ends and found.group().endswith(".") else write


def _is_right_here(text: str, found: re.Match[str], row: Replacement) -> bool:
    before = text[: found.start()].casefold().split()
    after = re.findall(r"\w+", text[found.end() :].casefold())[:1]
    return bool(before and before[-1] in row.not_after) or bool(
        after and after[0] in row.not_before
    )


def _short_terms(text: str, terms: tuple[Term, ...]) -> Iterator[tuple[str, str]]:
    for found, term, year in short_terms(text, terms):
        yield found, texts.as_capitalised(f"{term.name} {year}", found if found.istitle() else "")


def short_terms(text: str, terms: tuple[Term, ...]) -> Iterator[tuple[str, Term, int]]:
    """Yield the shortened terms of studies in a text, with their year.

    >>> [(found, year) for found, _, year in short_terms("vt2017", (Term("vår", "vt", (1, 15)),))]
    [('vt2017', 2017)]
    """
    by_short = {term.short: term for term in terms if term.short}
    for found in _short(tuple(by_short)).finditer(text):
        year = int(found["year"])
        yield found.group(), by_short[found["short"].casefold()], year + 2000 * (year < 100)


@lru_cache(maxsize=8)
def _short(shorts: tuple[str, ...]) -> re.Pattern[str]:
    listed = "|".join(map(re.escape, shorts)) or "(?!)"
    return re.compile(rf"\b(?P<short>{listed})[ -]?(?P<year>20\d\d|\d\d)\b", re.IGNORECASE)


def _replaced(text: Text, wrong: str, right: str) -> str:
    pattern = re.compile(rf"(?<!\w){re.escape(wrong)}(?!\w)")
    return own_words_changed(text.words, lambda own: pattern.sub(lambda _: right, own))


def lang(checked: Checked) -> Iterator[Hint]:
    """Find LANG: a story in another language than it is marked as (WCAG 3.1.2)."""
    for story in checked.content.stories:
        votes = _votes(checked, own_words(f"{story.title} {story.text}"))
        if len(votes) < 2:
            continue
        (most, seems), (next_most, _) = votes[:2]
        is_sure = most >= _SURE and most >= _TIMES_THE_OTHER * next_most
        if is_sure and seems != story.language.partition("-")[0]:
            yield Hint(
                code="LANG",
                severity=Severity.GREY,
                place=Place("language", story.item_id),
                message=Sentence(
                    "The story seems to be in another language ({seems}) than it is marked as "
                    "({marked}). Screen readers would say it wrong.",
                    seems=seems,
                    marked=story.language,
                ),
                about=f"{seems} {story.title}",
                fix=Fix("language", seems),
            )


def _votes(checked: Checked, text: str) -> list[tuple[int, str]]:
    """Return how many small words of each language stand in a text, the most first."""
    said = [word.casefold() for word in texts.words_of(text)]
    return sorted(
        (
            (sum(word in known.stop_words for word in said), code)
            for code, known in checked.words.languages.items()
        ),
        reverse=True,
    )
