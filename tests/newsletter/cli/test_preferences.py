"""A pause, a language and a hint, as an administrator types and reads them."""

from __future__ import annotations

import pytest

from tests.newsletter.cli.conftest import Command

GROUNDS = ("--basis", "consent", "--source", "test")


@pytest.fixture
def kim(subscribers: Command) -> Command:
    subscribers("add", "kim@example.org", *GROUNDS)
    return subscribers


def test_a_pause_is_set_shown_and_ended(kim: Command) -> None:
    paused = kim("pause", "kim@example.org", "--until", "2099-01-10")

    assert "k…m@example.org gets no issue before 10 January 2099." in paused.out
    assert kim("show", "1", "--json").json["skipped"] == "paused"
    assert kim("stats", "--json").json["paused"] == 1
    assert kim("pause", "1", "--end").code == 0
    assert kim("show", "1", "--json").json["paused_until"] is None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), 2),
        (("--until", "soon"), 2),
        (("--until", "2001-01-01"), 2),
        (("--until", "2099-01-01", "--end"), 2),
    ],
)
def test_a_pause_that_says_no_day_to_come_is_none(
    kim: Command, words: tuple[str, ...], code: int
) -> None:
    assert kim("pause", "1", *words).code == code


def test_who_has_left_cannot_be_paused(kim: Command) -> None:
    kim("remove", "1", "--reason", "test")

    assert kim("pause", "1", "--until", "2099-01-01").code == 4


def test_a_language_is_set_once(kim: Command) -> None:
    assert kim("language", "1", "en", "--json").json["changed"] is True
    assert kim("language", "1", "en", "--json").json["changed"] is False
    assert kim("show", "1", "--json").json["language"] == "en"


def test_a_probable_slip_is_a_hint_and_no_rejection(subscribers: Command) -> None:
    added = subscribers("add", "kim@gmial.com", *GROUNDS)

    assert (added.code, "Many mean gmail.com" in added.out) == (0, True)


@pytest.mark.parametrize("local_part", ["info", "postmaster", "no-reply", "registrator"])
def test_the_address_of_a_role_is_allowed(subscribers: Command, local_part: str) -> None:
    assert subscribers("add", f"{local_part}@example.org", *GROUNDS).code == 0
