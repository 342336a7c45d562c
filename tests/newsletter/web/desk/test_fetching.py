"""Fetching news: shown first, saved on a second press, and nothing is lost on bad input."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from newsletter.app import App
from newsletter.models import Item
from tests.newsletter.web.desk.conftest import Editor

FETCH = "/redaktion/hamta"
PAGE = """Nyheter och aktuellt

 • Exempelkontoret satsar på film!

  14 november 2026

  Vad gör egentligen Exempelkontoret? Detta är frågor som många ställer sig och för att ......

 • Praktik våren 2027

  12 november 2026

  Vi söker två studenter till kontoren i Exempelstad.
"""


def stored(app: App) -> list[str]:
    with app.database.reading() as session:
        return list(session.scalars(sa.select(Item.title).order_by(Item.id)))


def test_pasted_text_is_shown_before_it_is_saved(editor: Editor, app: App) -> None:
    shown = editor.client.post(FETCH, data={"svar": editor.answer, "klistrat": PAGE})

    assert shown.status_code == 200
    assert "Exempelkontoret satsar på film!" in shown.text
    assert stored(app) == []
    kept = re.findall(r'name="last" value="([^"]+)"', shown.text)[0]
    assert editor.post(FETCH, last=kept, spara="ja") == "/redaktion"
    assert stored(app) == ["Exempelkontoret satsar på film!", "Praktik våren 2027"]


def test_a_file_is_read_as_well_and_leads_back_to_the_issue(editor: Editor, app: App) -> None:
    shown = editor.client.post(
        f"{FETCH}?nummer=2026-01",
        data={"svar": editor.answer},
        files={"fil": ("sida.txt", PAGE.encode("cp1252"))},
    )

    kept = re.findall(r'name="last" value="([^"]+)"', shown.text)[0]
    leads_to = editor.post(f"{FETCH}?nummer=2026-01", last=kept, spara="ja")

    assert leads_to == "/redaktion/2026-01/valj"
    assert len(stored(app)) == 2


def test_a_pasted_page_keeps_its_links(editor: Editor, app: App) -> None:
    marked_up = """<html><body><!--StartFragment--><h2>Nyheter och aktuellt</h2><ul>
    <li><h3><a href="https://www.example.org/film">Exempelkontoret satsar på film!</a></h3>
    <p>14 november 2026</p><p>Vad gör egentligen Exempelkontoret? Nu svarar de själva.</p></li>
    <li><h3><a href="https://www.example.org/praktik">Praktik våren 2027</a></h3>
    <p>12 november 2026</p><p>Vi söker två studenter till kontoren i Exempelstad.</p></li>
    </ul><!--EndFragment--></body></html>"""

    shown = editor.client.post(
        FETCH, data={"svar": editor.answer, "klistrat": PAGE, "klistrat_html": marked_up}
    )

    kept = re.findall(r'name="last" value="([^"]+)"', shown.text)[0]
    editor.post(FETCH, last=kept, spara="ja")
    with app.database.reading() as session:
        links = {item.title: item.url for item in session.scalars(sa.select(Item))}
    assert links == {
        "Exempelkontoret satsar på film!": "https://www.example.org/film",
        "Praktik våren 2027": "https://www.example.org/praktik",
    }


@pytest.mark.parametrize("marked_up", ["<p>Nothing to see", "\x00", "<ul><li>x</ul>"])
def test_markup_that_tells_less_than_the_text_is_left_alone(editor: Editor, marked_up: str) -> None:
    shown = editor.client.post(
        FETCH, data={"svar": editor.answer, "klistrat": PAGE, "klistrat_html": marked_up}
    )

    assert "2 nya nyheter" in shown.text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_second_time_nothing_is_new(editor: Editor) -> None:
    for _ in range(2):
        shown = editor.client.post(FETCH, data={"svar": editor.answer, "klistrat": PAGE})
        kept = re.findall(r'name="last" value="([^"]+)"', shown.text)[0]
        editor.post(FETCH, last=kept, spara="ja")

    assert (
        "Inget nytt där"
        in editor.client.post(FETCH, data={"svar": editor.answer, "klistrat": PAGE}).text
    )


@pytest.mark.parametrize(
    "typed",
    [{}, {"klistrat": "\x00\x01\x02"}, {"adress": "http://127.0.0.1/"}, {"adress": "ftp://x"},
     {"last": "not base64", "klistrat": ""}],
)  # fmt: skip
def test_what_cannot_be_read_is_explained_and_stays_in_the_form(
    editor: Editor, app: App, typed: dict[str, str]
) -> None:
    refused = editor.client.post(FETCH, data={"svar": editor.answer, **typed})

    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert typed.get("adress", "") in refused.text
    assert stored(app) == []


def test_a_paste_of_ten_megabytes_is_answered_calmly(editor: Editor) -> None:
    refused = editor.client.post(
        FETCH, data={"svar": editor.answer, "klistrat": "ord " * (10 * 1024 * 1024 // 4)}
    )

    assert refused.status_code == 422
    assert "5 MB" in refused.text.replace("\N{NO-BREAK SPACE}", " ")


def test_more_than_that_is_refused_before_it_is_read(editor: Editor) -> None:
    refused = editor.client.post(FETCH, data={"svar": editor.answer, "klistrat": "x" * 13_000_000})

    assert refused.status_code == 413
