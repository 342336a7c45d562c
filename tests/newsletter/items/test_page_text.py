"""What `sources.read` makes of pages of text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.items.sources import Page
from tests.newsletter.items.pages import (
    HEAD,
    SAMPLE,
    TODAY,
    in_swedish,
    page_of,
    read_text,
    unhurried,
)

_LETTERS = "abcdefghijklmnopqrstuvwxyzåäöéÅÄÖABC"
_WORD = st.text(alphabet=_LETTERS, min_size=2, max_size=12)
_SENTENCE = st.lists(_WORD, min_size=3, max_size=12).map(lambda words: "Ja " + " ".join(words))
_STORY = st.tuples(
    _SENTENCE, st.dates(min_value=date(1990, 1, 1), max_value=TODAY), _SENTENCE, st.booleans()
)


def told(page: Page) -> list[tuple[str, date | None, str]]:
    return [(draft.title, draft.published_on, draft.excerpt) for draft in page.drafts]


def test_the_sample_page_gives_its_ten_items_in_order() -> None:
    page = read_text(SAMPLE.read_text(encoding="utf-8"))

    assert [str(draft.published_on) for draft in page.drafts] == [
        "2026-11-20", "2026-11-17", "2026-11-12", "2026-11-09", "2026-11-05",
        "2026-10-28", "2026-10-23", "2026-10-14", "2026-10-14", "2026-09-03",
    ]  # fmt: skip
    assert [draft.title for draft in page.drafts][7:9] == [
        "Small islands, big ideas",
        "Möt externa relationers nya praktikanter ht2026",
    ]
    assert all(draft.truncated for draft in page.drafts)
    assert all(draft.raw_excerpt == f"{draft.raw_excerpt[:-6]}......" for draft in page.drafts)
    assert [draft.is_announcement for draft in page.drafts].index(True) == 6


def test_the_page_around_the_list_is_no_news() -> None:
    page = read_text(SAMPLE.read_text(encoding="utf-8"))

    everything = " ".join(f"{draft.title} {draft.raw_excerpt}" for draft in page.drafts)
    assert "KonferensBryssel" not in everything
    assert "Foto:" not in everything
    assert "omvärldsbevakning" not in everything


@pytest.mark.parametrize("bullet", ["•", "-", "*", "·"])
def test_any_usual_bullet_begins_an_item(bullet: str) -> None:
    text = page_of(
        [("Film på kontoret", "14 februari 2026", "Se den."), ("Ny chef", "3 maj", "Ja.")]
    )

    page = read_text(text.replace("•", bullet))

    assert told(page) == [
        ("Film på kontoret", date(2026, 2, 14), "Se den."),
        ("Ny chef", date(2026, 5, 3), "Ja."),
    ]


@pytest.mark.parametrize("dash", ["–", "-"])
def test_a_spoken_line_is_text_and_no_item(dash: str) -> None:
    text = page_of(
        [
            ("Film på kontoret", "14 februari 2026", f"{dash} Vad gör ni hela dagarna? Vi"),
            ("Ny chef på plats", "13 februari 2026", "Välkommen."),
        ]
    )

    page = read_text(text)

    assert [draft.title for draft in page.drafts] == ["Film på kontoret", "Ny chef på plats"]
    assert page.drafts[0].excerpt == f"{dash} Vad gör ni hela dagarna? Vi"


def test_a_list_inside_a_text_stays_in_the_text() -> None:
    page = read_text(
        "Nyheter\n\n• Program för dagen\n\n  2026-09-27\n\n  Detta händer:\n\n    • Kaffe\n"
        "    • Tal\n\n• Nästa sak här\n\n  2026-09-26\n\n  Text\n"
    )

    assert told(page) == [
        ("Program för dagen", date(2026, 9, 27), "Detta händer:\n\n• Kaffe\n\n• Tal"),
        ("Nästa sak här", date(2026, 9, 26), "Text"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        # titles without bullets, blank lines or not
        "Nyheter\n\nNy rapport\n\n2026-09-27\n\nText ett.\n\nMöte i norr\n\n2026-09-20\n\n"
        "Text två.",
        "Nyheter\nNy rapport\n2026-09-27\nText ett.\nMöte i norr\n2026-09-20\nText två.\n",
        "Ny rapport\n\n2026-09-27\n\nText ett.\n\nMöte i norr\n\n2026-09-20\n\nText två.\n",
        # dates above the titles
        "Nyheter\n\n2026-09-27\nNy rapport\nText ett.\n\n2026-09-20\nMöte i norr\nText två.\n",
        # dates in brackets, beside the title or the text
        "Aktuellt\n• Ny rapport [2026-09-27]\n  Text ett.\n• Möte i norr\n  [2026-09-20] Text två.",
        # dates below the texts
        "Aktuellt\n\n• Ny rapport\n\nText ett.\n\nPublicerad: 27 september 2026\n\n"
        "• Möte i norr\n\nText två.\n\nPublicerad: den 20 september 2026\n",
        # nothing but lines
        "Alla nyheter\r\n* Ny rapport\r\n  sön 27 sep 2026\r\n  Text ett.\r\n* Möte i norr\r\n"
        "  den 20 sept. 2026 kl. 13.30\r\n  Text två.\r\n",
        # the picture's alternative text repeats the title
        "Aktuellt\n\n• Ny rapport\n\nNy rapport\n\n2026-09-27\n\nText ett.\n\n• Möte i norr\n\n"
        "2026-09-20\n\nMöte i norr\n\nText två.",
        # bullets on lines of their own, as browsers copy them
        "Aktuellt\n•\n\tNy rapport\n\t2026-09-27\n\tText ett.\n•\tMöte i norr\n\t2026-09-20\n"
        "\tText två.",
        # the page around it
        "Gå direkt till huvudinnehållet\n\nVi använder kakor (cookies).\n\n• Start\n• Nyheter\n\n"
        "Nyheter\n\n • Ny rapport\n\n  2026-09-27\n\n  Text ett.\n\n • Möte i norr\n\n"
        "  2026-09-20\n\n  Text två.\n\nSenast uppdaterad: 2026-10-01 12:33\n\nKontakta oss\n\n"
        "• Om oss\n",
    ],
)
def test_pages_of_many_shapes_tell_the_same_news(text: str) -> None:
    assert told(read_text(text)) == [
        ("Ny rapport", date(2026, 9, 27), "Text ett."),
        ("Möte i norr", date(2026, 9, 20), "Text två."),
    ]


def test_a_title_may_be_wrapped_and_a_text_too() -> None:
    page = read_text(
        "Aktuellt\n * En film som har en lång\n   rubrik\n   14 februari 2026\n   Text som är\n"
        "   bruten på två.\n"
    )

    assert told(page) == [
        ("En film som har en lång rubrik", date(2026, 2, 14), "Text som är bruten på två.")
    ]


def test_items_without_dates_are_items_under_a_heading() -> None:
    page = read_text(
        "Meny\n• Kontakt\n\nAktuellt\n\n• Regionen skriver avtal\n  Avtalet gäller i tre år...\n\n"
        "• Ny direktör i Bryssel\n\nPublicerad:\n\n• Om oss\n"
    )

    assert told(page) == [
        ("Regionen skriver avtal", None, "Avtalet gäller i tre år"),
        ("Ny direktör i Bryssel", None, ""),
    ]


def test_a_text_without_a_title_lends_it_its_first_sentence() -> None:
    text = "Regionerna har lämnat sitt svar. Det handlar om stöd till"
    page = read_text(f"Nyheter\n\n• {text}...\n")

    assert told(page) == [("Regionerna har lämnat sitt svar.", None, text)]


def test_the_nearest_heading_above_the_first_date_is_the_one() -> None:
    page = read_text(
        "Nyheter\n\n• Prenumerera på nyheter\n\nAktuellt\n\n• Ny rapport\n\n2026-09-27\n\nText."
    )

    assert told(page) == [("Ny rapport", date(2026, 9, 27), "Text.")]


def test_without_dates_the_heading_with_a_list_under_it_is_the_one() -> None:
    page = read_text(
        "Nyheter\n\nAktuellt\n\n• Ny rapport om haven\n\nTexten.\n\nFler nyheter\n\nFinns i arkiv."
    )

    assert told(page) == [("Ny rapport om haven", None, "Texten.")]


def test_a_title_that_looks_like_a_heading_is_a_title_when_a_date_follows() -> None:
    page = read_text("Nyheter\n\nNytt om strukturfonderna\n\n2026-09-27\n\nText.\n")

    assert told(page) == [("Nytt om strukturfonderna", date(2026, 9, 27), "Text.")]


def test_what_follows_a_cut_text_belongs_to_the_page() -> None:
    page = read_text(
        "Nyheter\n\n• Film på kontoret\n\n2026-09-27\n\nSe den......\n\nKontakta oss\n"
    )

    assert told(page) == [("Film på kontoret", date(2026, 9, 27), "Se den")]


def test_the_raw_text_keeps_what_the_tidied_one_loses() -> None:
    page = read_text(
        page_of([("Film på kontoret", "3 maj 2026", "kl.\u00a013\u00a0 i\u00adgen......")])
    )

    assert page.drafts[0].raw_excerpt == "kl.\u00a013\u00a0 i\u00adgen......"
    assert page.drafts[0].excerpt == "kl. 13 igen"


@pytest.mark.parametrize(
    "text",
    [
        HEAD,
        HEAD + "Senast uppdaterad: 2026-10-18 12:33\n\nKontakt\n\nExempelgatan 1\n\n• Om oss\n",
        "Nyheter",
    ],
)
def test_a_page_whose_list_is_empty_has_no_news(text: str) -> None:
    assert read_text(text).drafts == ()


@unhurried
@given(stories=st.lists(_STORY, min_size=1, max_size=12))
def test_a_page_made_from_stories_reads_back_the_same(
    stories: list[tuple[str, date, str, bool]],
) -> None:
    text = page_of(
        (title, in_swedish(day), words + ("......" if cut else "."))
        for title, day, words, cut in stories
    )

    page = read_text(text)

    assert [
        (draft.title, draft.published_on, draft.excerpt, draft.truncated) for draft in page.drafts
    ] == [(title, day, words if cut else f"{words}.", cut) for title, day, words, cut in stories]
