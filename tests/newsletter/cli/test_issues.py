"""The editor's commands, from an imported page to an approved issue."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.newsletter.cli.conftest import Command


def test_a_new_issue_holds_what_is_new_in_suggested_sections(
    newsletter: Command, draft: str
) -> None:
    shown = newsletter("issues", "show", draft, "--json").json

    assert (shown["id"], shown["number"], shown["date"]) == ("2026-01", 1, "2026-11-20")
    assert {s["name"]: [i["title"] for i in s["items"]] for s in shown["sections"]} == {
        "Bryssel": ["Brysselkontoret visar vardagen på film!"],
        "Nationellt": ["Regeringen bjuder in till samtal"],
    }


def test_red_hints_block_approval_and_exit_with_4(newsletter: Command, draft: str) -> None:
    checked = newsletter("issues", "check", draft, "--json")
    refused = newsletter("issues", "approve", draft)

    assert checked.code == 4
    assert {"SUBJECT", "TRUNC", "NOLINK"} <= {hint["code"] for hint in checked.json["hints"]}
    assert checked.json["red"] == 5
    assert refused.code == 4
    assert "was not approved" in refused.err
    assert newsletter("issues", "show", draft, "--json").json["state"] == "draft"


def test_fix_makes_the_suggested_change_and_nothing_else(newsletter: Command, draft: str) -> None:
    newsletter("issues", "check", draft, "--fix", "TRUNC")

    codes = [h["code"] for h in newsletter("issues", "check", draft, "--json").json["hints"]]
    assert "TRUNC" not in codes
    assert codes.count("NOLINK") == 2


def test_a_yellow_hint_is_accepted_with_a_reason_and_a_name(
    newsletter: Command, approved: str
) -> None:
    newsletter("issues", "edit", approved, "--item", "1", "--link-text", "Läs mer")
    blocked = newsletter("issues", "approve", approved)

    accepted = newsletter(
        "issues", "accept", approved, "LINKTEXT", "--reason", "Det räcker", "--name", "Kim Exempel"
    )

    assert blocked.code == 4
    assert accepted.code == 0
    assert newsletter("issues", "approve", approved).code == 0


def test_any_edit_of_an_approved_issue_voids_the_approval(
    newsletter: Command, approved: str
) -> None:
    newsletter("issues", "edit", approved, "--subject", "Något annat")

    assert newsletter("issues", "show", approved, "--json").json["state"] == "draft"
    assert newsletter("issues", "send", approved, "--yes").code == 4


def test_items_are_moved_removed_and_added_again(newsletter: Command, draft: str) -> None:
    def titles() -> list[tuple[str, int]]:
        shown = newsletter("issues", "show", draft, "--json").json
        return [(s["name"], i["id"]) for s in shown["sections"] for i in s["items"]]

    (_, film), (_, talk) = titles()
    newsletter("issues", "move-item", draft, str(talk), "--section", "Bryssel", "--position", "1")
    moved = titles()
    newsletter("issues", "remove-item", draft, str(film))
    removed = titles()
    newsletter("issues", "add-item", draft, str(film), "--section", "Eget avsnitt")

    assert moved == [("Bryssel", talk), ("Bryssel", film)]
    assert removed == [("Bryssel", talk)]
    assert titles() == [("Bryssel", talk), ("Eget avsnitt", film)]


def test_a_preview_is_a_whole_mail_and_its_parts(
    newsletter: Command, draft: str, tmp_path: Path
) -> None:
    newsletter("issues", "preview", draft, "--folder", str(tmp_path / "p"))

    html = (tmp_path / "p" / "2026-01.html").read_text("utf-8")
    assert html.startswith("<!DOCTYPE html>")
    assert "NLSLOT" not in html
    assert "kim.exempel@example.org" in (tmp_path / "p" / "2026-01.txt").read_text("utf-8")
    assert (
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click"
        in (tmp_path / "p" / "2026-01.eml").read_bytes()
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("issues", "show", "2030-01"), 1),
        (("issues", "edit", "2026-01"), 2),
        (("issues", "edit", "2026-01", "--title", "Utan nyhet"), 2),
        (("issues", "edit", "2026-01", "--item", "99", "--title", "Finns inte"), 1),
        (("issues", "edit", "2026-01", "--item", "1", "--url", "javascript:alert(1)"), 2),
        (("issues", "edit", "2026-01", "--item", "1", "--picture", "finns-inte.png"), 1),
        (("issues", "add-item", "2026-01", "99"), 1),
        (("issues", "add-item", "2026-01", "1"), 2),
        (("issues", "accept", "2026-01", "TRUNC", "--reason", "a", "--name", "b"), 4),
        (("issues", "create", "--date", "2026-02-31"), 2),
        (("issues", "nonsense"), 2),
    ],
)
def test_what_cannot_be_done_is_explained_and_changes_nothing(
    newsletter: Command, draft: str, words: tuple[str, ...], code: int
) -> None:
    before = newsletter("issues", "show", draft, "--json").json

    refused = newsletter(*words)

    assert refused.code == code
    assert refused.err.startswith("Error: ")
    assert "Traceback" not in refused.err
    assert newsletter("issues", "show", draft, "--json").json == before


def test_the_proof_of_an_approved_issue_is_what_was_approved(
    newsletter: Command, approved: str, tmp_path: Path
) -> None:
    newsletter("items", "edit", "1", "--title", "En helt annan rubrik")

    newsletter("issues", "preview", approved, "--folder", str(tmp_path / "p"))

    shown = newsletter("issues", "show", approved, "--json").json
    titles = [item["title"] for section in shown["sections"] for item in section["items"]]
    assert "En helt annan rubrik" not in titles
    for file in (tmp_path / "p").iterdir():
        assert "En helt annan rubrik" not in file.read_text("utf-8")


@pytest.mark.usefixtures("draft")
def test_what_was_never_used_is_named_when_an_issue_is_made(
    newsletter: Command,
) -> None:
    newsletter("items", "add", "--title", "Sent tillagd", "--date", "2026-11-20")

    made = newsletter("issues", "create", "--date", "2026-12-10")

    assert "0 items" in made.out
    assert "Sent tillagd" in made.out


def test_an_issue_that_cannot_become_a_message_is_not_approved(
    newsletter: Command, approved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsletter("issues", "edit", approved, "--subject", "Film och samtal igen")
    monkeypatch.setenv("NEWSLETTER_NEWSLETTER__FROM_ADDRESS", "nobody")

    refused = newsletter("issues", "approve", approved)

    assert refused.code != 0
    assert newsletter("issues", "show", approved, "--json").json["state"] == "draft"


def test_how_hard_a_text_is_to_read_is_shown_beside_it(newsletter: Command, draft: str) -> None:
    shown = newsletter("issues", "show", draft)
    told = newsletter("issues", "show", draft, "--json").json

    assert "15 words, longest sentence 8" in shown.out
    readings = [item["reading"] for section in told["sections"] for item in section["items"]]
    assert {"words": 15, "longest_sentence": 8, "lix": None} in readings


def test_a_language_without_a_dictionary_is_said_to_be_unchecked(
    newsletter: Command, draft: str
) -> None:
    newsletter("issues", "edit", draft, "--item", "1", "--language", "en")

    assert newsletter("issues", "check", draft, "--json").json["spelling_not_checked"] == ["en"]
    assert "Spelling was not checked in: en." in newsletter("issues", "check", draft).out
