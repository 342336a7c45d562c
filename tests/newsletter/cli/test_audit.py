"""`subscribers audit` and `subscribers retention`, as a data-protection officer types them."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.database import Database
from tests.newsletter.cli.conftest import Command


@pytest.fixture(autouse=True)
def _some_history(subscribers: Command) -> None:
    for name in ("kim", "robin", "alex"):
        subscribers("add", f"{name}@example.org", "--basis", "consent", "--source", "phone")


def _as_owner(database: Database, statement: str) -> None:
    with database.writing() as session:
        on = "" if database.is_sqlite else " ON audit_log"
        names = ("no_update", "no_delete") if database.is_sqlite else ("no_change",)
        for name in names:
            session.execute(sa.text(f"DROP TRIGGER audit_log_{name}{on}"))
        session.execute(sa.text(statement))


def test_who_did_what_is_listed_without_addresses(subscribers: Command) -> None:
    subscribers("list", "--show-addresses")
    subscribers("erase", "kim@example.org", "--yes")

    told = subscribers("audit", "list")
    cases = subscribers("audit", "list", "--action", "rights", "--json").json
    shown = subscribers("audit", "list", "--action", "addresses", "--json").json

    assert "@" not in told.out
    assert [(row["action"], row["subject"]) for row in cases] == [("rights.erased", "subscriber:1")]
    assert [(row["action"], row["count"]) for row in shown] == [("addresses.shown", 3)]


def test_what_happened_is_told_in_the_readers_words_and_by_its_code_to_programs(
    subscribers: Command,
) -> None:
    told = subscribers("audit", "list").out

    # Folded, so that the table fits.
    assert {"subscriber", "added"} <= set(told.split())
    assert "subscriber.added" not in told
    codes = {row["action"] for row in subscribers("audit", "list", "--json").json}
    assert codes == {"subscriber.added"}


def test_a_whole_log_gives_a_seal_and_later_holds_it(subscribers: Command) -> None:
    seal = subscribers("audit", "verify", "--json").json["seal"]
    subscribers("remove", "kim@example.org", "--reason", "x")

    ran = subscribers("audit", "verify", "--seal", seal)

    assert ran.code == 0
    assert "4 rows, each as it was written" in ran.out


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'nobody' WHERE id = 2",
        "DELETE FROM audit_log WHERE id = 2",
        "UPDATE audit_log SET id = 99 WHERE id = 1",
    ],
)
def test_a_log_that_somebody_changed_is_found_out(
    subscribers: Command, database: Database, statement: str
) -> None:
    _as_owner(database, statement)

    ran = subscribers("audit", "verify")

    assert ran.code == 4
    assert "is not as it was written" in ran.err


def test_rows_cut_off_the_end_are_found_by_a_seal_and_by_nothing_else(
    subscribers: Command, database: Database
) -> None:
    seal = subscribers("audit", "verify", "--json").json["seal"]
    _as_owner(database, "DELETE FROM audit_log WHERE id = 3")

    without = subscribers("audit", "verify")
    with_it = subscribers("audit", "verify", "--seal", seal)

    assert without.code == 0
    assert "cannot be seen without an earlier seal" in without.out
    assert with_it.code == 4
    assert "cut off its end" in with_it.err


def test_what_is_no_seal_is_said_to_be_none(subscribers: Command) -> None:
    assert subscribers("audit", "verify", "--seal", "12").code == 2


def test_retention_says_what_it_would_do_and_by_whose_decision(
    subscribers: Command, config: Path
) -> None:
    assert "There are no rules" in subscribers("retention").out
    with config.open("a", encoding="utf-8") as file:
        file.write('[[retention]]\nrule = "pending"\ndays = 14\ndecision = "2026-0123"\n')
        file.write('[[retention]]\nrule = "service_mails"\ndays = 30\n')

    told = subscribers("retention", "--dry-run")
    done = subscribers("retention", "--json").json

    assert "2026-0123" in told.out
    assert "none: nothing goes" in told.out
    assert [(row["rule"], row["count"]) for row in done["rules"]] == [
        ("pending", 0),
        ("service_mails", 0),
    ]


def test_a_misspelt_rule_is_explained(subscribers: Command, config: Path) -> None:
    with config.open("a", encoding="utf-8") as file:
        file.write('[[retention]]\nrule = "pending"\ndays = 14\ndecison = "x"\n')

    ran = subscribers("retention")

    assert ran.code == 2
    assert "Did you mean decision?" in ran.err
