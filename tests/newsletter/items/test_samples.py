"""Pages and feeds in the shape that real ones have, and what is read from each."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from newsletter.items.sources import Format, Page, read
from tests.newsletter.items.pages import TODAY

SAMPLES = Path(__file__).parent / "samples"
EXPECTED = tomllib.loads((SAMPLES / "expected.toml").read_text(encoding="utf-8"))


def read_sample(name: str) -> Page:
    return read((SAMPLES / name).read_bytes(), today=TODAY)


def test_every_sample_is_expected_to_tell_something() -> None:
    assert sorted(EXPECTED) == sorted(
        file.name for file in SAMPLES.iterdir() if file.suffix != ".toml"
    )


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_tells_what_a_reader_would_see(name: str) -> None:
    expected = EXPECTED[name]

    page = read_sample(name)

    told = [
        [
            str(draft.published_on or ""),
            draft.title,
            draft.url,
            draft.excerpt + (" …" if draft.truncated else ""),
        ]
        for draft in page.drafts
    ]
    assert told == expected["stories"]
    pictures = [draft.picture for draft in page.drafts if draft.picture]
    assert [[one.url, one.alt, one.caption, one.credit] for one in pictures] == expected.get(
        "pictures", []
    )
    english = [draft.title for draft in page.drafts if draft.language == "en"]
    assert english == expected.get("english", [])
    assert page.format is Format(expected["format"])
    assert page.encoding == expected.get("encoding", "UTF-8")
    assert page.broken_line == expected.get("broken_line", 0)
