"""The editor's own words lie over the items, in any order, and void an approval."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.database import Database
from newsletter.errors import IssueStateError, NoSuchError, UsageError
from newsletter.issues import composing, editing
from newsletter.issues.section_rules import SectionRules
from newsletter.models import Issue, IssueState, Item, ItemKind, PlacedItem, Section
from tests.newsletter.issues.conftest import NOW


@pytest.fixture
def issue_name(
    database: Database, newsletter_id: int, rules: SectionRules, add_item: Callable[..., Item]
) -> str:
    """An issue with three stories in Bryssel and one in Nationellt."""
    with database.writing() as session:
        for day, title in enumerate(["Bryssel C", "Bryssel B", "Bryssel A", "Regeringen"], start=1):
            add_item(session, title, date(2026, 11, day))
        return composing.create(
            session, newsletter_id, issued_on=date(2026, 11, 20), rules=rules, now=NOW
        ).name


def order(issue: Issue) -> list[str]:
    return [placed.item.title for section in issue.sections for placed in section.placed_items]


def id_of(issue: Issue, title: str) -> int:
    return next(p.item.id for s in issue.sections for p in s.placed_items if p.item.title == title)


def test_own_words_never_touch_the_stored_item(
    database: Database, newsletter_id: int, issue_name: str
) -> None:
    with database.writing() as session:
        issue = composing.find(session, newsletter_id, issue_name)
        editing.edit_story(issue, id_of(issue, "Bryssel A"), {"title": "Ny rubrik", "text": "Ny."})

    with database.reading() as session:
        issue = composing.find(session, newsletter_id, issue_name)
        placed = issue.sections[0].placed_items[0]
        assert (placed.title, placed.text) == ("Ny rubrik", "Ny.")
        assert (placed.item.title, placed.item.excerpt) == ("Bryssel A", "En hel mening.")


def test_moving_within_and_between_sections_keeps_everything_else_in_order(
    database: Database, newsletter_id: int, issue_name: str
) -> None:
    def move(title: str, section: str | None, position: int | None) -> list[str]:
        with database.writing() as session:
            issue = composing.find(session, newsletter_id, issue_name)
            editing.move_item(
                session, issue, id_of(issue, title), section=section, position=position
            )
        with database.reading() as session:
            return order(composing.find(session, newsletter_id, issue_name))

    assert move("Bryssel C", None, 1) == ["Bryssel C", "Bryssel A", "Bryssel B", "Regeringen"]
    assert move("Bryssel C", "nationellt", 1) == [
        "Bryssel A", "Bryssel B", "Bryssel C", "Regeringen",
    ]  # fmt: skip
    assert move("Regeringen", "Nytt avsnitt", None) == [
        "Bryssel A", "Bryssel B", "Bryssel C", "Regeringen",
    ]  # fmt: skip


def test_a_story_keeps_its_own_words_when_it_moves_to_another_section(
    database: Database, newsletter_id: int, issue_name: str
) -> None:
    with database.writing() as session:
        issue = composing.find(session, newsletter_id, issue_name)
        item_id = id_of(issue, "Bryssel A")
        editing.edit_story(issue, item_id, {"title": "Min rubrik"})
        editing.set_lead(issue, item_id)

        moved = editing.move_item(session, issue, item_id, section="Nationellt", position=None)

        assert (moved.title, moved.is_lead) == ("Min rubrik", True)


def test_there_is_one_top_story(database: Database, newsletter_id: int, issue_name: str) -> None:
    with database.writing() as session:
        issue = composing.find(session, newsletter_id, issue_name)

        editing.set_lead(issue, id_of(issue, "Regeringen"))

        leads = [p.item.title for s in issue.sections for p in s.placed_items if p.is_lead]
        assert leads == ["Regeringen"]


def test_a_removed_item_stays_in_the_store(
    database: Database, newsletter_id: int, issue_name: str
) -> None:
    with database.writing() as session:
        issue = composing.find(session, newsletter_id, issue_name)
        item_id = id_of(issue, "Bryssel B")
        editing.remove_item(issue, item_id)

    with database.reading() as session:
        assert order(composing.find(session, newsletter_id, issue_name)) == [
            "Bryssel A", "Bryssel C", "Regeringen",
        ]  # fmt: skip
        assert session.get(Item, item_id) is not None


def test_every_edit_of_an_approved_issue_makes_it_a_draft_again(
    database: Database, newsletter_id: int, issue_name: str
) -> None:
    with database.writing() as session:
        issue = composing.find(session, newsletter_id, issue_name)
        a, b = id_of(issue, "Bryssel A"), id_of(issue, "Bryssel B")
        edits: list[Callable[[], object]] = [
            lambda: editing.edit_issue(session, issue, {"subject": "Nytt"}),
            lambda: editing.edit_story(issue, a, {"title": "Nytt"}),
            lambda: editing.move_item(session, issue, a, section=None, position=2),
            lambda: editing.set_lead(issue, b),
            lambda: editing.remove_item(issue, b),
        ]
        for edit in edits:
            issue.state, issue.approved_sha256 = IssueState.APPROVED, "0" * 64
            before = issue.revision

            edit()

            assert [issue.state, issue.approved_sha256] == [IssueState.DRAFT, None]
            assert issue.revision == before + 1


@pytest.mark.parametrize("state", [IssueState.SENDING, IssueState.PAUSED, IssueState.SENT])
def test_an_issue_that_is_going_out_cannot_be_changed(
    database: Database, newsletter_id: int, issue_name: str, state: IssueState
) -> None:
    with database.writing() as session:
        issue = composing.find(session, newsletter_id, issue_name)
        issue.state = state

        with pytest.raises(IssueStateError):
            editing.edit_issue(session, issue, {"subject": "För sent"})

        assert issue.subject == ""


def test_a_number_that_is_taken_is_refused(
    database: Database, newsletter_id: int, issue_name: str, rules: SectionRules
) -> None:
    with database.writing() as session:
        composing.create(session, newsletter_id, issued_on=date(2026, 12, 1), rules=rules, now=NOW)
        issue = composing.find(session, newsletter_id, issue_name)

        with pytest.raises(UsageError):
            editing.edit_issue(session, issue, {"number": 2})


def test_a_line_break_never_gets_into_a_subject_or_a_title(
    database: Database, newsletter_id: int, issue_name: str
) -> None:
    with database.writing() as session:
        issue = composing.find(session, newsletter_id, issue_name)
        editing.edit_issue(session, issue, {"subject": "Ett\r\nBcc: kim@example.org"})

        assert issue.subject == "Ett Bcc: kim@example.org"


def test_an_item_that_is_not_in_the_issue_is_explained(
    database: Database, newsletter_id: int, issue_name: str
) -> None:
    with database.reading() as session:
        issue = composing.find(session, newsletter_id, issue_name)

        with pytest.raises(NoSuchError):
            editing.edit_story(issue, 4711, {"title": "x"})


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-3, 9)), max_size=20))
def test_any_order_of_moves_loses_and_doubles_nothing(moves: list[tuple[int, int]]) -> None:
    placed = [
        PlacedItem(
            item=Item(
                identity=str(n), kind=ItemKind.NEWS, title=str(n), published_on=None, excerpt="",
                raw_excerpt="", truncated=False, created_at=NOW, updated_at=NOW,
            ),
            position=n,
        )
        for n in range(5)
    ]  # fmt: skip
    section = Section(name="A", position=0)
    section.placed_items = list(placed)

    for index, position in moves:
        story = placed[index]
        section.placed_items.remove(story)
        composing.insert_at(section, story, position)

    assert sorted(p.item.title for p in section.placed_items) == list("01234")
    assert [p.position for p in section.placed_items] == (
        [1, 2, 3, 4, 5] if moves else list(range(5))
    )
