"""`subscribers export`, as an administrator types it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.database import Database
from subscribers import exporting
from subscribers.models import AuditEntry
from tests.newsletter.cli.conftest import Command


@pytest.fixture
def three(subscribers: Command) -> Command:
    for name in ("kim", "robin", "lo"):
        subscribers("add", f"{name}@example.org", "--basis", "consent", "--source", "test")
    subscribers("remove", "lo@example.org", "--reason", "test")
    return subscribers


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json"])
def test_an_export_is_private_and_leaves_a_line_in_the_log(
    three: Command, tmp_path: Path, database: Database, ending: str
) -> None:
    file = tmp_path / f"aktiva.{ending}"

    ran = three("export", "--state", "active", "--out", str(file))

    assert (ran.code, "2 rows in" in ran.out, "personal data" in ran.out) == (0, True, True)
    assert file.stat().st_mode & 0o777 == 0o600
    with database.reading() as session:
        entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.count) == ("addresses.exported", 2)


def test_an_export_can_be_of_a_segment(three: Command, tmp_path: Path) -> None:
    three("segment", "create", "kims", "--where", "address startswith kim")

    ran = three("export", "--segment", "kims", "--out", str(tmp_path / "a.json"), "--json")

    assert ran.json["rows"] == 1


def test_a_file_that_is_there_is_not_written_over(three: Command, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("mine", encoding="utf-8")

    assert three("export", "--out", str(file)).code == 2
    assert three("export", "--out", str(tmp_path / "a.doc")).code == 2
    assert three("export", "--out", str(tmp_path / "no" / "a.csv")).code == 1
    assert file.read_text(encoding="utf-8") == "mine"


def test_an_export_that_fails_leaves_no_addresses_behind(
    three: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(_cell: str) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "disarmed", full_disk)

    ran = three("export", "--out", str(tmp_path / "a.csv"))

    assert (ran.code, "No space left" in ran.err) == (1, True)
    assert [file.name for file in tmp_path.iterdir() if "a.csv" in file.name] == []
