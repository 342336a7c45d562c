"""Purge what has been kept long enough, by rules that each rest on a decision.

Records of a Swedish authority may only be destroyed by law or a decision to (arkivlagen, 10 §;
GDPR, article 17.3). So nothing goes without a rule in the settings, nor by a rule that names no
decision. The log of what was purged is the audit log: rule, decision, day and number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.delivery import people
from newsletter.rights import ANONYMISE
from newsletter.settings import RetentionSettings
from subscribers import audit, retention
from subscribers.wording import Sentence

#: Rows purged in one transaction: it must be over well within 250 ms.
CHUNK = 200
#: What every purge is called in the audit log.
ACTION = "retention.purged"
#: Who purges where nobody is at the keyboard.
BY_ITSELF = "worker"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of thing that can have been kept long enough."""

    title: Sentence
    #: Which rows, by number, have been since before a time.
    which: Callable[[datetime], sa.Select[int]]
    #: Makes these rows go.
    purge: Callable[[Session, Sequence[int], datetime], None]


RULES = {
    "pending": Rule(
        Sentence("subscriptions nobody confirmed"),
        retention.unconfirmed,
        lambda session, ids, at: retention.forget_unconfirmed(
            session, ids, at=at, others=ANONYMISE
        ),
    ),
    "hard_bounced": Rule(
        Sentence("people whose address does not exist"),
        retention.bounced,
        lambda session, ids, at: retention.forget(session, ids, at=at, others=ANONYMISE),
    ),
    "delivery_addresses": Rule(
        Sentence("addresses in deliveries that are over"),
        people.settled,
        lambda session, ids, _at: people.blank(session, ids),
    ),
    "service_mails": Rule(
        Sentence("mails about subscriptions that are over"),
        people.settled_service_mails,
        lambda session, ids, _at: people.delete_service_mails(session, ids),
    ),
}


@dataclass(frozen=True, slots=True)
class Purged:
    """What one rule purged, or would purge."""

    rule: str
    days: int
    #: Empty: nobody decided it, and nothing goes.
    decision: str
    count: int

    @property
    def title(self) -> Sentence:
        """What the rule is about."""
        return RULES[self.rule].title


def would_purge(app: App) -> list[Purged]:
    """Return how many rows each rule in the settings concerns now, and change nothing."""
    with app.database.reading() as session:
        return [
            Purged(rule.rule, rule.days, rule.decision, _count(session, rule, app.clock()))
            for rule in app.settings.retention
        ]


def purge(app: App, *, actor: str = BY_ITSELF) -> list[Purged]:
    """Purge by every rule that rests on a decision, in short transactions, each of them logged."""
    done = []
    for rule in app.settings.retention:
        count = sum(_purge(app, rule, actor=actor)) if rule.decision else 0
        done.append(Purged(rule.rule, rule.days, rule.decision, count))
    if any(purged.count for purged in done):
        app.database.scrub()
    return done


def _purge(app: App, setting: RetentionSettings, *, actor: str) -> Iterator[int]:
    rule, now = RULES[setting.rule], app.clock()
    which = rule.which(now - timedelta(days=setting.days)).limit(CHUNK)
    while True:
        with app.database.writing() as session:
            people.hold_audiences(session)
            # Locked and judged again: whoever answers just now is not among them.
            ids = session.scalars(which.with_for_update(key_share=True)).all()
            if not ids:
                return
            rule.purge(session, ids, now)
            # In the transaction of what it tells of: a purge that is broken off is logged as far
            # as it came.
            audit.record(
                session,
                at=now,
                actor=actor,
                action=ACTION,
                subject=f"rule:{setting.rule}",
                count=len(ids),
                details={"days": setting.days, "decision": setting.decision},
            )
        yield len(ids)


def _count(session: Session, setting: RetentionSettings, now: datetime) -> int:
    which = RULES[setting.rule].which(now - timedelta(days=setting.days)).order_by(None)
    return session.scalar(sa.select(sa.func.count()).select_from(which.subquery())) or 0
