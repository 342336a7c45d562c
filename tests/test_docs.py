"""The documents say what the program does: every command, setting, module and state is in them."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from pathlib import Path

import cyclopts
import pytest
from pydantic import BaseModel

from newsletter.cli.main import program as newsletter_program
from newsletter.cli.subscribers import program as subscribers_program
from newsletter.models import DeliveryState, IssueState
from newsletter.settings import (
    DeskSettings,
    DkimSettings,
    DomainLimitSettings,
    NewsletterSettings,
    OrganisationSettings,
    RetentionSettings,
    SendingHoursSettings,
    Settings,
    SmtpServerSettings,
    WarmUpSettings,
)
from subscribers.models import SubscriptionState

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def commands(program: cyclopts.App, *path: str) -> Iterator[tuple[str, cyclopts.App]]:
    path = (*path, program.name[0])
    below = [name for name in program if not name.startswith("-")]
    if program.default_command is not None:
        yield " ".join(path), program
    for name in below:
        yield from commands(program[name], *path)


ALL = [*commands(newsletter_program), *commands(subscribers_program)]


def test_commands_are_found() -> None:
    names = [name for name, _ in ALL]

    assert "newsletter items import" in names
    assert "subscribers suppress add" in names


@pytest.mark.parametrize(("name", "program"), ALL, ids=[name for name, _ in ALL])
def test_every_command_is_in_the_readme_and_shows_an_example(
    name: str, program: cyclopts.App
) -> None:
    assert program.default_command is not None
    assert f"`{name}" in README
    assert "Example" in (program.default_command.__doc__ or "")


@pytest.mark.parametrize(
    "table",
    [
        Settings,
        OrganisationSettings,
        NewsletterSettings,
        DeskSettings,
        DkimSettings,
        DomainLimitSettings,
        SendingHoursSettings,
        SmtpServerSettings,
        WarmUpSettings,
        RetentionSettings,
    ],
)
def test_every_setting_is_in_the_readme(table: type[BaseModel]) -> None:
    missing = [name for name in table.model_fields if not re.search(rf"[`\n]{name}( =|`)", README)]

    assert missing == []


def test_every_part_of_the_code_is_on_the_map() -> None:
    parts = [
        entry.name
        for package in ("newsletter", "subscribers")
        for entry in sorted((ROOT / package).iterdir())
        if (entry.is_dir() and (entry / "__init__.py").exists())
        or (entry.suffix == ".py" and not entry.name.startswith("__"))
    ]

    missing = [name for name in parts if name not in README]

    assert missing == []


@pytest.mark.parametrize("states", [IssueState, DeliveryState, SubscriptionState])
def test_every_state_is_drawn_or_named_in_the_architecture(states: type[enum.Enum]) -> None:
    missing = [state.value for state in states if state.value not in ARCHITECTURE]

    assert missing == []


@pytest.mark.parametrize(
    "file", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda file: file.stem
)
def test_a_decision_is_short_and_says_its_price(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert len(text.splitlines()) <= 12
    assert "**Price.**" in text


def test_the_readme_points_at_files_that_exist() -> None:
    pointed = [part.split(")")[0] for part in README.split("](")[1:]]

    missing = [
        path for path in pointed if "://" not in path and not (ROOT / path.split("#")[0]).exists()
    ]

    assert missing == []


REQUIREMENTS = {
    cells[1].strip(): cells[3]
    for line in (ROOT / "docs" / "mail.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| [MAC]\d\d \|", line) and (cells := line.split("|"))
}


def test_every_requirement_of_the_mail_is_listed() -> None:
    # M09 was never given to anything.
    numbers = [("M", [*range(1, 9), *range(10, 40)]), ("A", range(1, 15)), ("C", range(1, 8))]

    assert list(REQUIREMENTS) == [f"{kind}{n:02}" for kind, all_ in numbers for n in all_]


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_a_requirement_names_its_tests_or_says_why_there_are_none(requirement: str) -> None:
    where = REQUIREMENTS[requirement]
    named = re.findall(r"`([\w/]+\.py)`", where)
    folders = (ROOT, ROOT / "tests" / "newsletter")

    assert named or re.search(r"\bnot (done|tested)\b.*[:,] ", where)
    assert [n for n in named if not any((folder / n).is_file() for folder in folders)] == []
