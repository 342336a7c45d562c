"""The editor's guide speaks of the pages as they are: their words, and pictures of them."""

from __future__ import annotations

import re

from newsletter.language import read_catalogue
from tests import guide
from tests.browser import chromium
from tests.tools import needs

TEXT = (guide.ROOT / "docs" / "editor-guide.sv.md").read_text(encoding="utf-8")
#: What all pictures may weigh together.
MOST_BYTES = 1_500_000
#: In bold stands what is to be seen on a page, word for word.
QUOTED = sorted(set(re.findall(r"\*\*(.+?)\*\*", TEXT, re.DOTALL)))


def sayings() -> list[re.Pattern[str]]:
    """Return every sentence of the program as what it can look like once it is filled in."""
    found = []
    for file in (guide.ROOT / "templates" / "locale" / "sv").glob("*.po"):
        for forms in read_catalogue(file).values():
            found += [
                re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(plain(form)))) for form in forms
            ]
    return found


def plain(words: str) -> str:
    return " ".join(words.split())


def test_each_word_it_quotes_stands_on_a_page() -> None:
    known = sayings()

    unknown = [
        quoted for quoted in QUOTED if not any(one.fullmatch(plain(quoted)) for one in known)
    ]

    assert len(QUOTED) > 20
    assert unknown == []


def test_its_pictures_are_those_that_make_guide_makes() -> None:
    shown = re.findall(r"!\[[^\]]{20,}\]\(editor-guide/([\w-]+)\.webp\)", TEXT)
    kept = {file.stem: file.stat().st_size for file in guide.PICTURES.iterdir()}

    assert sorted(shown) == sorted(guide.NAMES) == sorted(kept)
    assert sum(kept.values()) < MOST_BYTES


@needs("chromium")
def test_every_picture_can_be_taken_anew() -> None:
    with chromium() as browser:
        assert tuple(guide.pictures(browser)) == guide.NAMES
