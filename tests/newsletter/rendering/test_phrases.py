from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.rendering.phrases import Phrases, direction, paragraphs
from newsletter.templates_folder import TemplatesFolder
from tests.builders import make_event, make_issue_content


def said(language: str, starts_at: datetime, ends_at: datetime | None) -> str:
    issue = make_issue_content(language=language)
    phrases = Phrases(issue, TemplatesFolder().language(language))
    parts = phrases.when(make_event(starts_at=starts_at, ends_at=ends_at))
    return " ".join(parts).replace("\u00a0", " ")


def at(month: int, day: int, hour: int, minute: int = 0, *, year: int = 2017) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "swedish", "english"),
    [
        (at(3, 7, 7), at(3, 7, 8, 30), "7 mars kl. 08.00–09.30", "7 March, 08:00–09:30"),
        (at(3, 7, 7), None, "7 mars kl. 08.00", "7 March, 08:00"),
        (
            at(3, 7, 7),
            at(3, 9, 15),
            "7 mars kl. 08.00 – 9 mars kl. 16.00",
            "7 March, 08:00 – 9 March, 16:00",
        ),
        # In summer the zone is two hours ahead.
        (at(7, 1, 8), None, "1 juli kl. 10.00", "1 July, 10:00"),
        (at(3, 6, 23), None, "7 mars", "7 March"),
        (at(3, 6, 23), at(3, 8, 23), "7 mars – 9 mars", "7 March – 9 March"),
        (at(3, 7, 7), at(3, 7, 6), "7 mars kl. 08.00", "7 March, 08:00"),
        (at(1, 15, 8, year=2018), None, "15 januari 2018 kl. 09.00", "15 January 2018, 09:00"),
    ],
)
def test_when_an_event_is(
    starts_at: datetime, ends_at: datetime | None, swedish: str, english: str
) -> None:
    assert said("sv", starts_at, ends_at) == swedish
    assert said("en", starts_at, ends_at) == english


def test_nothing_in_a_text_is_markup() -> None:
    assert paragraphs("<b>a</b>\n\n \n\nb & c") == ["&lt;b&gt;a&lt;/b&gt;", "b &amp; c"]


@pytest.mark.parametrize("code", ["", "x", "sv_SE_x_y", "<b>", "12"])
def test_a_language_nobody_knows_is_written_from_the_left(code: str) -> None:
    assert direction(code) == "ltr"
