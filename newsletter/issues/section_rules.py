"""Suggest a section for an item, by keywords that the editor can change."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsletter.errors import SettingsError

#: The file with the rules, below `templates/`.
RULES_FILE = "rules/sections.toml"


@dataclass(frozen=True, slots=True)
class SectionRule:
    """One section and what belongs in it."""

    name: str
    keywords: tuple[str, ...] = ()
    #: Kinds of items that always belong here: "event".
    kinds: tuple[str, ...] = ()
    #: Takes what no keyword finds.
    default: bool = False
    #: Shown after the others, whatever its place in the file; matched first all the same.
    last: bool = False


@dataclass(frozen=True, slots=True)
class SectionRules:
    """All sections, in the order they are matched."""

    rules: tuple[SectionRule, ...]

    @property
    def names(self) -> list[str]:
        """Section names in the order readers see them."""
        return [rule.name for rule in sorted(self.rules, key=lambda rule: rule.last)]

    def suggest(self, *, title: str, text: str, kind: str) -> str:
        """Return the name of the section an item seems to belong in.

        The kind decides before the title, and the title before the text.
        """
        for rule in self.rules:
            if kind in rule.kinds:
                return rule.name
        for words in (title, text):
            for rule in self.rules:
                if any(_stands_in(keyword, words) for keyword in rule.keywords):
                    return rule.name
        return next(rule.name for rule in self.rules if rule.default)


def read_section_rules(file: Path) -> SectionRules:
    """Read the rules from a TOML file.

    Raises SettingsError: not valid TOML, a misspelt key, or not exactly one default section.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8")).get("sections", [])
        rules = tuple(map(_rule, tables))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, KeyError) as error:
        raise SettingsError(
            "The section rules in {path} cannot be used: {cause}. Nothing was done. "
            "Mend the file and try again.",
            path=str(file),
            cause=str(error),
        ) from error
    if sum(rule.default for rule in rules) != 1:
        raise SettingsError(
            "The section rules in {path} need exactly one section with default = true. "
            "Nothing was done. Mend the file and try again.",
            path=str(file),
        )
    return SectionRules(rules)


def _rule(table: dict[str, Any]) -> SectionRule:
    unknown = table.keys() - SectionRule.__slots__
    if unknown:
        raise TypeError(f"unknown key {min(unknown)!r}")
    return SectionRule(
        name=table["name"],
        keywords=tuple(table.get("keywords", ())),
        kinds=tuple(table.get("kinds", ())),
        default=table.get("default", False),
        last=table.get("last", False),
    )


def _stands_in(keyword: str, words: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(keyword.casefold())}", words.casefold()) is not None
