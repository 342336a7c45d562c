"""Suggested changes are made one by one, and a cut text never passes for a whole one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.errors import IssueStateError
from newsletter.issues import composing, proof
from newsletter.models import Issue, IssueState, Item
from tests.newsletter.issues.conftest import NOW


def issue_of(app: App, session: Session) -> Issue:
    return composing.create(
        session,
        app.newsletter_id,
        issued_on=date(2026, 11, 25),
        rules=app.press.section_rules,
        now=NOW,
    )


def test_two_changes_of_one_title_both_stand(app: App, add_item: Callable[..., Item]) -> None:
    assert app.newsletter_id
    with app.database.writing() as session:
        add_item(session, "EUs och VGRs möte - om “havet”", date(2026, 11, 24))
        issue = issue_of(app, session)

        mended = proof.mend(session, issue, app.press, {"GENITIV", "quote", "DASH"})

        content = proof.pull(session, issue, app.press).content
        assert [hint.code for hint in mended] == ["GENITIV", "GENITIV", "QUOTE", "DASH"]
        assert content.stories[0].title == "EU:s och VGR:s möte – om ”havet”"


def test_the_stored_item_is_never_touched(app: App, add_item: Callable[..., Item]) -> None:
    assert app.newsletter_id
    with app.database.writing() as session:
        item = add_item(session, "EUs möte", date(2026, 11, 24))

        proof.mend(session, issue_of(app, session), app.press, {"GENITIV"})

        assert item.title == "EUs möte"


def test_a_text_that_is_cut_off_stays_known_as_cut_off(
    app: App, add_item: Callable[..., Item]
) -> None:
    assert app.newsletter_id
    with app.database.writing() as session:
        add_item(session, "Möte", date(2026, 11, 24), excerpt="Om EUs fö", truncated=True)
        issue = issue_of(app, session)

        mended = proof.mend(session, issue, app.press, {"GENITIV", "TRUNC"})

        codes = [hint.code for hint in proof.pull(session, issue, app.press).hints]
        assert mended == []
        assert "TRUNC" in codes
        assert "GENITIV" in codes


def test_a_preheader_is_made_of_the_top_story(app: App, add_item: Callable[..., Item]) -> None:
    assert app.newsletter_id
    with app.database.writing() as session:
        add_item(session, "Möte", date(2026, 11, 24), excerpt="Vi möts i dag. Sedan inte.")
        issue = issue_of(app, session)

        proof.mend(session, issue, app.press, {"PREHEADER"})

        assert issue.preheader == "Vi möts i dag."


def test_an_issue_that_goes_out_is_not_mended(app: App, add_item: Callable[..., Item]) -> None:
    assert app.newsletter_id
    with app.database.writing() as session:
        add_item(session, "EUs möte", date(2026, 11, 24))
        issue = issue_of(app, session)
        issue.state = IssueState.SENDING

        with pytest.raises(IssueStateError):
            proof.mend(session, issue, app.press, {"GENITIV"})
