"""An issue starts with what is new, in the sections it belongs in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy.orm import Session

from newsletter.database import Database
from newsletter.errors import NoSuchError, UsageError
from newsletter.issues import composing
from newsletter.issues.section_rules import SectionRules
from newsletter.models import Issue, IssueState, Item, ItemKind
from tests.newsletter.issues.conftest import NOW

AddItem = Callable[..., Item]


def titles(issue: Issue) -> dict[str, list[str]]:
    return {
        section.name: [placed.item.title for placed in section.placed_items]
        for section in issue.sections
        if section.placed_items
    }


def make(session: Session, newsletter_id: int, rules: SectionRules, day: date) -> Issue:
    return composing.create(session, newsletter_id, issued_on=day, rules=rules, now=NOW)


def test_the_default_pool_is_what_came_after_the_last_issue_and_was_never_used(
    database: Database, newsletter_id: int, rules: SectionRules, add_item: AddItem
) -> None:
    with database.writing() as session:
        add_item(session, "Gammal", date(2026, 10, 1))
        make(session, newsletter_id, rules, date(2026, 10, 20))
        add_item(session, "Samma dag", date(2026, 10, 20))
        add_item(session, "Ny i Bryssel", date(2026, 10, 21))
        add_item(session, "Dold", date(2026, 10, 22), hidden=True)
        add_item(session, "Annons", date(2026, 10, 22), kind=ItemKind.ANNOUNCEMENT)
        add_item(session, "Nyare i Bryssel", date(2026, 11, 1))

        issue = make(session, newsletter_id, rules, date(2026, 11, 20))

        assert titles(issue) == {"Bryssel": ["Nyare i Bryssel", "Ny i Bryssel"]}


def test_items_of_one_date_keep_the_order_of_their_page(
    database: Database, newsletter_id: int, rules: SectionRules, add_item: AddItem
) -> None:
    with database.writing() as session:
        add_item(session, "Tvåa i Bryssel", date(2026, 11, 1), page_order=8)
        add_item(session, "Etta i Bryssel", date(2026, 11, 1), page_order=7)

        issue = make(session, newsletter_id, rules, date(2026, 11, 20))

        assert titles(issue) == {"Bryssel": ["Etta i Bryssel", "Tvåa i Bryssel"]}


def test_issues_are_numbered_from_one_every_year(
    database: Database, newsletter_id: int, rules: SectionRules
) -> None:
    days = [date(2025, 12, 1), date(2026, 1, 20), date(2026, 2, 20)]
    with database.writing() as session:
        names = [make(session, newsletter_id, rules, day).name for day in days]

    assert names == ["2025-01", "2026-01", "2026-02"]


def test_a_cancelled_issue_gives_its_items_back(
    database: Database, newsletter_id: int, rules: SectionRules, add_item: AddItem
) -> None:
    with database.writing() as session:
        add_item(session, "I Bryssel", date(2026, 11, 1))
        make(session, newsletter_id, rules, date(2026, 11, 10)).state = IssueState.CANCELLED

        issue = make(session, newsletter_id, rules, date(2026, 11, 20))

        assert titles(issue) == {"Bryssel": ["I Bryssel"]}


def test_the_signature_is_remembered_from_the_last_issue(
    database: Database, newsletter_id: int, rules: SectionRules
) -> None:
    with database.writing() as session:
        make(session, newsletter_id, rules, date(2026, 10, 1)).signature_name = "Robin Exempel"

        issue = make(session, newsletter_id, rules, date(2026, 11, 1))

        assert issue.signature_name == "Robin Exempel"


def test_the_first_story_leads(
    database: Database, newsletter_id: int, rules: SectionRules, add_item: AddItem
) -> None:
    with database.writing() as session:
        add_item(session, "Regeringen svarar", date(2026, 11, 3))
        add_item(session, "Möte i Bryssel", date(2026, 11, 1))

        issue = make(session, newsletter_id, rules, date(2026, 11, 20))

        leads = [p.item.title for s in issue.sections for p in s.placed_items if p.is_lead]
        assert leads == ["Möte i Bryssel"]


@pytest.mark.parametrize(
    ("title", "text", "kind", "section"),
    [
        ("Vi söker praktikanter till Bryssel", "", "news", "Praktik"),
        ("Informationsmöten", "Svenska ESF-rådet bjuder in.", "news", "Nationellt"),
        ("Möte med AER", "", "news", "Internationellt"),
        ("Vaerdag", "Inget särskilt.", "news", "Nyheter"),
        ("Möte", "", "event", "Kalender"),
        ("Om något annat", "", "news", "Nyheter"),
    ],
)
def test_keywords_suggest_the_section(
    rules: SectionRules, title: str, text: str, kind: str, section: str
) -> None:
    assert rules.suggest(title=title, text=text, kind=kind) == section


def test_an_item_is_placed_in_an_issue_only_once(
    database: Database, newsletter_id: int, rules: SectionRules, add_item: AddItem
) -> None:
    with database.writing() as session:
        item = add_item(session, "I Bryssel", date(2026, 11, 1))
        issue = make(session, newsletter_id, rules, date(2026, 11, 20))

        with pytest.raises(UsageError):
            composing.place(issue, item, rules=rules, section="Nationellt")


@pytest.mark.parametrize("name", ["2026-99", "nonsense", "", "²-1", "2026-", "9" * 30 + "-1"])
def test_a_name_of_no_issue_is_explained(database: Database, newsletter_id: int, name: str) -> None:
    with database.reading() as session, pytest.raises(NoSuchError):
        composing.find(session, newsletter_id, name)
