"""A backup is whole, and what is restored from it sends nothing until somebody says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mail_server import MailServer
from tests.newsletter.cli.conftest import Command
from tests.newsletter.cli.test_sending import EVERYBODY, at_the_server, recipients

__all__ = ["at_the_server"]

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@SQLITE
def test_a_restored_backup_sends_nothing_until_it_is_adopted(
    newsletter: Command, approved: str, at_the_server: MailServer, tmp_path: Path
) -> None:
    copy = tmp_path / "backups" / "one.db"
    made = newsletter("backup", str(copy))
    again = newsletter("backup", str(copy))
    newsletter("issues", "send", approved, "--yes")

    refused = newsletter("restore", str(copy))
    restored = newsletter("restore", str(copy), "--yes")
    held = newsletter("issues", "send", approved, "--yes")
    adopted = newsletter("adopt", "--yes", "--json")
    newsletter("issues", "send", approved, "--yes")

    assert (made.code, again.code, copy.stat().st_mode & 0o777) == (0, 2, 0o600)
    assert (refused.code, restored.code, held.code, adopted.code) == (4, 0, 4, 0)
    assert "newsletter adopt" in held.err
    assert Path(restored.out.split("kept as ")[1].split(". ")[0]).exists()
    # Whoever adopts knows that the first sending is not in it.
    assert recipients(at_the_server) == sorted(EVERYBODY * 2)


@SQLITE
def test_what_is_no_backup_is_not_restored(newsletter: Command, approved: str) -> None:
    Path("other.db").write_text("no database", encoding="utf-8")

    refused = newsletter("restore", "other.db", "--yes")

    assert refused.code == 1
    assert newsletter("issues", "show", approved).code == 0


@POSTGRESQL
def test_postgresql_is_copied_with_its_own_tools(newsletter: Command) -> None:
    assert "pg_dump" in newsletter("backup", "one.dump").err
    assert "pg_restore" in newsletter("restore", "one.dump").err
