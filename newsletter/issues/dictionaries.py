"""Dictionaries of whole languages, from packages that are kept up to date.

Swedish comes from hunspell-sv, read by Hunspell itself: it knows how words are put together, so
that a new compound is no mistake. Another language has no dictionary, and is not judged by one.
"""

from __future__ import annotations

import importlib.metadata
import threading
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from newsletter.issues.hints import Dictionary

#: Package and name of the dictionary of a language.
_KEPT = {"sv": ("hunspell-sv", "sv_SE")}
#: Letters; Hunspell takes the square of it, and no word of a newsletter is longer.
LONGEST_WORD = 40
_LETTERS = "aeinrtsldkomgvufhpåäöbcjyxzwqé"


class HunspellDictionary:
    """One language; read when the first word is asked for (a second, 40 MB)."""

    def __init__(self, folder: Path, name: str) -> None:
        """Take the folder of the files and their name: `sv_SE`."""
        self._folder = folder
        self._name = name
        #: Hunspell answers one question at a time.
        self._turn = threading.Lock()
        self._suggested = lru_cache(maxsize=2000)(self._nearest)

    def knows(self, word: str) -> bool:
        """Say whether a word, or a compound of words, is one of the language."""
        with self._turn:
            return len(word) > LONGEST_WORD or bool(self._hunspell.spell(word))

    def nearest(self, word: str) -> tuple[str, ...]:
        """Return the words one slip of the fingers away: the likeliest slips first.

        Hunspell's own suggestions take a second for each word, and are mostly farther away.
        """
        return self._suggested(word) if len(word) <= LONGEST_WORD else ()

    def _nearest(self, word: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(filter(self.knows, _slips(word))))

    @cached_property
    def _hunspell(self) -> Any:
        import hunspell

        return hunspell.Hunspell(self._name, hunspell_data_dir=f"{self._folder}/")


def installed() -> Mapping[str, Dictionary]:
    """Return the dictionaries that are here, by language."""
    found: dict[str, Dictionary] = {}
    for language, (package, name) in _KEPT.items():
        try:
            files = importlib.metadata.files(package) or ()
        except importlib.metadata.PackageNotFoundError:
            continue
        for file in files:
            if file.name == f"{name}.dic":
                found[language] = HunspellDictionary(
                    Path(str(file.locate())).resolve().parent, name
                )
    return found


def _slips(word: str) -> Iterator[str]:
    """Yield what becomes of a word when one slip is undone."""
    places = range(len(word))
    # Two letters changed about, one left out where there are two, one too many, one missing, wrong.
    yield from (word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :] for at in places[:-1])
    yield from (word[:at] + word[at] + word[at:] for at in places)
    yield from (word[:at] + word[at + 1 :] for at in places)
    yield from (word[:at] + sign + word[at:] for at in range(len(word) + 1) for sign in _LETTERS)
    yield from (word[:at] + sign + word[at + 1 :] for at in places for sign in _LETTERS)
