"""Several newsletters in one installation: written into the settings, and never mixed."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

import pytest

from tests.newsletter.cli.conftest import Command

COMMENT = "# Written by hand, and to be kept.\n"


@pytest.fixture
def second(config: Path, newsletter: Command) -> str:
    """A newsletter beside the first."""
    config.write_text(COMMENT + config.read_text("utf-8"), "utf-8")
    config.chmod(0o600)
    added = newsletter(
        "newsletters", "add", "forskning", "--name", "Forskningsnytt",
        "--from-name", "Forskningsavdelningen", "--from-address", "forskning@example.net",
    )  # fmt: skip
    assert added.code == 0, added.err
    return "forskning"


def add(subscribers: Command, address: str, newsletter: str) -> None:
    added = subscribers(
        "add", address, "--basis", "public-interest", "--source", "test",
        "--newsletter", newsletter,
    )  # fmt: skip
    assert added.code == 0, added.err


def active(newsletter: Command) -> dict[str, int]:
    listed = newsletter("newsletters", "list", "--json").json
    return {one["slug"]: one["active"] for one in listed}


@pytest.mark.usefixtures("second")
def test_a_newsletter_is_added_to_the_file_and_the_rest_stays(
    config: Path, newsletter: Command
) -> None:
    text = config.read_text("utf-8")

    assert text.startswith(COMMENT)
    assert '\n\n[[newsletters]]\nslug = "forskning"\nname = "Forskningsnytt"\n' in text
    assert config.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in config.parent.iterdir() if path.name.startswith(".")] == []
    listed = newsletter("newsletters", "list", "--json").json
    assert [one["slug"] for one in listed] == ["nyhetsbrev", "forskning"]
    assert listed[1]["from"] == "Forskningsavdelningen <forskning@example.net>"


@pytest.mark.parametrize(
    "words",
    [
        ("add", "Forskning", "--name", "X"),
        ("add", "prenumerera", "--name", "X"),
        ("add", "forskning", "--name", "En till"),
        ("add", "annat"),
        ("add", "annat", "--name", "X", "--zone", "Europe/Nowhere"),
        ("edit", "okand", "--name", "X"),
        ("edit", "forskning"),
        ("edit", "forskning", "--list-id", "nyhetsbrev.example.org"),
    ],
)
@pytest.mark.usefixtures("second")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_would_not_be_valid_is_not_written(
    config: Path, newsletter: Command, words: tuple[str, ...]
) -> None:
    before = config.read_bytes()

    assert newsletter("newsletters", *words).code in (1, 2)
    assert config.read_bytes() == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_new_from_address_leaves_the_list_id_as_readers_filters_know_it(
    newsletter: Command, second: str
) -> None:
    edited = newsletter("newsletters", "edit", second, "--from-address", "ny@example.org", "--json")
    first = newsletter("newsletters", "edit", "nyhetsbrev", "--name", "Nytt namn", "--json")

    assert edited.json["after"] == {
        "from_address": "ny@example.org", "list_id": "forskning.example.net",
    }  # fmt: skip
    assert first.json["after"] == {"name": "Nytt namn"}
    assert [one["name"] for one in newsletter("newsletters", "list", "--json").json] == [
        "Nytt namn", "Forskningsnytt",
    ]  # fmt: skip


@pytest.mark.usefixtures("second")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_which_is_meant_is_asked_only_where_it_matters(
    newsletter: Command, subscribers: Command
) -> None:
    asked = subscribers("list")
    unknown = subscribers("list", "--newsletter", "okand")

    assert (asked.code, unknown.code) == (2, 2)
    assert "nyhetsbrev, forskning" in asked.err
    assert "nyhetsbrev, forskning" in unknown.err
    assert newsletter("items", "list").code == 0
    assert newsletter("duties", "list").code == 0
    assert subscribers("suppress", "list").code == 0


def test_who_leaves_one_newsletter_still_gets_the_other(
    newsletter: Command, subscribers: Command, second: str
) -> None:
    add(subscribers, "kim@example.org", "nyhetsbrev")
    add(subscribers, "kim@example.org", second)
    add(subscribers, "lo@example.net", second)
    assert active(newsletter) == {"nyhetsbrev": 1, "forskning": 2}

    left = subscribers("remove", "kim@example.org", "--reason", "x", "--newsletter", second)
    assert left.code == 0, left.err

    assert active(newsletter) == {"nyhetsbrev": 1, "forskning": 1}


def test_a_suppression_holds_for_the_newsletter_it_names_or_for_all(
    subscribers: Command, second: str
) -> None:
    def mailable(slug: str) -> int:
        return int(subscribers("stats", "--newsletter", slug, "--json").json["active"])

    for slug in ("nyhetsbrev", second):
        add(subscribers, "kim@example.org", slug)
        add(subscribers, "lo@example.net", slug)

    subscribers("suppress", "add", "kim@example.org", "--reason", "x", "--newsletter", second)
    assert (mailable("nyhetsbrev"), mailable(second)) == (2, 1)

    subscribers("suppress", "add", "*@example.net", "--reason", "x")
    assert (mailable("nyhetsbrev"), mailable(second)) == (1, 0)
    listed = subscribers("suppress", "list", "--json").json
    assert [one["newsletter"] for one in listed] == [None, "forskning"]

    # Without its newsletter it is another one, and not there.
    assert subscribers("suppress", "remove", "kim@example.org", "--reason", "x").code == 1
    removed = subscribers(
        "suppress", "remove", "kim@example.org", "--reason", "x", "--newsletter", second
    )
    assert removed.code == 0
    assert (mailable("nyhetsbrev"), mailable(second)) == (1, 1)


def test_an_issue_goes_to_its_own_readers_from_its_own_sender(
    newsletter: Command, subscribers: Command, second: str, page: Path, tmp_path: Path
) -> None:
    add(subscribers, "kim@example.org", "nyhetsbrev")
    add(subscribers, "lo@example.net", second)
    assert newsletter("items", "import", str(page)).code == 0
    mails = {}
    for slug in ("nyhetsbrev", second):
        ours = ("--newsletter", slug)
        issue = newsletter("issues", "create", "--date", "2026-11-20", *ours, "--json").json["id"]
        for section in newsletter("issues", "show", issue, *ours, "--json").json["sections"]:
            for item in section["items"]:
                words = ["--text", "En hel mening.", "--url", "https://www.example.org/a"]
                newsletter("issues", "edit", issue, "--item", str(item["id"]), *words, *ours)
        newsletter("issues", "edit", issue, "--subject", slug, "--preheader", "Nytt.", *ours)
        found = newsletter("issues", "check", issue, *ours, "--json").json["hints"]
        for code in {hint["code"] for hint in found if hint["severity"] == "yellow"}:
            newsletter("issues", "accept", issue, code, "--reason", "x", "--name", "Kim", *ours)
        approved = newsletter("issues", "approve", issue, *ours)
        assert approved.code == 0, approved.err
        folder = tmp_path / slug
        sent = newsletter("issues", "send", issue, "--to-folder", str(folder), *ours)
        assert sent.code == 0, sent.err
        [mails[slug]] = [
            email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            for file in folder.rglob("*.eml")
        ]

    first, other = mails["nyhetsbrev"], mails[second]
    assert (first["To"], other["To"]) == ("kim@example.org", "lo@example.net")
    assert first["From"] == "Externa relationer <nyhetsbrev@example.org>"
    assert other["From"] == "Forskningsavdelningen <forskning@example.net>"
    assert "<nyhetsbrev.example.org>" in first["List-Id"]
    assert "<forskning.example.net>" in other["List-Id"]
    assert first["Archived-At"].endswith("/nyhetsbrev/2026-01>")
    assert other["Archived-At"].endswith("/nyhetsbrev/forskning/2026-01>")
    assert first["Message-ID"] != other["Message-ID"]
