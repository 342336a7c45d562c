"""Deferred recipients come back at sensible times, and not for ever."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.retries import DEADLINE, JITTER, WAITS, is_expired, next_attempt

FIRST = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def attempts_of(delivery_id: int) -> list[datetime]:
    """Return when a delivery is tried that is deferred every time."""
    times = [FIRST]
    while True:
        at = next_attempt(delivery_id, attempts=len(times), first_attempt_at=FIRST, now=times[-1])
        if at is None:
            return times
        times.append(at)


@given(st.integers(1, 10**9))
def test_waits_grow_as_agreed_within_a_fifth(delivery_id: int) -> None:
    times = attempts_of(delivery_id)

    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    for wait, expected in zip(waits, [*WAITS, *[WAITS[-1]] * len(waits)], strict=False):
        assert expected * (1 - JITTER) <= wait <= expected * (1 + JITTER)


@given(st.integers(1, 10**9))
def test_nobody_is_tried_after_the_deadline(delivery_id: int) -> None:
    times = attempts_of(delivery_id)

    assert FIRST + timedelta(hours=69) < times[-1] <= FIRST + DEADLINE


def test_two_more_attempts_are_made_in_the_first_hour() -> None:
    assert sum(at <= FIRST + timedelta(hours=1) for at in attempts_of(1)) >= 3


def test_the_same_question_has_the_same_answer() -> None:
    assert attempts_of(7) == attempts_of(7)


def test_what_was_deferred_together_comes_back_apart() -> None:
    assert len({attempts_of(delivery_id)[1] for delivery_id in range(100)}) > 90


def test_a_message_is_too_old_only_after_the_deadline() -> None:
    assert not is_expired(None, now=FIRST)
    assert not is_expired(FIRST, now=FIRST + DEADLINE)
    assert is_expired(FIRST, now=FIRST + DEADLINE + timedelta(seconds=1))
