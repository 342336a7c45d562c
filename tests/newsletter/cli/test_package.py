"""`subscribers package`, as somebody who answers a person types it."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

from tests.newsletter.cli.conftest import Command


def test_a_package_is_made_for_its_owner_alone(subscribers: Command, tmp_path: Path) -> None:
    subscribers("add", "kim@example.org", "--basis", "consent", "--source", "phone")

    ran = subscribers("package", "kim@example.org", "--out", "kim.zip", "--received", "2026-11-20")

    assert ran.code == 0
    assert "to be answered by 20 December 2026" in ran.out
    assert "kim@" not in ran.out
    assert stat.S_IMODE((tmp_path / "kim.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(tmp_path / "kim.zip") as archive:
        assert archive.namelist() == ["mina-uppgifter.html", "mina-uppgifter.json"]


def test_what_cannot_be_made_leaves_no_file_and_no_case(
    subscribers: Command, tmp_path: Path
) -> None:
    subscribers("add", "kim@example.org", "--basis", "consent", "--source", "phone")
    (tmp_path / "there.zip").write_bytes(b"old")

    assert subscribers("package", "nobody@example.org", "--out", "x.zip").code == 1
    assert subscribers("package", "kim@example.org", "--out", "x.pdf").code == 2
    assert subscribers("package", "kim@example.org", "--out", "there.zip").code == 2
    assert (tmp_path / "there.zip").read_bytes() == b"old"
    assert not (tmp_path / "x.zip").exists()
    made = subscribers("package", "kim@example.org", "--out", "kim.zip", "--json").json
    assert made["case"].endswith("-001")
