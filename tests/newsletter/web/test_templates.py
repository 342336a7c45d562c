from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsletter.app import App
from newsletter.language import read_catalogue
from newsletter.templates_folder import TemplatesFolder

FOLDERS = TemplatesFolder().folders
TEMPLATES = sorted((FOLDERS[-1] / "web").rglob("*.html"))
COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
SAID = re.compile(r'\bsay\(\s*"([^"]*)"')


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)
def test_every_sentence_in_a_page_is_literal_and_translated(template: Path) -> None:
    text = COMMENT.sub("", template.read_text(encoding="utf-8"))
    translated: dict[str, tuple[str, ...]] = {}
    for file in (FOLDERS[-1] / "locale" / "sv").glob("*.po"):
        translated |= read_catalogue(file)

    said = SAID.findall(text)

    assert [sentence for sentence in said if sentence not in translated] == []
    # One that is not literal could not be found above.
    assert len(said) == len(re.findall(r"\bsay\(", text))


def test_texts_about_the_service_are_there_in_both_languages() -> None:
    names = {file.name for file in TEMPLATES}

    for name in ("privacy", "accessibility", "contact"):
        assert {f"{name}.sv.html", f"{name}.en.html"} <= names


def test_words_and_background_stand_out_enough_in_light_and_dark(app: App) -> None:
    style = app.templates.find("web/style.css").read_text(encoding="utf-8")
    screen = style.partition("@media print")[0]
    light = dict(re.findall(r"--([\w-]+): (#\w{6})", screen.partition("@media")[0]))
    dark = light | dict(re.findall(r"--([\w-]+): (#\w{6})", screen.partition("scheme: dark)")[2]))
    texts = [
        ("text", "surface"), ("text", "page"), ("text", "tint"), ("muted", "surface"),
        ("muted", "page"), ("accent", "surface"), ("accent", "page"), ("accent", "tint"),
        ("accent-hover", "surface"), ("on-accent", "accent"), ("on-accent", "accent-hover"),
        ("band-text", "band"), ("band-small", "band"),
    ]  # fmt: skip
    controls = [
        ("control", "surface"), ("control", "page"), ("green", "surface"),
        ("focus", "surface"), ("focus", "page"), ("focus", "tint"),
    ]  # fmt: skip

    for colours in (light, dark):
        for text, ground in texts:
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
        for control, ground in controls:
            assert contrast(colours[control], colours[ground]) >= 3, (control, ground)
    for colours in (light, dark):
        for weight in ("red", "yellow", "green", "grey"):
            for ground in (f"{weight}-ground", "surface"):
                assert contrast(colours[weight], colours[ground]) >= 4.5, (weight, ground)
            assert contrast(colours["text"], colours[f"{weight}-ground"]) >= 4.5, weight
            assert contrast(colours[f"{weight}-bar"], colours["surface"]) >= 3, weight
        assert contrast(colours["muted"], colours["sunken"]) >= 4.5


def test_only_one_sheet_says_what_a_colour_is(app: App) -> None:
    for name in ("public", "desk"):
        sheet = app.templates.find(f"web/{name}.css").read_text(encoding="utf-8")
        assert re.findall(r"--[\w-]+:", sheet) == []


def contrast(one: str, other: str) -> float:
    """Return the ratio of WCAG 2.2, 1.4.3."""
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
