"""Versions: everything can be undone and done again, and nothing is ever lost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from newsletter import items
from newsletter.app import App
from newsletter.errors import NoSuchError
from newsletter.issues import choosing, composing, editing, versions
from newsletter.models import Issue
from tests.conftest import Clock
from tests.newsletter.items.pages import draft


@pytest.fixture
def name(app: App) -> str:
    """An issue with three stories of one section."""
    newsletter_id = app.newsletter_id
    with app.database.writing() as session:
        items.store.save(
            session,
            [draft(title=f"Nyhet {n}", published_on=date(2026, 11, n)) for n in (3, 2, 1)],
            now=app.clock(),
        )
        issue = composing.create(
            session,
            newsletter_id,
            issued_on=app.today,
            rules=app.press.section_rules,
            now=app.clock(),
        )
        return issue.name


def change(app: App, name: str, field: str, value: str, *, by: str = "Kim") -> None:
    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, name)
        versions.keep(session, issue, by=by, at=app.clock())
        editing.edit_issue(session, issue, {field: value})
        versions.keep(session, issue, by=by, at=app.clock(), place=field)


def state(app: App, name: str) -> tuple[str, list[int]]:
    with app.database.reading() as session:
        issue = composing.find(session, app.newsletter_id, name)
        return issue.subject, [row.item.id for s in issue.sections for row in s.placed_items]


def act(app: App, name: str, what: str) -> bool:
    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, name)
        return bool({"undo": versions.undo, "redo": versions.redo}[what](session, issue))


def test_words_and_order_are_undone_and_done_again(app: App, name: str, clock: Clock) -> None:
    before = state(app, name)
    change(app, name, "subject", "Ett")
    clock.forward(minutes=1)
    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, name)
        editing.remove_item(issue, before[1][1])
        versions.keep(session, issue, by="Kim", at=app.clock())
    after = state(app, name)

    assert act(app, name, "undo")
    assert state(app, name) == ("Ett", before[1])
    assert act(app, name, "undo")
    assert state(app, name) == before
    assert not act(app, name, "undo")
    assert act(app, name, "redo")
    assert act(app, name, "redo")
    assert state(app, name) == after
    assert not act(app, name, "redo")


def test_what_was_undone_is_still_there_after_another_change(
    app: App, name: str, clock: Clock
) -> None:
    for subject in ("Ett", "Två"):
        change(app, name, "subject", subject)
        clock.forward(minutes=1)
    act(app, name, "undo")
    change(app, name, "subject", "Tre")

    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, name)
        kept = {version.content["issue"]["subject"]: version.id for version in
                versions.every(session, issue)}  # fmt: skip
        versions.restore(session, issue, kept["Två"], by="Kim", at=app.clock())

    assert set(kept) == {"", "Ett", "Två", "Tre"}
    assert state(app, name)[0] == "Två"
    act(app, name, "undo")
    assert state(app, name)[0] == "Tre"


def test_typing_in_one_place_is_one_version(app: App, name: str, clock: Clock) -> None:
    for subject in ("R", "Re", "Regional"):
        change(app, name, "subject", subject)
        clock.forward(seconds=2)

    act(app, name, "undo")

    assert state(app, name)[0] == ""


def test_two_editors_never_share_a_version(app: App, name: str) -> None:
    change(app, name, "subject", "Kims", by="Kim")
    change(app, name, "subject", "Robins", by="Robin")

    act(app, name, "undo")

    assert state(app, name)[0] == "Kims"


def test_what_changed_elsewhere_is_kept_too(app: App, name: str) -> None:
    change(app, name, "subject", "Vid redaktionen")
    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, name)
        editing.edit_issue(session, issue, {"subject": "Vid kommandoraden"})
    change(app, name, "subject", "Igen")

    act(app, name, "undo")

    assert state(app, name)[0] == "Vid kommandoraden"


def test_an_approval_does_not_survive_an_undo(app: App, name: str) -> None:
    change(app, name, "subject", "Ett")
    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, name)
        issue.approved_sha256 = "0" * 64
        versions.undo(session, issue)

        assert issue.approved_sha256 is None


def test_a_version_of_another_issue_is_refused(app: App, name: str) -> None:
    change(app, name, "subject", "Ett")
    with app.database.writing() as session:
        other = composing.create(
            session,
            app.newsletter_id,
            issued_on=app.today + timedelta(days=30),
            rules=app.press.section_rules,
            now=app.clock(),
        )
        version = versions.every(session, composing.find(session, app.newsletter_id, name))[0]
        with pytest.raises(NoSuchError):
            versions.restore(session, other, version.id, by="Kim", at=app.clock())


def test_choosing_makes_the_issue_hold_what_was_ticked(app: App, name: str) -> None:
    first, second, third = state(app, name)[1]
    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, name)
        section = issue.sections[0].name
        changed = choose(app, session, issue, {first: section, third: section}, lead=third)

    assert changed
    assert sorted(state(app, name)[1]) == sorted([first, third])
    with app.database.reading() as session:
        issue = composing.find(session, app.newsletter_id, name)
        assert [r.item.id for s in issue.sections for r in s.placed_items if r.is_lead] == [third]
        offers = choosing.offers(session, issue, rules=app.press.section_rules)
        assert [offer.item.id for offer in offers.new if offer.placed is None] == [second]


def test_choosing_the_same_changes_nothing(app: App, name: str) -> None:
    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, name)
        same = {r.item.id: s.name for s in issue.sections for r in s.placed_items}
        revision = issue.revision

        assert not choose(app, session, issue, same, lead=None)
        assert issue.revision == revision


def test_choosing_leaves_alone_what_was_not_on_offer(app: App, name: str) -> None:
    first, second, third = state(app, name)[1]
    with app.database.writing() as session:
        issue = composing.find(session, app.newsletter_id, name)
        choosing.choose(
            session, issue, {}, offered=[first], lead=None, rules=app.press.section_rules
        )

    assert sorted(state(app, name)[1]) == sorted([second, third])


def choose(
    app: App, session: Session, issue: Issue, chosen: dict[int, str], *, lead: int | None
) -> bool:
    every = [row.item.id for section in issue.sections for row in section.placed_items]
    return choosing.choose(
        session, issue, chosen, offered=every, lead=lead, rules=app.press.section_rules
    )
