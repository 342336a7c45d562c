"""Why people left, where they cared to say: a number for each month, and nothing about anybody."""

from __future__ import annotations

import enum
from datetime import date
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from subscribers.models import LeavingReason
from subscribers.wording import Sentence

_COUNTED = cast(sa.Table, LeavingReason.__table__)


class Why(enum.Enum):
    """What can be answered: one of a few, since words of one's own would be personal data."""

    NOT_FOR_ME = "not_for_me"
    TOO_MUCH = "too_much"
    OTHER_WORK = "other_work"
    ELSEWHERE = "elsewhere"
    OTHER = "other"


#: How the answers are said, in the order they are offered.
NAMES = {
    Why.NOT_FOR_ME: Sentence("It was not about what I need"),
    Why.TOO_MUCH: Sentence("I get too much mail"),
    Why.OTHER_WORK: Sentence("I work with something else now"),
    Why.ELSEWHERE: Sentence("I read the news elsewhere"),
    Why.OTHER: Sentence("Something else"),
}


def count(session: Session, newsletter_id: int, why: Why, *, on: date) -> None:
    """Count an answer that was given on a day."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    once = dialect.insert(_COUNTED).values(
        newsletter_id=newsletter_id, month=on.replace(day=1), why=why.value, times=1
    )
    session.execute(
        once.on_conflict_do_update(
            index_elements=list(_COUNTED.primary_key), set_={"times": _COUNTED.c.times + 1}
        )
    )


def since(session: Session, newsletter_id: int, first: date) -> dict[Why, int]:
    """Return how often each answer was given from a month on, the most frequent first."""
    times = sa.func.sum(LeavingReason.times)
    rows = session.execute(
        sa.select(LeavingReason.why, times)
        .where(LeavingReason.newsletter_id == newsletter_id, LeavingReason.month >= first)
        .group_by(LeavingReason.why)
        .order_by(times.desc(), LeavingReason.why)
    )
    return {Why(why): int(n) for why, n in rows}
