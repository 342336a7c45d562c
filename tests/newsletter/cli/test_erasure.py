"""`subscribers erase`, as somebody who answers a person types it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from tests.newsletter.cli.conftest import Command


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A terminal that somebody types into."""
    ours, theirs = os.openpty()
    with os.fdopen(theirs, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield ours
    os.close(ours)


@pytest.fixture(autouse=True)
def _kim(subscribers: Command) -> None:
    subscribers("add", "kim@example.org", "--basis", "consent", "--source", "phone")


def test_a_person_is_erased_with_a_case_and_a_search(subscribers: Command) -> None:
    ran = subscribers("erase", "KIM@example.org", "--yes", "--received", "2026-01-31")

    assert ran.code == 0
    assert "Case G-20" in ran.out
    assert "28 February 2026" in ran.out
    assert "the address is nowhere" in ran.out
    assert "After restoring a backup, erase 1 again." in ran.out
    assert subscribers("list", "--json").json == []
    assert "erased on request" in subscribers("erase", "kim@example.org", "--yes").err
    assert subscribers("add", "kim@example.org", "--basis", "consent", "--source", "x").code == 4


def test_the_word_must_be_typed(subscribers: Command, keyboard: int) -> None:
    os.write(keyboard, b"yes\nERASE\n")

    refused = subscribers("erase", "kim@example.org")
    still_there = subscribers("list", "--json").json
    done = subscribers("erase", "kim@example.org")

    assert (refused.code, len(still_there), done.code) == (4, 1, 0)
    assert "Type ERASE to go on:" in done.err


def test_nothing_is_erased_where_nobody_can_be_asked(subscribers: Command) -> None:
    ran = subscribers("erase", "kim@example.org")

    assert ran.code == 4
    assert "--yes" in ran.err
    assert len(subscribers("list", "--json").json) == 1


def test_a_dry_run_says_what_would_go(subscribers: Command) -> None:
    told = subscribers("erase", "1", "--dry-run", "--json").json

    assert told["erased"] == {
        "addresses": 1,
        "subscriptions": 1,
        "consent_events": 1,
        "deliveries": 0,
        "service_mails": 0,
        "suppressions_kept": 1,
    }
    assert len(subscribers("list", "--json").json) == 1


def test_with_the_suppression_gone_too_the_person_can_be_added_again(subscribers: Command) -> None:
    subscribers("suppress", "add", "kim@example.org", "--reason", "x")

    subscribers("erase", "kim@example.org", "--yes", "--forget-suppression")

    assert subscribers("suppress", "list", "--json").json == []
    assert subscribers("add", "kim@example.org", "--basis", "consent", "--source", "x").code == 0
