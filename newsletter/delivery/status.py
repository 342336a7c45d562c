"""How an issue's sending stands, in numbers that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.delivery import counting, issue_states, ledger, pauses, readership
from newsletter.delivery.pauses import Pause
from newsletter.delivery.reasons import NAMES, Reason
from newsletter.models import Delivery, DeliveryCount, DeliveryState, Issue, IssueState
from newsletter.models.deliveries import REASON_IS_ITS_OWN
from subscribers import audiences
from subscribers.audiences import Audience
from subscribers.segments import Description
from subscribers.wording import Sentence

#: The rate is that of the last minute, from at most this many messages.
_RATE_SPAN = timedelta(minutes=1)
_RATE_MESSAGES = 1000

_WITH_REASON = (
    DeliveryState.DEFERRED,
    DeliveryState.REFUSED,
    DeliveryState.SKIPPED,
    DeliveryState.UNCERTAIN,
)
_CANCELLED = Reason.CANCELLED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The counts of one issue; *audience = accepted + refused + skipped + uncertain + waiting*."""

    #: Year and number: "2017-02".
    issue: str
    state: IssueState
    audience: int
    #: A server said 250. Not "delivered": nobody can know that.
    accepted: int
    refused: int
    skipped: int
    uncertain: int
    waiting: int
    #: Of those waiting, how many were told to come back later.
    deferred: int
    #: Messages a second: of the last minute while sending, of the whole once sent.
    rate_per_second: float
    #: How many were skipped, refused, deferred or are uncertain, by `reasons.Reason`'s word.
    reasons: Mapping[str, int]
    #: When the next deferred recipient can be tried; None if somebody can be tried now, or nobody
    #: waits.
    next_attempt_at: datetime | None
    #: Why it stands still, where it does.
    pause: Pause | None
    #: The audience is still being frozen: it will grow.
    is_freezing: bool
    #: The segment it goes to; None: everybody.
    segment: Description | None = None

    def __post_init__(self) -> None:
        parts = self.accepted + self.refused + self.skipped + self.uncertain + self.waiting
        if parts != self.audience:
            raise ledger.LedgerError(
                "The deliveries of issue {issue} do not add up: {audience} in the audience, "
                "{parts} in the ledger. Restore a backup, or report this.",
                issue=self.issue,
                audience=self.audience,
                parts=parts,
            )

    @property
    def equation(self) -> Sentence:
        """How the audience adds up, as a sentence."""
        return Sentence(
            "{audience} recipients = {accepted} accepted + {refused} refused + {skipped} skipped "
            "+ {uncertain} uncertain + {waiting} waiting",
            audience=self.audience,
            accepted=self.accepted,
            refused=self.refused,
            skipped=self.skipped,
            uncertain=self.uncertain,
            waiting=self.waiting,
        )

    @property
    def reason_sentences(self) -> list[tuple[int, Sentence]]:
        """How many for which reason, the most frequent first."""
        return sorted(
            ((n, NAMES[Reason(word)]) for word, n in self.reasons.items()),
            key=lambda pair: -pair[0],
        )


def of(session: Session, issue_id: int, *, now: datetime) -> Status:
    """Return how an issue's sending stands, at the same price for any number of deliveries.

    Raises NoSuchError: there is no such issue; ledger.LedgerError: the numbers do not add up.
    """
    issue = issue_states.find(session, issue_id)
    audience, counts = _counted(session, issue_id)
    rate = _rate(session, issue, counts[DeliveryState.ACCEPTED], now=now)
    due = sum(counts[state] for state in issue_states.WAITING) - counts[DeliveryState.DEFERRED]
    return Status(
        issue=issue.name,
        state=issue.state,
        audience=audience,
        accepted=counts[DeliveryState.ACCEPTED],
        refused=counts[DeliveryState.REFUSED],
        skipped=counts[DeliveryState.SKIPPED],
        uncertain=counts[DeliveryState.UNCERTAIN],
        waiting=sum(counts[state] for state in issue_states.WAITING),
        deferred=counts[DeliveryState.DEFERRED],
        rate_per_second=rate,
        reasons=_reasons(session, issue_id),
        next_attempt_at=None if due else _next_attempt(session, issue_id, now=now),
        pause=pauses.from_json(issue.paused_because),
        is_freezing=issue.audience_through is not None and issue.audience_frozen_at is None,
        segment=Description.from_json(issue.segment),
    )


def dry_run(
    session: Session, issue_id: int, *, now: datetime, segment: Description | None
) -> Audience:
    """Return who would be mailed if sending began now, and why the others would not.

    As if the issue went to a segment, or to all it is for. Raises NoSuchError: as `of`.
    """
    issue = issue_states.find(session, issue_id)
    within = readership.narrowed(issue, to=segment)
    return audiences.counts(session, issue.newsletter_id, at=now, within=within)


def _counted(session: Session, issue_id: int) -> tuple[int, counting.Counts]:
    # The audience is kept apart from its parts: otherwise the equation would say nothing. One
    # statement sees one moment, also on PostgreSQL.
    rows = session.execute(
        sa.select(Issue.audience, DeliveryCount.state, DeliveryCount.count)
        .join(DeliveryCount, DeliveryCount.issue_id == Issue.id)
        .where(Issue.id == issue_id)
    ).all()
    return (rows[0].audience if rows else 0), Counter({row.state: row[2] for row in rows})


def _reasons(session: Session, issue_id: int) -> dict[str, int]:
    counted = (
        sa.select(Delivery.reason, sa.func.count().label("n"))
        # In the words of the index.
        .where(Delivery.issue_id == issue_id, sa.text(REASON_IS_ITS_OWN))
        .group_by(Delivery.reason)
    )
    everybody = sa.select(
        sa.literal(_CANCELLED), sa.func.coalesce(sa.func.sum(DeliveryCount.count), 0)
    ).where(DeliveryCount.issue_id == issue_id, DeliveryCount.state.in_(_WITH_REASON))
    # One statement sees one moment, also on PostgreSQL.
    rows = session.execute(sa.union_all(counted, everybody)).all()
    reasons = {row.reason: int(row.n) for row in rows}
    # Of a cancelled issue they may be a million: known without looking at them.
    reasons[_CANCELLED] -= sum(n for word, n in reasons.items() if word != _CANCELLED)
    return {word: n for word, n in sorted(reasons.items()) if word and n}


def _next_attempt(session: Session, issue_id: int, *, now: datetime) -> datetime | None:
    at = ledger.next_due(session, issue_id)
    return at if at is not None and at > now else None


def _rate(session: Session, issue: Issue, accepted: int, *, now: datetime) -> float:
    if issue.sending_since is None:
        return 0.0
    if issue.state is IssueState.SENT and issue.sent_at is not None:
        seconds = (issue.sent_at - issue.sending_since).total_seconds()
        return accepted / max(seconds, 1.0)
    if issue.state is not IssueState.SENDING:
        return 0.0
    # Accepted rows have no next attempt, so the index gives the newest of them at once.
    times = session.scalars(
        sa.select(Delivery.changed_at)
        .where(
            Delivery.issue_id == issue.id,
            Delivery.state == DeliveryState.ACCEPTED,
            Delivery.next_attempt_at.is_(None),
        )
        .order_by(Delivery.id.desc())
        .limit(_RATE_MESSAGES)
    )
    recent = [at for at in times if at is not None and at > now - _RATE_SPAN]
    if not recent:
        return 0.0
    return len(recent) / max((now - min(recent)).total_seconds(), 1.0)
