"""`newsletter items` as people and programs use it."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from newsletter.cli import items
from newsletter.cli.command import run
from newsletter.database import Database
from newsletter.items.sources import LARGEST_SOURCE
from tests.newsletter.items.pages import SAMPLE, hidden, page_of


class Store:
    """A store with settings of its own, used through the command line."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        (folder / "newsletter.toml").write_text(
            'database_url = "sqlite:///newsletter.db"\n'
            f'secret = "{"a" * 32}"\nsuppression_secret = "{"b" * 32}"\n',
            encoding="utf-8",
        )

    def run(self, *words: str, code: int = 0) -> str:
        """Run a command and return what it printed; wide, so that no line is folded."""
        config = str(self.folder / "newsletter.toml")
        assert run(items.program, [*words, "--config", config]) == code
        printed = self._capsys.readouterr()
        return printed.err if code else printed.out

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json"))

    def file(self, text: str, name: str = "sida.txt") -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return str(self.folder / name)


@pytest.fixture
def cli(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Store:
    monkeypatch.setenv("COLUMNS", "200")
    return Store(tmp_path, capsys)


@pytest.fixture
def page(cli: Store) -> str:
    return cli.file(SAMPLE.read_text(encoding="utf-8") + "\n" + hidden(8) * 3)


def test_an_import_says_what_became_of_the_page(cli: Store, page: str) -> None:
    first = cli.run("import", page)
    second = cli.run("import", page)
    english = cli.run("import", page, "--lang", "en")

    assert first == (
        "9 nya · 1 annons om nyhetsbrevet (dold) · 1 rad med dolda adresser togs bort\n"
    )
    assert second == "10 oförändrade · 1 rad med dolda adresser togs bort\n"
    assert english == "10 unchanged items · 1 line with hidden addresses was dropped\n"


def test_an_import_gives_programs_the_keys_they_rely_on(cli: Store, page: str) -> None:
    first = cli.json("import", page)
    second = cli.json("import", page)

    counted = ("new", "changed", "unchanged", "announcements", "dropped_lines")
    assert [first[key] for key in counted] == [9, 0, 0, 1, 1]
    assert [second[key] for key in counted] == [0, 0, 10, 0, 1]
    assert len(first["items"]) == 10
    assert first["items"][6] == {
        "id": 7,
        "title": "Nyhetsbrev om Exempelregionens externa arbete ute nu",
        "published_on": "2026-10-23",
        "excerpt": first["items"][6]["excerpt"],
        "truncated": True,
        "kind": "announcement",
        "url": "",
        "outcome": "announcement",
        "kept_own_words": False,
        "changes": [],
        "perhaps_same_as": None,
    }


def test_a_dry_run_names_each_item_and_stores_nothing(cli: Store, page: str) -> None:
    shown = cli.run("import", page, "--dry-run")

    assert "annons, dold" in shown
    assert shown.count("2026-10-14") == 2
    assert "Small islands, big ideas" in shown
    assert shown.endswith("Inget sparades. Kör utan --dry-run för att spara.\n")
    assert cli.json("list") == []


def test_a_dry_run_shows_the_words_that_would_change(cli: Store) -> None:
    cli.run("import", cli.file(page_of([("Film på kontoret", "3 maj 2026", "Förr......")])))

    shown = cli.run(
        "import", cli.file(page_of([("Film på kontoret", "3 maj 2026", "Nu......")])), "--dry-run"
    )

    assert "Film på kontoret\n  − Förr\n  + Nu\n" in shown
    assert "1 uppdaterad\n" in shown


def test_what_may_be_told_twice_is_pointed_at(cli: Store) -> None:
    cli.run("import", cli.file(page_of([("Film om kontoret är klar", "3 maj 2026", "Ja.")])))
    again = cli.file(page_of([("Filmen om kontoret är klar", "5 maj 2026", "Ja.")]))

    shown = cli.run("import", again, "--dry-run")
    result = cli.json("import", again)

    assert "Kanske en dubblett: ”Filmen om kontoret är klar” liknar nyhet 1" in shown
    assert result["items"][0]["perhaps_same_as"] == {"id": 1, "title": "Film om kontoret är klar"}
    assert result["new"] == 1


def test_nothing_inside_our_network_is_fetched(cli: Store) -> None:
    for url in ("http://127.0.0.1:1/", "https://localhost/nyheter", "http://[::1]/"):
        assert "Inget hämtades." in cli.run("import", url, code=4)


def test_own_words_that_stand_are_named(cli: Store) -> None:
    cli.run("import", cli.file(page_of([("Film på kontoret", "3 maj 2026", "Förr......")])))
    cli.run("edit", "1", "--text", "Se filmen!")

    shown = cli.run("import", cli.file(page_of([("Film på kontoret", "3 maj 2026", "Nu......")])))

    assert "behåller den du skrev: Film på kontoret" in shown


def test_a_page_can_come_through_a_pipe(
    cli: Store, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(Path(page).read_bytes()))
    monkeypatch.setattr("sys.stdin", stdin)

    assert cli.json("import", "-")["new"] == 9


def test_an_empty_page_is_no_error(cli: Store, page: str) -> None:
    cli.run("import", page)

    shown = cli.run("import", cli.file("Externa relationer\n\nNyheter och aktuellt\n"))

    assert shown == "Sidan har inga nyheter just nu. Inget ändrades.\n"
    assert len(cli.json("list")) == 10


def test_another_encoding_is_read_and_told(cli: Store) -> None:
    file = cli.folder / "sida.txt"
    file.write_bytes(page_of([("Möte i Göteborg", "3 maj", "Ja – nu.")]).encode("windows-1252"))

    shown = cli.run("import", str(file))

    assert shown == "Texten är i Windows-1252, inte UTF-8, och lästes så.\n1 ny\n"
    assert cli.json("show", "1")["title"] == "Möte i Göteborg"


def test_bad_sources_are_explained_and_nothing_is_stored(cli: Store) -> None:
    (cli.folder / "bild.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00")
    with (cli.folder / "stor.txt").open("wb") as stream:
        stream.truncate(10 * LARGEST_SOURCE)

    for source, explanation in (
        ("bild.jpg", "är ingen text"),
        ("stor.txt", "större än 5 MB"),
        ("saknas.txt", "Det finns ingen fil"),
        (".", "är en mapp"),
    ):
        complaint = cli.run("import", str(cli.folder / source), code=1)
        assert explanation in complaint
        assert "Inget sparades." in complaint
    february = cli.file(page_of([("Film på kontoret", "31 februari 2026", "Ja.")]))
    assert "På rad 9 står ”31 februari 2026”" in cli.run("import", february, code=1)
    assert cli.json("list") == []


def test_nothing_of_a_hidden_address_is_printed_or_stored(
    cli: Store, page: str, caplog: pytest.LogCaptureFixture
) -> None:
    secret = hidden(8) * 3

    printed = "".join(
        [
            cli.run("import", page, "--dry-run"),
            cli.run("import", page, "--debug"),
            cli.run("import", page, "--json"),
            caplog.text,
        ]
    )

    database = Database(f"sqlite:///{cli.folder / 'newsletter.db'}")
    with database.reading() as session:
        kept = repr(session.execute(sa.text("SELECT * FROM items")).all())
    database.close()
    assert not any(secret[at : at + 12] in printed + kept for at in range(len(secret) - 11))


def test_items_are_listed_for_people_and_for_programs(cli: Store, page: str) -> None:
    cli.run("import", page)

    listed = cli.json("list")
    shown = cli.run("list", "--no-hidden", "--since", "2026-11-09")

    assert {"id", "hidden", "title", "published_on", "excerpt", "truncated", "kind", "url"} <= (
        listed[0].keys()
    )
    assert [item["id"] for item in listed if item["hidden"]] == [7]
    assert [line.split()[0] for line in shown.splitlines()] == ["nyhet", "1", "2", "3", "4"]
    assert cli.json("list", "--search", "ÖAR och skärgårdar")[0]["id"] == 8
    assert "Ingen nyhet stämmer" in cli.run("list", "--kind", "event")


def test_an_event_is_added_in_the_zone_of_the_newsletter(cli: Store) -> None:
    event = cli.json(
        "add", "--title", "Frukostseminarium", "--starts-at", "2026-12-01 08.00", "--place", "Här"
    )

    assert event["kind"] == "event"
    assert event["starts_at"] == "2026-12-01T08:00:00+01:00"
    assert "Börjar: 1 december 2026 kl.\u00a008.00" in cli.run("show", str(event["id"]))


def test_an_item_is_edited_emptied_hidden_and_shown(cli: Store, page: str) -> None:
    cli.run("import", page)

    cli.run("edit", "3", "--url", "https://www.example.org/film", "--link-text", "Se filmen")
    edited = cli.json("edit", "3", "--link-text", "", "--date", "2026-11-13")
    hidden_ = cli.run("hide", "3")
    shown = cli.run("hide", "3", "--show", "--lang", "en")

    assert (edited["url"], edited["link_text"]) == ("https://www.example.org/film", "")
    assert edited["published_on"] == "2026-11-13"
    assert hidden_ == "Nyhet 3 är dold: Brysselkontoret visar vardagen på film!\n"
    assert shown == "Item 3 is shown again: Brysselkontoret visar vardagen på film!\n"


@pytest.mark.parametrize(
    ("words", "code", "explanation"),
    [
        (["show", "99"], 1, "Det finns ingen nyhet 99"),
        (["show", "abc"], 2, "Nothing was done|Inget gjordes"),
        (["edit", "99", "--title", "Ny"], 1, "Det finns ingen nyhet 99"),
        (["edit", "1"], 2, "Du angav ingen ändring"),
        (["edit", "1", "--date", "2026-13-01"], 2, "är inget datum"),
        (["edit", "1", "--starts-at", "imorgon"], 2, "är inget datum med klockslag"),
        (["add", "--title", ""], 2, "behöver en rubrik"),
        (["add", "--title", "X", "--url", "javascript:alert(1)"], 2, "börjar inte med https://"),
        (["add", "--title", "X", "--ends-at", "2026-12-01 08:00"], 2, "behöver en tid"),
        (["add-picture", "1", "saknas.jpg", "--alt", ""], 1, "Det finns ingen fil"),
    ],
)
def test_mistakes_are_explained(cli: Store, words: list[str], code: int, explanation: str) -> None:
    assert re.search(explanation, cli.run(*words, code=code))


def test_an_item_gets_a_picture_fit_for_mail(cli: Store, page: str) -> None:
    cli.run("import", page)
    file = cli.folder / "film.png"
    Image.new("RGB", (1600, 800), "navy").save(file)

    shown = cli.run(
        "add-picture", "3", str(file), "--alt", "En kamera", "--credit", "Robin Exempel"
    )

    picture = cli.json("show", "3")["picture"]
    assert shown.startswith("Nyhet 3 har fått bilden, 1200 × 600 bildpunkter")
    assert (picture["alt"], picture["credit"]) == ("En kamera", "Robin Exempel")


@pytest.mark.parametrize(
    "command", ["import", "list", "show", "add", "edit", "hide", "add-picture"]
)
def test_every_command_has_help_with_an_example(cli: Store, command: str) -> None:
    assert f"Example: newsletter items {command}" in cli.run(command, "--help")
