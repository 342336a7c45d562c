"""The commands of `subscribers`, as an administrator types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cyclopts
import pytest
import sqlalchemy as sa

from newsletter.cli.command import run
from newsletter.cli.subscribers import program as subscribers_commands
from newsletter.database import Database
from subscribers.models import AuditEntry

GROUNDS = ("--basis", "samtycke", "--source", "mejl 2026-11-20")
PUBLIC = ("--basis", "allmant-intresse", "--source", "Paloma 2026")


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Path:
    file = tmp_path / "newsletter.toml"
    file.write_text(
        f'database_url = "{database_url}"\n'
        'secret = "a secret for tests, never anywhere"\n'
        'suppression_secret = "another secret for tests, and only"\n',
        encoding="utf-8",
    )
    return file


@pytest.fixture
def subscribers(config: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    program = cyclopts.App(name="subscribers")
    program.command(subscribers_commands, name="*")

    def type_(*words: str) -> Ran:
        code = run(program, [*words, "--config", str(config)])
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return type_


class Ran:
    """What a command printed, and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Subscribers = Callable[..., Ran]


def _write(config: Path, *rows: str) -> str:
    file = config.with_name("kontakter.csv")
    file.write_text("E-postadress;Språk\n" + "".join(f"{row}\n" for row in rows), "utf-8")
    return str(file)


def test_somebody_is_added_once(subscribers: Subscribers) -> None:
    first = subscribers("add", "kim.exempel@example.org", *GROUNDS)
    second = subscribers("add", "Kim.Exempel@Example.org", *GROUNDS)

    assert (first.code, second.code) == (0, 0)
    assert first.out == "k…l@example.org är tillagd som aktiv.\n"
    assert "finns redan (aktiv sedan" in second.out
    assert "Inget har ändrats." in second.out


@pytest.mark.parametrize("command", [("add", "kim@example.org"), ("import", "kontakter.csv")])
@pytest.mark.parametrize(
    "options",
    [(), ("--basis", "samtycke"), ("--source", "x"), ("--basis", "nytta", "--source", "x")],
)
def test_nobody_is_added_without_a_basis_and_a_source(
    subscribers: Subscribers, command: tuple[str, str], options: tuple[str, ...]
) -> None:
    ran = subscribers(*command, *options)

    assert (ran.code, ran.out) == (2, "")
    assert "samtycke" in ran.err
    assert subscribers("stats", "--json").json["active"] == 0


@pytest.mark.parametrize("source", ["", "  ", "two\nlines", "\udcff"])
def test_a_source_that_says_nothing_is_none(subscribers: Subscribers, source: str) -> None:
    ran = subscribers("add", "kim@example.org", "--basis", "consent", "--source", source)

    assert ran.code == 2
    assert "--source" in ran.err


@pytest.mark.parametrize("basis", ["samtycke", "consent", "allmant-intresse", "public-interest"])
def test_a_basis_goes_by_its_swedish_and_its_english_name(
    subscribers: Subscribers, basis: str
) -> None:
    subscribers("add", "kim@example.org", "--basis", basis, "--source", "x")

    [event] = subscribers("show", "kim@example.org", "--json").json["consent"]
    assert event["basis"] in ("consent", "public_interest")
    assert (event["basis"] == "consent") == (basis in ("samtycke", "consent"))


def test_whoever_left_is_not_added_again(subscribers: Subscribers) -> None:
    subscribers("add", "kim@example.org", *GROUNDS)
    removed = subscribers("remove", "kim@example.org", "--reason", "begäran per telefon")

    added = subscribers("add", "kim@example.org", *GROUNDS)

    assert removed.code == 0
    assert added.code == 4
    assert "Bara personen själv" in added.err
    assert subscribers("stats", "--json").json["unsubscribed"] == 1


def test_removing_needs_a_reason_and_somebody(subscribers: Subscribers) -> None:
    subscribers("add", "kim@example.org", *GROUNDS)

    assert subscribers("remove", "kim@example.org").code == 2
    assert subscribers("remove", "nobody@example.org", "--reason", "x").code == 1
    assert subscribers("remove", "kim", "--reason", "x").code == 2
    assert subscribers("remove", "1", "--reason", "x", "--json").json["changed"] is True
    assert subscribers("remove", "1", "--reason", "x", "--json").json["changed"] is False


def test_an_import_prints_what_it_did(subscribers: Subscribers, config: Path) -> None:
    subscribers("add", "left@example.org", *GROUNDS)
    subscribers("remove", "left@example.org", "--reason", "x")
    file = _write(config, "kim@example.org;sv", "left@example.org;", "robin@example;sv")

    ran = subscribers("import", file, *PUBLIC)

    assert ran.code == 3
    assert "Fil: kontakter.csv (semikolon, UTF-8, 3 rader)" in ran.out
    assert "1  ny, läggs till som aktiv" in ran.out
    assert "1  har avslutat tidigare, läggs INTE till" in ran.out
    assert "toppdomän saknas" in ran.out
    assert "Importerade 1, hoppade över 1, fel 1. Omgång 20" in ran.out
    assert "example.org" not in ran.out
    assert config.with_name("kontakter.fel.csv").exists()


def test_an_import_for_programs_keeps_the_contract(subscribers: Subscribers, config: Path) -> None:
    file = _write(config, "kim@example.org;en", "kim@example.org;", "b@example.org;tyska")

    ran = subscribers("import", file, *PUBLIC, "--json", "--lang", "en")

    report = ran.json
    assert ran.code == 3
    assert report["batch"].endswith("-1")
    assert (report["added"], report["updated"], report["unchanged"]) == (1, 0, 0)
    assert (report["held_back"], report["duplicates"]) == ({}, 1)
    assert report["errors"] == [
        {"row": 4, "column": "Språk", "message": "not a language we have: sv or en"}
    ]


def test_a_dry_run_ends_well_and_changes_nothing(subscribers: Subscribers, config: Path) -> None:
    file = _write(config, "kim@example.org;sv", "robin@example;sv")

    ran = subscribers("import", file, *PUBLIC, "--dry-run")

    assert ran.code == 0
    assert "Om du kör på riktigt:" in ran.out
    assert "Inget har ändrats. Kör utan --dry-run för att importera 1 adress." in ran.out
    assert subscribers("stats", "--json").json["active"] == 0
    assert not config.with_name("kontakter.fel.csv").exists()


def test_only_the_first_errors_are_printed(subscribers: Subscribers, config: Path) -> None:
    file = _write(config, *("wrong" for _ in range(25)))

    ran = subscribers("import", file, *PUBLIC)

    assert ran.out.count("snabel-a (@) saknas") == 20
    assert "… och 5 till." in ran.out


def test_a_file_that_is_no_list_is_refused_in_words(subscribers: Subscribers, config: Path) -> None:
    file = config.with_name("bild.csv")
    file.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")

    ran = subscribers("import", str(file), *PUBLIC)
    missing = subscribers("import", "finns-inte.csv", *PUBLIC, "--lang", "en")

    assert ran.code == 1
    assert "är ingen textfil. Inget importerades." in ran.err
    assert missing.code == 2
    assert "cannot be read" in missing.err


def test_addresses_are_masked_unless_asked_for_and_that_is_logged(
    subscribers: Subscribers, database: Database
) -> None:
    subscribers("add", "kim.exempel@example.org", *GROUNDS)

    masked = subscribers("list")
    shown = subscribers("list", "--show-addresses", "--search", "kim.exempel@example.org")

    assert "k…l@example.org" in masked.out
    assert "kim.exempel" not in masked.out
    assert "kim.exempel@example.org" in shown.out
    with database.reading() as session:
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.count) for entry in entries] == [
        ("subscriber.added", 1),
        ("addresses.shown", 1),
    ]
    assert "kim" not in str([entry.details for entry in entries])


def test_the_list_can_be_narrowed(subscribers: Subscribers) -> None:
    for name in ("kim", "robin", "alex"):
        subscribers("add", f"{name}@example.org", *GROUNDS)
    subscribers("remove", "alex@example.org", "--reason", "x")

    assert len(subscribers("list", "--json").json) == 3
    assert len(subscribers("list", "--state", "active", "--json").json) == 2
    assert len(subscribers("list", "--search", "ROBIN", "--json").json) == 1
    assert "2 av 3." in subscribers("list", "--limit", "2").out
    assert subscribers("list", "--limit", "0").code == 2


def test_a_suppression_is_made_shown_and_lifted(subscribers: Subscribers) -> None:
    subscribers("add", "kim@example.org", *GROUNDS)
    reason = ("--reason", "enligt kim@example.org")

    made = subscribers("suppress", "add", "KIM@example.org", *reason)
    again = subscribers("suppress", "add", "kim@example.org", *reason)
    domain = subscribers("suppress", "add", "*@Västra.example", *reason)
    unknown = subscribers("suppress", "add", "borta@example.com", *reason)

    assert [ran.code for ran in (made, again, domain, unknown)] == [0, 0, 0, 0]
    assert "Det gäller 1 person på listan." in made.out
    assert "var redan spärrad" in again.out
    assert subscribers("stats", "--json").json["suppressed"] == 1
    listed = subscribers("suppress", "list", "--json").json
    assert [row["what"] for row in listed] == [None, "*@xn--vstra-gra.example", "k…m@example.org"]
    assert {row["note"] for row in listed} == {"enligt …"}
    assert subscribers("add", "x@västra.example", *GROUNDS).code == 4

    lifted = subscribers("suppress", "remove", "kim@example.org", *reason)

    assert lifted.code == 0
    assert subscribers("stats", "--json").json["active"] == 1
    assert subscribers("suppress", "remove", "kim@example.org", *reason).code == 1


def test_asking_for_somebody_suppressed_says_that_they_are(subscribers: Subscribers) -> None:
    subscribers("suppress", "add", "kim@example.org", "--reason", "x")

    ran = subscribers("show", "kim@example.org")

    assert ran.code == 1
    assert "spärrad (för hand)" in ran.err
    assert subscribers("show", "robin@example.org").code == 1
    assert subscribers("show", "4711").code == 1


def test_one_person_is_shown_with_what_happened(subscribers: Subscribers) -> None:
    subscribers("add", "pär@example.org", *GROUNDS, "--language", "en")

    ran = subscribers("show", "pär@example.org")
    person = subscribers("show", "pär@example.org", "--json").json

    assert "tillagd av administratör" in ran.out
    assert "p…r@example.org" in ran.out
    assert (person["state"], person["language"]) == ("active", "en")
    assert person["skipped"] == "not_supported"


def test_numbers_are_told_in_both_languages(subscribers: Subscribers) -> None:
    subscribers("add", "pär@example.org", *GROUNDS)

    swedish, english = subscribers("stats"), subscribers("stats", "--lang", "en")

    assert "Prenumeranter: 1 aktiva · 0 väntande · 0 avslutade · 0 spärrade" in swedish.out
    assert "Subscribers: 1 active · 0 pending · 0 unsubscribed · 0 suppressed" in english.out
    assert "1 with an address no issue can be sent to yet" in english.out


def test_stats_draw_how_the_list_grows(subscribers: Subscribers, config: Path) -> None:
    subscribers("import", _write(config, "kim@example.org;sv", "lo@example.org;sv"), *PUBLIC)
    subscribers("remove", "kim@example.org", "--reason", "x")

    shown = subscribers("stats")
    [month] = subscribers("stats", "--json").json["months"]

    assert (month["joined"], month["left"]) == (2, 1)
    assert f"  {month['month']}  +2  −1  ████" in shown.out


def test_an_import_is_listed_and_taken_back_by_its_number(
    subscribers: Subscribers, config: Path
) -> None:
    batch = subscribers("import", _write(config, "kim@example.org"), *PUBLIC, "--json").json[
        "batch"
    ]

    listed = subscribers("import", "--list")
    dry = subscribers("import", "--undo", batch, "--dry-run")
    undone = subscribers("import", "--undo", batch)
    again = subscribers("import", "--undo", batch)

    assert f"{batch}  " in listed.out
    assert "1  okänd före importen, raderas" in dry.out
    assert "Inget har ändrats." in dry.out
    assert undone.out.endswith(f"Omgång {batch} är ångrad.\n")
    assert (again.code, "redan ångrad" in again.err) == (1, True)


def test_a_foreign_block_list_takes_people_off(subscribers: Subscribers, config: Path) -> None:
    subscribers("add", "kim@example.org", *GROUNDS)
    file = _write(config, "kim@example.org", "unknown@example.org")

    ran = subscribers("import", file, "--as", "unsubscribed", "--source", "Paloma")

    assert "1  var okänd här, antecknas som avslutad" in ran.out
    assert "1  var aktiv eller väntande, avslutas" in ran.out
    assert subscribers("stats", "--json").json["unsubscribed"] == 2
