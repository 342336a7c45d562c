"""Word lists are data: an editor's own are read, and a mistake in them is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import SettingsError
from newsletter.issues.hints import read_words
from newsletter.templates_folder import TemplatesFolder


def with_file(folder: Path, name: str, text: str) -> TemplatesFolder:
    file = folder / "rules" / name
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    return TemplatesFolder(folder)


def test_the_lists_we_ship_are_read() -> None:
    words = read_words(TemplatesFolder().find)

    assert words.of("sv").months["februari"] == 2
    assert words.of("en-GB").months["february"] == 2
    assert "EU" in words.initialisms


def test_a_language_without_lists_has_none() -> None:
    assert read_words(TemplatesFolder().find).of("fi").replacements == ()


def test_an_editors_own_list_takes_the_place_of_ours(tmp_path: Path) -> None:
    own = with_file(tmp_path, "names.toml", 'initialisms = ["ABC"]')

    words = read_words(own.find)

    assert words.initialisms == ("ABC",)
    assert words.names == ()
    assert words.placeholders


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("words.toml", "placeholders = ["),
        ("words.toml", "place_holders = []"),
        ("words.toml", 'placeholders = "xx"'),
        ("words.toml", "placeholders = [1]"),
        ("names.toml", 'names = [{ right = "CPMR" }]'),
        ("names.toml", 'names = [{ not = ["CRMP"] }]'),
        ("sv.toml", "[months]\njanuari = 13"),
        ("sv.toml", '[months]\njanuari = "1"'),
        ("sv.toml", "[time_words]\nhour = []"),
        ("sv.toml", '[[terms]]\nname = "vårterminen"\nbegins = "02-30"'),
        ("sv.toml", '[[replacements]]\ninstead_of = ["dom"]'),
        ("en.toml", "learned = []"),
    ],
)
def test_a_mistake_in_a_list_names_the_file(tmp_path: Path, name: str, text: str) -> None:
    own = with_file(tmp_path, name, text)

    with pytest.raises(SettingsError) as refused:
        read_words(own.find)

    assert name in str(refused.value)
