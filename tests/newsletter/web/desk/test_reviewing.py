"""A review: asked by mail, about exactly one state of an issue, answered by somebody else."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from newsletter import reviewing
from newsletter.app import App
from newsletter.issues import approval, proof
from newsletter.models import Issue, IssueState, Review, ReviewState, Role, ServiceMail
from newsletter.settings import DeskSettings
from newsletter.users import accounts
from newsletter.web.desk.addresses import DESK
from tests.newsletter.web.desk.conftest import Editor, Hire
from tests.newsletter.web.desk.prepared import accept_all, write_to_an_end
from tests.newsletter.web.desk.test_rooms import ISSUE, begun, form_of, state

__all__ = ["begun"]

REVIEW, CHECK = f"{ISSUE}/granska", f"{ISSUE}/kontrollera"


@pytest.fixture
def approver(hire: Hire, app: App) -> Editor:
    """Somebody who may approve, where four eyes are asked for."""
    app.settings.desk = DeskSettings(four_eyes=True)
    approver = hire("robin.exempel@example.org", name="Robin Exempel", role=Role.APPROVER)
    approver.come_in()
    return approver


@pytest.fixture
def asked(begun: Editor, approver: Editor, app: App) -> Editor:
    """An editor who has asked the approver."""
    assert approver.address != begun.address
    write_to_an_end(app)
    accept_all(app)
    ask(begun)
    return begun


def ask(editor: Editor, question: str = "Stämmer siffran?") -> None:
    chosen = re.findall(r'<option value="(\d+)">Robin Exempel', editor.see(CHECK))[0]
    editor.post(CHECK, be_om_granskning="ja", granskare=chosen, fraga=question)


def seen_by(editor: Editor) -> str:
    return str(re.findall(r'name="sett" value="(\w+)"', editor.see(REVIEW))[0])


def reviews(app: App) -> list[tuple[ReviewState, str, str]]:
    with app.database.reading() as session:
        return [
            (review.state, review.answered_by, review.note)
            for review in session.scalars(sa.select(Review).order_by(Review.id))
        ]


def answers_mailed(app: App) -> list[tuple[str | None, bool, str]]:
    with app.database.reading() as session:
        mails = session.scalars(sa.select(ServiceMail).where(ServiceMail.kind == "review_answered"))
        return [(mail.address, mail.fields["is_approved"], mail.fields["note"]) for mail in mails]


def change_a_title(editor: Editor, to: str = "Ändrad") -> None:
    editor.post(f"{ISSUE}/skriv", **form_of(editor.see(f"{ISSUE}/skriv?nyhet=1")), title=to)


def test_who_is_asked_gets_a_mail_with_the_text_and_reads_it_at_the_desk(
    asked: Editor, approver: Editor, app: App
) -> None:
    with app.database.reading() as session:
        mail = session.scalars(sa.select(ServiceMail)).one()
        assert (mail.kind, mail.address) == ("review", approver.address)
        assert mail.fields["stories"][0][1] == "Det här är hela texten om nyhet 1."

    assert "Kim Exempel ber dig granska nummer 1" in approver.see(DESK)
    assert "ber dig granska" not in asked.see(DESK)
    page = approver.see(REVIEW)

    assert "Kim Exempel ber dig granska nummer 1" in page
    assert "Stämmer siffran?" in page
    assert "Robin Exempel fick numret för granskning" in asked.see(CHECK)


def test_what_is_approved_is_what_was_asked_about(
    asked: Editor, approver: Editor, app: App
) -> None:
    approver.post(REVIEW, godkann="ja", sett=seen_by(approver))

    assert state(app) is IssueState.APPROVED
    assert reviews(app) == [(ReviewState.APPROVED, "Robin Exempel", "")]
    assert answers_mailed(app) == [(asked.address, True, "")]
    assert "Robin Exempel har godkänt nummer 1" in asked.see(DESK)
    with app.database.reading() as session:
        issue = session.scalars(sa.select(Issue)).one()
        review = session.scalars(sa.select(Review)).one()
        assert approval.frozen(session, issue).approved_by == "Robin Exempel"
        assert issue.approved_sha256 == review.sha256
    assert "Godkänt av Robin Exempel." in asked.see(REVIEW)


def test_a_hash_is_the_same_before_and_after_it_is_frozen(asked: Editor, app: App) -> None:
    with app.database.reading() as session:
        issue = session.scalars(sa.select(Issue)).one()
        before = reviewing.fingerprint(app, proof.pull(session, issue, app.press))
    asked.app.settings.desk = DeskSettings()
    asked.post(CHECK, godkann="ja")

    with app.database.reading() as session:
        issue = session.scalars(sa.select(Issue)).one()
        assert issue.approved_sha256 == before
        assert reviewing.fingerprint(app, proof.pull(session, issue, app.press)) == before


def test_it_is_sent_back_with_what_should_be_changed(
    asked: Editor, approver: Editor, app: App
) -> None:
    empty = approver.client.post(REVIEW, data={"svar": approver.answer, "besked": " "})
    approver.post(REVIEW, besked="Siffran är från i fjol.")

    assert empty.status_code == 422
    assert reviews(app) == [(ReviewState.RETURNED, "Robin Exempel", "Siffran är från i fjol.")]
    assert "Siffran är från i fjol." in asked.see(CHECK)
    assert answers_mailed(app) == [(asked.address, False, "Siffran är från i fjol.")]
    assert "Robin Exempel vill ha ändringar i nummer 1" in asked.see(DESK)
    assert state(app) is IssueState.DRAFT


def test_any_change_voids_the_question_and_the_approval(
    asked: Editor, approver: Editor, app: App
) -> None:
    looked_at = seen_by(approver)
    change_a_title(asked)
    assert "ber dig granska" not in approver.see(DESK)

    late = approver.client.post(
        REVIEW, data={"svar": approver.answer, "godkann": "ja", "sett": looked_at}
    )
    back = approver.client.post(REVIEW, data={"svar": approver.answer, "besked": "Nej."})

    assert late.status_code == 422
    assert "ändrades medan du läste" in late.text
    assert back.status_code == 404
    assert state(app) is IssueState.DRAFT
    assert "Numret har ändrats" in approver.see(REVIEW)
    ask(asked)
    approver.post(REVIEW, godkann="ja", sett=seen_by(approver))
    assert state(app) is IssueState.APPROVED
    change_a_title(asked, "Ändrad igen")
    assert state(app) is IssueState.DRAFT


def test_who_asks_or_changed_it_last_does_not_answer(asked: Editor, app: App) -> None:
    page = asked.see(REVIEW)
    own = asked.client.post(REVIEW, data={"svar": asked.answer, "godkann": "ja", "sett": "x"})

    assert 'name="godkann"' not in page
    assert own.status_code == 422
    assert state(app) is IssueState.DRAFT


def test_an_issue_that_is_not_ready_is_not_sent_to_anybody(
    begun: Editor, approver: Editor, app: App
) -> None:
    with app.database.reading() as session:
        page = begun.see(CHECK)
        assert "Be om granskning" not in page
        assert session.scalar(sa.select(sa.func.count(ServiceMail.id))) == 0
    refused = begun.client.post(
        CHECK, data={"svar": begun.answer, "be_om_granskning": "ja", "granskare": "2"}
    )

    assert refused.status_code == 422
    assert approver.see(REVIEW)
    assert reviews(app) == []


@pytest.mark.parametrize("whom", ["", "1", "99", "x"])
def test_only_who_may_approve_can_be_asked(
    begun: Editor, approver: Editor, app: App, whom: str
) -> None:
    assert approver.address
    write_to_an_end(app)
    accept_all(app)

    refused = begun.client.post(
        CHECK, data={"svar": begun.answer, "be_om_granskning": "ja", "granskare": whom}
    )

    assert refused.status_code == 422
    assert reviews(app) == []


def test_who_is_removed_meanwhile_gets_no_answer(asked: Editor, approver: Editor, app: App) -> None:
    with app.database.writing() as session:
        accounts.remove(session, asked.address, at=app.clock(), actor="tester")

    approver.post(REVIEW, besked="Nej.")

    assert answers_mailed(app) == []
