"""Make the correction of an issue that is out: a copy to mend, for those who got the faulty one."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.errors import IssueStateError
from newsletter.issues import composing, editing
from newsletter.language import Language
from newsletter.models import AcceptedHint, Issue, IssueState, PlacedItem, Section
from subscribers.wording import Sentence

#: What a correction has from the issue it corrects.
_COPIED = (
    "preheader", "editorial", "signature_name", "signature_title", "contact"
)  # fmt: skip


def correct(
    session: Session, wrong: Issue, *, language: Language, issued_on: date, now: datetime
) -> Issue:
    """Make the next issue a copy of one that is out, its subject marked as a correction.

    It goes through every step that any issue does, and then only to who got the faulty one, or may
    have. What somebody let stand in that one stands here, as long as the words are the same.

    Raises IssueStateError: the faulty one is not out, or still going out.
    """
    if wrong.sending_since is None or wrong.state not in (IssueState.SENT, IssueState.CANCELLED):
        raise IssueStateError(
            "Issue {issue} cannot be corrected: it is {state}. Nothing was changed. What is not "
            "out can be edited; what is going out must be done first, or given up: "
            "newsletter issues cancel {issue}",
            issue=wrong.name,
            state=Sentence(wrong.state.value),
        )
    coming = composing.upcoming(session, wrong.newsletter_id, issued_on=issued_on)
    issue = Issue(
        newsletter_id=wrong.newsletter_id,
        year=issued_on.year,
        number=coming.number,
        issued_on=issued_on,
        created_at=now,
        subject=_marked(wrong.subject, language),
        corrects_id=wrong.id,
        **{name: getattr(wrong, name) for name in _COPIED},
    )
    issue.sections = [
        Section(
            name=section.name,
            position=section.position,
            placed_items=[_copy(placed) for placed in section.placed_items],
        )
        for section in wrong.sections
    ]
    session.add(issue)
    session.flush()
    accepted = sa.select(AcceptedHint).where(AcceptedHint.issue_id == wrong.id)
    for hint in session.scalars(accepted).all():
        session.add(
            AcceptedHint(
                issue_id=issue.id,
                code=hint.code,
                fingerprint=hint.fingerprint,
                reason=hint.reason,
                accepted_by=hint.accepted_by,
                at=hint.at,
            )
        )
    session.flush()
    return issue


def _marked(subject: str, language: Language) -> str:
    mark = language.say(Sentence("Correction: {subject}", subject=""))
    return subject if subject.startswith(mark) else mark + subject


def _copy(placed: PlacedItem) -> PlacedItem:
    words = {name: getattr(placed, name) for name in editing.STORY_FIELDS}
    return PlacedItem(item=placed.item, position=placed.position, is_lead=placed.is_lead, **words)
