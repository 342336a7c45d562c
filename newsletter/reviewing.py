"""Have somebody else read an issue: ask, approve or send back; pages and commands do it alike.

A review is about the issue exactly as it was when somebody was asked; any change voids it. Question
and answer are mailed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.delivery import outbox
from newsletter.errors import NoSuchError, UncheckedError, UnsafeError, UsageError
from newsletter.issues import approval, proof, versions
from newsletter.issues.hints import Severity
from newsletter.issues.proof import Proof
from newsletter.models import Issue, Review, ReviewState, Role, User
from newsletter.users import accounts
from subscribers import addresses, audit

_MAY_APPROVE = (Role.APPROVER, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Standing:
    """The last review of an issue, and whether it is about the issue as it is now."""

    review: Review
    reviewer: User
    is_void: bool

    @property
    def is_open(self) -> bool:
        """Tell whether an answer is waited for."""
        return self.review.state is ReviewState.ASKED and not self.is_void


def may_approve(session: Session, app: App, issue: Issue, user: User) -> bool:
    """Tell whether a user may approve an issue: where four eyes are asked for, not everybody."""
    if not app.settings.desk.four_eyes:
        return True
    kept = versions.every(session, issue)[:1]
    return user.role in _MAY_APPROVE and (not kept or kept[0].by != user.name)


def reviewers(session: Session, app: App, issue: Issue, *, but: str) -> Sequence[User]:
    """Return who can be asked to read an issue by somebody of that name."""
    return [
        user
        for user in accounts.every(session)
        if user.name != but and may_approve(session, app, issue, user)
    ]


def ask(
    session: Session,
    app: App,
    issue: Issue,
    reviewer: User,
    *,
    by: str,
    question: str,
    asker: User | None = None,
) -> Review:
    """Ask somebody to read an issue; they get a mail with its text and a link to it.

    `by` is the name of who asks; where that is a user of the desk, the answer is mailed to them.
    Raises UsageError: they may not approve it; UncheckedError: it cannot be approved as it is;
    IssueStateError: it is not open any more.
    """
    if reviewer.id not in {user.id for user in reviewers(session, app, issue, but=by)}:
        raise UsageError(
            "{name} cannot review issue {issue}: whoever changed it last, or asks, is not who "
            "approves it. Nobody was asked. Choose somebody else.",
            name=reviewer.name,
            issue=issue.name,
        )
    pulled = proof.pull(session, issue, app.press)
    if any(hint.severity is not Severity.GREY for hint in pulled.open_hints):
        raise UncheckedError(
            "Issue {issue} is not ready to be read: red hints, or yellow ones that nobody "
            "accepted, are left. Nobody was asked. See them: newsletter issues check {issue}",
            issue=issue.name,
        )
    review = Review(
        issue_id=issue.id,
        sha256=fingerprint(app, pulled),
        asked_by=by,
        reviewer_id=reviewer.id,
        question=question.strip(),
        asked_at=app.clock(),
        asked_by_id=asker.id if asker else None,
    )
    session.add(review)
    stories = [[story.title, story.text] for story in pulled.content.stories]
    _mail(
        session, app, issue, "review", to=reviewer, by=by,
        question=review.question, subject_line=pulled.content.subject, stories=stories,
    )  # fmt: skip
    _log(session, app, issue, "issue.review_asked", actor=by)
    return review


def standing(session: Session, app: App, issue: Issue, pulled: Proof) -> Standing | None:
    """Return how the last review of an issue stands; None: nobody was asked."""
    review = _last(session, issue)
    if review is None:
        return None
    is_void = review.sha256 != fingerprint(app, pulled)
    return Standing(review, session.get_one(User, review.reviewer_id), is_void)


def concerning(session: Session, app: App, issue: Issue, user: User) -> Standing | None:
    """Return the last review of an issue if it waits for a user, or answers them; else None."""
    review = _last(session, issue)
    if review is None:
        return None
    is_open = review.state is ReviewState.ASKED
    if user.id != (review.reviewer_id if is_open else review.asked_by_id):
        return None
    # Only now: a proof takes a while to pull.
    found = standing(session, app, issue, proof.pull(session, issue, app.press))
    return found if found is not None and not found.is_void else None


def approve(
    session: Session, app: App, issue: Issue, user: User, *, name: str, seen: str | None = None
) -> None:
    """Approve an issue in somebody's name; an open review of it is answered by that.

    `seen` is the hash of what they looked at. Raises UnsafeError: they may not, or the issue is
    another by now; as `proof.approve`.
    """
    if not may_approve(session, app, issue, user):
        raise UnsafeError(
            "Issue {issue} is approved by somebody else than who changed it last. It was "
            "not approved. Ask an approver to look at it.",
            issue=issue.name,
        )
    pulled = proof.pull(session, issue, app.press)
    if seen is not None and seen != fingerprint(app, pulled):
        raise UnsafeError(
            "Issue {issue} was changed while you read it. It was not approved. Look at it again.",
            issue=issue.name,
        )
    stands = standing(session, app, issue, pulled)
    proof.approve(session, issue, app.press, name=name, actor=user.name, now=app.clock())
    if stands is not None and stands.is_open:
        _answer(session, app, issue, stands.review, ReviewState.APPROVED, by=user)


def send_back(session: Session, app: App, issue: Issue, user: User, *, note: str) -> None:
    """Send an issue back to who asked, with what should be done.

    Raises NoSuchError: nobody waits for an answer; UsageError: no note.
    """
    stands = standing(session, app, issue, proof.pull(session, issue, app.press))
    if stands is None or not stands.is_open:
        raise NoSuchError(
            "Nobody waits for a review of issue {issue} as it is now. Nothing was changed. Look at "
            "it again.",
            issue=issue.name,
        )
    if not note.strip():
        raise UsageError("Nothing says what should be changed. Nothing was sent back. Write it.")
    stands.review.note = note.strip()
    _answer(session, app, issue, stands.review, ReviewState.RETURNED, by=user)
    _log(session, app, issue, "issue.sent_back", actor=user.name)


def fingerprint(app: App, pulled: Proof) -> str:
    """Return the hash a proof would be frozen under."""
    return approval.hash_of(pulled.content, pulled.rendered, app.press.sender)


def _last(session: Session, issue: Issue) -> Review | None:
    return session.scalars(
        sa.select(Review).where(Review.issue_id == issue.id).order_by(Review.id.desc()).limit(1)
    ).first()


def _answer(
    session: Session, app: App, issue: Issue, review: Review, state: ReviewState, *, by: User
) -> None:
    review.state, review.answered_by, review.answered_at = state, by.name, app.clock()
    asker = session.get(User, review.asked_by_id) if review.asked_by_id else None
    if asker is not None and asker.removed_at is None and asker.id != by.id:
        _mail(
            session, app, issue, "review_answered", to=asker, by=by.name,
            is_approved=state is ReviewState.APPROVED, note=review.note,
        )  # fmt: skip


def _mail(
    session: Session, app: App, issue: Issue, kind: str, *, to: User, by: str, **words: object
) -> None:
    page = f"{app.settings.newsletter.desk_path}/{issue.name}/granska"
    outbox.add(
        session,
        kind,
        to=addresses.read(to.address),
        newsletter_id=app.newsletter_id,
        language=app.settings.language,
        sender=app.settings.sender,
        keys=app.keys,
        now=app.clock(),
        fields={"page": page, "number": issue.number, "by": by, **words},
    )


def _log(session: Session, app: App, issue: Issue, action: str, *, actor: str) -> None:
    audit.record(
        session,
        at=app.clock(),
        actor=actor,
        action=action,
        subject=f"issue:{issue.name}",
        count=1,
    )
