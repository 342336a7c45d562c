"""A settings file on a fresh database, and commands to run on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cyclopts
import pytest

from newsletter.cli.command import run
from newsletter.cli.main import program as newsletter_program
from newsletter.cli.subscribers import program as subscribers_program
from tests.newsletter.cli.kept import Kept

#: An invented page of two items, cut off the way such pages are.
PAGE = """Externa relationer

Nyheter och aktuellt

 • Brysselkontoret visar vardagen på film!

  12 november 2026

  Vad gör ni egentligen hela dagarna? Den frågan får medarbetarna ofta. Nu svarar de sj......

 • Regeringen bjuder in till samtal

  9 november 2026

  Regeringen bjuder in till samtal om regionernas roll. Samtalet hålls i Stockholm och är e......
"""


@dataclass(frozen=True)
class Ran:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Ran]


@pytest.fixture
def config(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "newsletter.toml"
    file.write_text(
        f'database_url = "{database_url}"\n'
        'secret = "test secret, not for use anywhere"\n'
        'suppression_secret = "another test secret, not for use"\n',
        encoding="utf-8",
    )
    return file


def runner(program: cyclopts.App, config: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    def command(*words: str) -> Ran:
        capsys.readouterr()
        code = run(program, [*words, "--config", str(config), "--lang", "en"])
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return command


@pytest.fixture
def newsletter(config: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return runner(newsletter_program, config, capsys)


@pytest.fixture
def subscribers(config: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return runner(subscribers_program, config, capsys)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "page.txt"
    file.write_text(PAGE, encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return Kept(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def draft(kept: Kept, database_url: str, newsletter: Command, page: Path) -> str:
    """An issue of the page's two items, as it was imported."""
    return kept.bring(database_url, "draft", lambda: compose(newsletter, page))


@pytest.fixture
def approved(
    kept: Kept,
    database_url: str,
    newsletter: Command,
    subscribers: Command,
    page: Path,
    tmp_path: Path,
) -> str:
    """The issue with whole texts and links, approved, and three readers."""

    def make() -> str:
        draft = kept.bring(database_url, "draft", lambda: compose(newsletter, page))
        add_readers(subscribers, tmp_path / "readers.csv")
        approve(newsletter, draft)
        return draft

    return kept.bring(database_url, "approved", make)


def compose(newsletter: Command, page: Path) -> str:
    """Make an issue of a page; return its name."""
    assert newsletter("items", "import", str(page)).code == 0
    return str(newsletter("issues", "create", "--date", "2026-11-20", "--json").json["id"])


def add_readers(subscribers: Command, file: Path) -> None:
    """Put three readers on the list."""
    file.write_text("e-post\nkim@example.org\nrobin@example.com\nlo@example.net\n", "utf-8")
    subscribers("import", str(file), "--basis", "public-interest", "--source", "test")


def approve(newsletter: Command, draft: str) -> None:
    """Give an issue what it lacks, answer its hints, and approve it."""
    shown = newsletter("issues", "show", draft, "--json").json
    for section in shown["sections"]:
        for item in section["items"]:
            options = ["--text", "Det här är en hel mening.", "--url", "https://www.example.org/a"]
            newsletter("issues", "edit", draft, "--item", str(item["id"]), *options)
    newsletter(
        "issues", "edit", draft, "--subject", "Film och samtal", "--preheader", "Två nyheter."
    )
    found = newsletter("issues", "check", draft, "--json").json["hints"]
    for code in {hint["code"] for hint in found if hint["severity"] == "yellow"}:
        newsletter("issues", "accept", draft, code, "--reason", "test", "--name", "Kim")
    assert newsletter("issues", "approve", draft).code == 0
