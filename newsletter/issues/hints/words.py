"""Word lists for the hints; data that an editor can change."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from newsletter.errors import SettingsError

#: The file with the lists, below `templates/`.
WORDS_FILE = "rules/words.toml"


@dataclass(frozen=True, slots=True)
class Words:
    """The lists, lower-cased."""

    placeholders: tuple[str, ...] = ()
    empty_link_texts: tuple[str, ...] = ()


def read_words(file: Path) -> Words:
    """Read the lists from a TOML file.

    Raises SettingsError: not valid TOML, or a list of that name is not known.
    """
    try:
        lists = tomllib.loads(file.read_text(encoding="utf-8"))
        return Words(**{name: tuple(w.casefold() for w in words) for name, words in lists.items()})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, AttributeError) as error:
        raise SettingsError(
            "The word lists in {path} cannot be used: {cause}. Nothing was done. "
            "Mend the file and try again.",
            path=str(file),
            cause=str(error),
        ) from error
