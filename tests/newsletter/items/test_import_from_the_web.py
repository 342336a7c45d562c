"""`newsletter items import` of addresses, from a real server on loopback."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from newsletter.app import App
from newsletter.cli.command import DONE, PARTLY, Common, Output
from newsletter.cli.items_import import import_
from newsletter.database import Database
from newsletter.items import store
from newsletter.language import Language
from newsletter.models import Item, Picture
from newsletter.settings import Settings
from newsletter.templates_folder import TemplatesFolder
from subscribers.tokens import Keys
from tests.conftest import Clock
from tests.newsletter.fetching.web_server import Answer, WebServer, web_server

LIST = """<!doctype html><h1>Nyheter</h1><ul>
<li><h2><a href="/film?utm_source=start">Kontoret visar film</a></h2>
<time datetime="2026-11-12">x</time>
<img src="/film.png" alt="En kamera"><p>Fyra filmer följer ett......</p>
<li><h2><a href="/tåg">Fler tåg i norr</a></h2>
<time datetime="2026-11-10">x</time><p>Hela texten.</p>
</ul>"""
STORY = """<!doctype html><nav><p>Du är här: start, nyheter, film och en lång rad till</p></nav>
<main><article><h1>Kontoret visar film</h1>
<p><time datetime="2026-11-12">12 november 2026</time></p>
<p>Fyra filmer följer ett ärende från början till slut, och alla har sett dem redan.</p>
<p>Kontakta robin@example.org om du vill se dem en gång till med dina kollegor.</p>
<script>steal()</script></article></main>
<aside><p>Läs också om något helt annat som inte hör hit men är ganska långt.</p></aside>"""


@dataclass(frozen=True, kw_only=True)
class Given(Common):
    """The command line, with an app that was put together before."""

    app: App
    said: list[Any]

    def open(self) -> tuple[App, Output]:
        return self.open_for_all()

    def open_for_all(self) -> tuple[App, Output]:
        return self.app, Remembering(self.app.language, self.said)


class Remembering(Output):
    def __init__(self, language: Language, said: list[Any]) -> None:
        super().__init__(language, as_json=True)
        self._said = said

    def result(self, value: Any) -> None:
        self._said.append(value)


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        server.answers["/nyheter"] = Answer(body=LIST.encode())
        yield server


@pytest.fixture
def given(
    database: Database, settings: Settings, keys: Keys, clock: Clock, web: WebServer
) -> Given:
    app = App(settings, database, keys, TemplatesFolder(), clock, lambda _: web.fetcher())
    return Given(app=app, said=[])


def items_in(database: Database) -> list[Item]:
    with database.reading() as session:
        return store.search(session)


def picture() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (800, 400), "navy").save(stream, "PNG")
    return stream.getvalue()


def test_only_the_address_that_was_named_is_fetched(
    given: Given, web: WebServer, database: Database
) -> None:
    assert import_("http://www.example.org/nyheter", common=given) == DONE

    assert web.asked == [("www.example.org", "/nyheter")]
    film, trains = items_in(database)
    assert (film.url, film.excerpt) == ("http://www.example.org/film", "Fyra filmer följer ett")
    assert trains.url == "http://www.example.org/tåg"
    assert film.picture_sha256 is None


def test_a_dry_run_follows_no_link(given: Given, web: WebServer, database: Database) -> None:
    address = "http://www.example.org/nyheter"

    assert import_(address, dry_run=True, follow=True, pictures=True, common=given) == DONE

    assert len(web.asked) == 1
    assert items_in(database) == []


def test_a_cut_text_is_read_from_its_own_page_when_the_editor_asks(
    given: Given, web: WebServer, database: Database
) -> None:
    web.answers["/film"] = Answer(body=STORY.encode())

    assert import_("http://www.example.org/nyheter", follow=True, common=given) == DONE

    asked = [path for _, path in web.asked]
    assert asked == ["/nyheter", "/robots.txt", "/film"]
    film = items_in(database)[0]
    assert film.excerpt == (
        "Fyra filmer följer ett ärende från början till slut, och alla har sett dem redan.\n\n"
        "Kontakta [e-postadress borttagen] om du vill se dem en gång till med dina kollegor."
    )
    assert not film.truncated
    assert given.said[0]["followed"] == 1


def test_what_was_followed_is_not_changed_by_the_next_import(
    given: Given, web: WebServer, database: Database
) -> None:
    web.answers["/film"] = Answer(body=STORY.encode())
    import_("http://www.example.org/nyheter", follow=True, common=given)
    before = items_in(database)[0].excerpt

    import_("http://www.example.org/nyheter", follow=True, common=given)

    assert given.said[1]["unchanged"] == 2
    assert items_in(database)[0].excerpt == before
    assert [path for _, path in web.asked].count("/film") == 1


@pytest.mark.parametrize(
    "answer",
    [Answer(status=404), Answer(body=b"<p>Kort.</p>"), Answer(body=b"\0\1"), Answer(body=b"")],
)
def test_a_story_that_cannot_be_read_is_told_and_the_others_stand(
    given: Given, web: WebServer, database: Database, answer: Answer
) -> None:
    web.answers["/film"] = answer

    assert import_("http://www.example.org/nyheter", follow=True, common=given) == PARTLY

    assert len(given.said[0]["troubles"]) == 1
    assert [item.truncated for item in items_in(database)] == [True, False]


def test_pictures_come_when_asked_for_with_what_they_show(
    given: Given, web: WebServer, database: Database
) -> None:
    web.answers["/film.png"] = Answer(body=picture(), headers={"Content-Type": "image/png"})

    assert import_("http://www.example.org/nyheter", pictures=True, common=given) == DONE

    film = items_in(database)[0]
    assert film.picture_alt == "En kamera"
    with database.reading() as session:
        stored = session.get(Picture, film.picture_sha256)
        assert stored is not None
        assert (stored.width, stored.media_type) == (800, "image/png")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"<svg onload='x()'/>", headers={"Content-Type": "image/svg+xml"}),
        Answer(body=b"<svg onload='x()'/>", headers={"Content-Type": "image/png"}),
        Answer(status=302, headers={"Location": "http://inside.example.org/"}),
    ],
)
def test_what_is_no_picture_never_comes_in(
    given: Given, web: WebServer, database: Database, answer: Answer
) -> None:
    web.answers["/film.png"] = answer
    web.names["inside.example.org"] = ["10.0.0.1"]

    assert import_("http://www.example.org/nyheter", pictures=True, common=given) == PARTLY

    assert items_in(database)[0].picture_sha256 is None


def test_a_saved_page_says_where_it_was(given: Given, tmp_path: Path, database: Database) -> None:
    (tmp_path / "sida.html").write_text(LIST, encoding="utf-8")

    import_(str(tmp_path / "sida.html"), address="https://www.example.org/nyheter", common=given)

    assert items_in(database)[0].url == "https://www.example.org/film"
