"""Every sentence the program can say has a Swedish translation with the same fields."""

from __future__ import annotations

import ast
import builtins
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.issues.hints import Severity
from newsletter.language import read_catalogue
from newsletter.models import IssueState, Role

ROOT = Path(__file__).parent.parent
LOCALE = ROOT / "templates" / "locale" / "sv"
#: Calls whose first argument is a sentence for people.
SPEAKERS = {"Sentence", "say", "gettext", "ngettext", "_"}


def called_name(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def literal(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def spoken_in(tree: ast.AST) -> Iterator[tuple[str, str | None]]:
    """Yield each literal sentence with its plural, and the heads of tables."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = called_name(node)
        first = node.args[0]
        if name == "table" and isinstance(first, ast.List):
            yield from ((word, None) for word in map(literal, first.elts) if word)
        if name not in SPEAKERS and (not name.endswith("Error") or hasattr(builtins, name)):
            continue
        sentence = literal(first)
        if sentence:
            plural = [literal(k.value) for k in node.keywords if k.arg == "plural"]
            yield sentence, plural[0] if plural else None


def all_spoken() -> set[tuple[str, str | None]]:
    # Said through a variable: these are shown by their values.
    spoken: set[tuple[str, str | None]] = {
        (state.value, None) for states in (IssueState, Role, Severity) for state in states
    }
    for package in ("newsletter", "subscribers"):
        for file in (ROOT / package).rglob("*.py"):
            spoken.update(spoken_in(ast.parse(file.read_text(encoding="utf-8"))))
    return spoken


def catalogue() -> dict[str, tuple[str, ...]]:
    translations: dict[str, tuple[str, ...]] = {}
    for file in LOCALE.glob("*.po"):
        translations.update(read_catalogue(file))
    return translations


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_sentence_has_a_swedish_translation() -> None:
    translations = catalogue()

    missing = sorted(
        message
        for message, plural in all_spoken()
        if len(translations.get(message, ())) < (1 if plural is None else 2)
    )

    assert missing == []


def test_every_sentence_of_a_template_has_a_swedish_translation() -> None:
    translations = catalogue()

    missing = sorted(
        said
        for folder in ("email", "preview")
        for file in (ROOT / "templates" / folder).rglob("*.*")
        for said in re.findall(r'\b_\("([^"]+)"', file.read_text(encoding="utf-8"))
        # The way a comment shows how it is done.
        if said not in translations and said != "…"
    )

    assert missing == []


@pytest.mark.parametrize("file", sorted(LOCALE.glob("*.po")), ids=lambda file: file.stem)
def test_translations_keep_the_fields_of_the_sentence(file: Path) -> None:
    differing = [
        english
        for english, strings in read_catalogue(file).items()
        for swedish in strings
        if fields(swedish) - fields(english) - {"n"}
    ]

    assert differing == []


def test_no_translation_is_left_of_a_sentence_nobody_says() -> None:
    said = "\n".join(
        re.sub(r"\"\s*\n\s*\"", "", file.read_text(encoding="utf-8"))
        for folder in ("newsletter", "subscribers", "templates")
        for file in (ROOT / folder).rglob("*")
        if file.suffix in {".py", ".mjml", ".html", ".txt"}
    )

    unused = sorted(
        english
        for english in catalogue()
        if english.replace("\n", "\\n") not in said
        and english not in said
        # Names of fields are said as words.
        and english.replace(" ", "_") not in said
    )

    assert unused == []
