"""Hints about spelling: from a dictionary where there is one, and from what we have written before.

A word is suspected only where a word that is known is one letter away: names and new words are no
mistakes. By our own texts it must stand in one text alone, and the known word in several others;
where too little is stored to know any word, they say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import partial

from newsletter.foreign_passages import own_words, own_words_changed
from newsletter.issues.hints import texts
from newsletter.issues.hints.hint import Checked, Dictionary, Hint, Severity
from newsletter.issues.hints.texts import Text
from subscribers.wording import Sentence

#: Letters: among shorter words too many real ones are one letter apart. A dictionary knows more of
#: them than our own texts.
SHORTEST = 8
SHORTEST_IN_DICTIONARY = 4
#: In so many other texts a word is well known.
WELL_KNOWN = 2
#: As many words that may be meant are told; more are a riddle.
MOST_MEANT = 3
#: A sentence with so many, and such a part, of words the dictionary lacks is of another language.
FEWEST_FOREIGN = 2
FOREIGN_PART = 0.25
#: One changed letter leaves the first or the last letters of a word as they are.
_INTACT = SHORTEST // 2 - 1


def spell(checked: Checked) -> Iterator[Hint]:
    """Find SPELL: a word that nobody knows, one letter from one that is known."""
    neighbours = _Neighbours(checked.vocabulary, checked.words.learned)
    told = [
        text for text in texts.prose(checked.content) if text.language == checked.content.language
    ]
    said = {
        place: {word.casefold() for text in told for word in texts.words_of(text.words)
                if text.place.item_id == place}
        for place in {text.place.item_id for text in told}
    }  # fmt: skip
    for text in told:
        dictionary = checked.dictionaries.get(text.language)
        own = said[text.place.item_id]
        elsewhere = set().union(*(words for place, words in said.items() if words is not own))
        endings = checked.words.of(text.language).endings
        for word in sorted(set(_suspects(text, dictionary))):
            folded = word.casefold()
            if folded in elsewhere or neighbours.knows(folded):
                continue
            meant = neighbours.of(folded, own, endings) if len(word) >= SHORTEST else []
            if len(meant) != 1:
                # Two of our own words as near as each other: only a dictionary can say.
                meant = [] if dictionary is None else [*dictionary.nearest(folded)]
            if 0 < len(meant) <= MOST_MEANT:
                yield _hint(text, word, meant)


def _suspects(text: Text, dictionary: Dictionary | None) -> Iterator[str]:
    """Yield the words that are no names, and that the dictionary, where there is one, lacks."""
    whole = _whole(text)
    if dictionary is None:
        yield from (
            word
            for word in texts.words_of(whole)
            if len(word) >= SHORTEST and not _is_name(word, text.words)
        )
        return
    for sentence in texts.sentences(whole):
        words = texts.words_of(sentence)
        lacking = [
            word
            for word in words
            if len(word) >= SHORTEST_IN_DICTIONARY and not dictionary.knows(word)
        ]
        is_foreign = FEWEST_FOREIGN <= len(lacking) >= FOREIGN_PART * len(words)
        if not is_foreign:
            yield from (word for word in lacking if not _is_name(word, text.words))


def _hint(text: Text, word: str, meant: Sequence[str]) -> Hint:
    right = [texts.as_capitalised(one, word) for one in meant]
    whole = re.compile(rf"\b{re.escape(word)}\b")
    return Hint(
        code="SPELL",
        severity=Severity.YELLOW,
        place=text.place,
        message=Sentence(
            "“{wrong}” is a word we do not know. Is “{right}” meant?",
            wrong=word,
            right="” / “".join(right),
        ),
        about=word,
        # Where several may be meant, the editor chooses.
        fix=text.changed_to(own_words_changed(text.words, partial(whole.sub, right[0])))
        if len(right) == 1
        else None,
    )


def _whole(text: Text) -> str:
    """Return a text's own words, without the last one where it was cut off."""
    if text.story is None or not text.story.truncated or text.place.field != "text":
        return own_words(text.words)
    return own_words(text.words).rpartition(" ")[0]


def _is_name(word: str, text: str) -> bool:
    """Say whether a word is written as a name: with a capital, where no sentence begins."""
    if word[1:] != word[1:].lower():
        return True
    if not word[0].isupper():
        return False
    return not any(sentence.lstrip('–”" ').startswith(word) for sentence in texts.sentences(text))


class _Neighbours:
    """The well-known words, by their first and their last letters."""

    def __init__(self, vocabulary: Mapping[str, int], learned: Set[str]) -> None:
        self._counts = vocabulary
        self._learned = learned
        self._by_start: dict[str, list[str]] = {}
        self._by_end: dict[str, list[str]] = {}
        known = {word for word, count in vocabulary.items() if count >= WELL_KNOWN} | learned
        for word in known:
            if len(word) >= SHORTEST - 1:
                self._by_start.setdefault(word[:_INTACT], []).append(word)
                self._by_end.setdefault(word[-_INTACT:], []).append(word)

    def knows(self, word: str) -> bool:
        """Say whether a word stands in another text than its own, or was learned."""
        return word in self._learned or self._counts.get(word, 0) >= WELL_KNOWN

    def of(self, word: str, own: Set[str], endings: Set[str]) -> list[str]:
        """Return the well-known words one letter away that are no other form of the same word.

        `own` are the words of the text itself, which do not make a word known.
        """
        starting = self._by_start.get(word[:_INTACT], ())
        ending = self._by_end.get(word[-_INTACT:], ())
        return sorted(
            {
                candidate
                for candidate in (*starting, *ending)
                if is_one_edit(word, candidate)
                and not _is_other_form(word, candidate, endings)
                and self._is_well_known(candidate, own)
            }
        )

    def _is_well_known(self, word: str, own: Set[str]) -> bool:
        if word in self._learned:
            return True
        return self._counts.get(word, 0) - (word in own) >= WELL_KNOWN


def is_one_edit(one: str, other: str) -> bool:
    """Say whether a letter added, left out, changed, or two changed about, tells two words apart.

    >>> is_one_edit("politk", "politik"), is_one_edit("form", "from"), is_one_edit("mat", "rot")
    (True, True, False)
    """
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = _shared(one, other)
    one, other = one[start:], other[start:]
    end = _shared(one[::-1], other[::-1])
    one, other = one[: len(one) - end], other[: len(other) - end]
    if len(one) <= 1 and len(other) <= 1:
        return True
    return len(one) == len(other) == 2 and one == other[::-1]


def _is_other_form(one: str, other: str, endings: Set[str]) -> bool:
    start = _shared(one, other)
    return one[start:] in endings and other[start:] in endings


def _shared(one: str, other: str) -> int:
    """Return how many letters two words have in common from the beginning."""
    for place, (first, second) in enumerate(zip(one, other, strict=False)):
        if first != second:
            return place
    return min(len(one), len(other))
