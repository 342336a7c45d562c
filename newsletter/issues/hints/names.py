"""Hints about names and initialisms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from newsletter.issues.hints import texts
from newsletter.issues.hints.hint import Checked, Hint, Severity
from newsletter.issues.hints.spelling import WELL_KNOWN
from newsletter.issues.hints.texts import Text
from subscribers.wording import Sentence

#: "ESF-rådet", and "ESF- rådet", which SPACE mends.
_JOINED = re.compile(r"\b(?P<letters>[A-ZÅÄÖ]{3,6})- ?(?P<rest>[a-zåäö]{3,})")
_INITIALISM = re.compile(r"\b[A-ZÅÄÖ]{4,6}\b")


def genitiv(checked: Checked) -> Iterator[Hint]:
    """Find GENITIV: "EUs" is written "EU:s"."""
    listed = "|".join(map(re.escape, checked.words.initialisms))
    if not listed:
        return
    pattern = re.compile(rf"\b(?P<letters>{listed})s\b")
    for text in _swedish(checked):
        for letters in dict.fromkeys(found["letters"] for found in pattern.finditer(text.words)):
            wrong, right = f"{letters}s", f"{letters}:s"
            yield Hint(
                code="GENITIV",
                severity=Severity.YELLOW,
                place=text.place,
                message=Sentence("“{wrong}” is written “{right}”.", wrong=wrong, right=right),
                about=wrong,
                fix=text.changed_to(re.sub(rf"\b{re.escape(wrong)}\b", right, text.words)),
            )


def name(checked: Checked) -> Iterator[Hint]:
    """Find NAME: a name written otherwise in the glossary, in what is stored, or in its story."""
    explained: set[tuple[int | None, str]] = set()
    for text in texts.prose(checked.content):
        known = [*_against_glossary(checked, text)]
        for wrong, right, write in known or _against_the_store(checked, text):
            explained.add((text.place.item_id, wrong))
            yield Hint(
                code="NAME",
                severity=Severity.YELLOW,
                place=text.place,
                message=Sentence("“{wrong}”: is the name “{right}”?", wrong=wrong, right=write),
                about=wrong,
                fix=text.changed_to(_replaced(text.words, wrong, right)),
            )
    yield from _inconsistent(checked, explained)


def _against_glossary(checked: Checked, text: Text) -> Iterator[tuple[str, str, str]]:
    """Yield what stands in a text, what to put there, and how the name is written in full."""
    for known in checked.words.names:
        pattern = texts.phrases(known.wrong)
        for wrong in dict.fromkeys(found.group() for found in pattern.finditer(text.words)):
            if wrong != known.write:
                yield wrong, known.write, known.write
    stand_alone = set(_INITIALISM.findall(text.words))
    joined = {found["letters"]: found["rest"] for found in _JOINED.finditer(text.words)}
    for known in checked.words.names:
        for found in _JOINED.finditer(known.write):
            for letters, rest in joined.items():
                if _is_anagram(letters, found["letters"]) and rest == found["rest"]:
                    yield f"{letters}-{rest}", f"{found['letters']}-{rest}", known.write
        if _INITIALISM.fullmatch(known.write):
            for letters in stand_alone:
                if _is_anagram(letters, known.write):
                    yield letters, known.write, known.write


def _against_the_store(checked: Checked, text: Text) -> Iterator[tuple[str, str, str]]:
    """Yield an initialism of this text alone, and the one of other texts with its letters.

    Only a dictionary tells an initialism from a word ("LOS" from "sol"); without one, nothing is
    said.
    """
    dictionary = checked.dictionaries.get(text.language)
    if dictionary is None:
        return
    joined = (found["letters"] for found in _JOINED.finditer(text.words))
    for letters in dict.fromkeys([*_INITIALISM.findall(text.words), *joined]):
        if checked.vocabulary.get(letters.casefold(), 0) >= WELL_KNOWN:
            continue
        meant = [
            word.upper()
            for word, count in checked.vocabulary.items()
            if count >= WELL_KNOWN
            and _is_anagram(word, letters.casefold())
            and not dictionary.knows(word)
        ]
        if len(meant) == 1:
            yield letters, meant[0], meant[0]


def _inconsistent(checked: Checked, explained: set[tuple[int | None, str]]) -> Iterator[Hint]:
    """Find initialisms that differ by the order of their letters; either may be right."""
    for story in checked.content.stories:
        told: dict[tuple[str, str], Text] = {}
        for text in texts.prose(checked.content):
            if text.place.item_id == story.item_id:
                for found in _JOINED.finditer(text.words):
                    told.setdefault((found["letters"], found["rest"]), text)
        for (one, rest), (other, other_rest) in combinations(told, 2):
            both = (f"{one}-{rest}", f"{other}-{other_rest}")
            if rest != other_rest or not _is_anagram(one, other):
                continue
            if any((story.item_id, written) in explained for written in both):
                continue
            yield Hint(
                code="NAME",
                severity=Severity.YELLOW,
                place=told[other, other_rest].place,
                message=Sentence(
                    "“{one}” and “{other}” both stand here. Which one is right?",
                    one=both[0],
                    other=both[1],
                ),
                about=" ".join(both),
            )


def _is_anagram(one: str, other: str) -> bool:
    return one != other and len(one) == len(other) and sorted(one) == sorted(other)


def _replaced(words: str, wrong: str, right: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(wrong)}(?!\w)", lambda _: right, words)


def _swedish(checked: Checked) -> Iterator[Text]:
    return (text for text in texts.prose(checked.content) if text.language == "sv")
