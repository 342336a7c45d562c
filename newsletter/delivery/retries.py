"""When a deferred recipient is tried again, and until when.

The first waits suit greylisting (RFC 6647, 5), the later ones servers that are down (RFC 5321,
4.5.4.1). A newsletter older than three days is no news, so the deadline is shorter than for mail.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

#: The wait after the first, second, … attempt; the last one is used from then on.
WAITS = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(minutes=60),
    timedelta(hours=2),
)
#: How long after its first attempt a message is still worth sending.
DEADLINE = timedelta(hours=72)
#: Each wait is this much shorter or longer, so that what was deferred together comes back apart.
JITTER = 0.2


def next_attempt(
    delivery_id: int, *, attempts: int, first_attempt_at: datetime, now: datetime
) -> datetime | None:
    """Return when to try again after `attempts` attempts; None if that is past the deadline.

    The jitter depends on the delivery and the attempt alone: the same question, the same answer.
    """
    wait = WAITS[min(max(attempts, 1), len(WAITS)) - 1]
    digest = hashlib.sha256(f"retry {delivery_id} {attempts}".encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 0xFFFFFFFF
    at = now + wait * (1 + JITTER * (2 * share - 1))
    return at if at <= first_attempt_at + DEADLINE else None


def is_expired(first_attempt_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether a message is too old to be tried again."""
    return first_attempt_at is not None and now > first_attempt_at + DEADLINE
