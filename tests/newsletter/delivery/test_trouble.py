"""Trouble that is not a single delivery's stops the issue; anything else does not."""

from __future__ import annotations

import pytest

from newsletter.delivery import pauses
from newsletter.delivery.outcomes import (
    Accepted,
    MessageRefused,
    NotSent,
    Outcome,
    RecipientDeferred,
    RecipientRefused,
    SenderMisconfigured,
    ServerUnavailable,
    Uncertain,
    Untried,
)
from newsletter.delivery.pacing import LARGEST_WINDOW, Pace
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.delivery.reasons import NAMES, Reason, reason_of
from newsletter.delivery.trouble import SURGE_IN_A_ROW, SURGE_WINDOW, Trouble
from subscribers.why_not import SkipReason
from subscribers.wording import Sentence

POLICY = RecipientRefused("550 5.7.1 no", Reason.POLICY)
DOMAINS = ("example.org", "example.com")


def judge_all(trouble: Trouble, *outcomes: Outcome, domain: str = "example.org") -> list[Pause]:
    pauses_made = [
        trouble.judge(outcome, domain=domain, was_refused_before=False) for outcome in outcomes
    ]
    return [pause for pause in pauses_made if pause is not None]


def test_refusals_of_single_recipients_never_stop_an_issue() -> None:
    single = [
        Accepted("250"),
        RecipientDeferred("451", Reason.OTHER),
        RecipientRefused("550", Reason.BAD_ADDRESS),
        Untried(),
    ]

    assert judge_all(Trouble(), *single * 50) == []


def test_one_refusal_on_principle_is_that_deliverys_end_only() -> None:
    trouble = Trouble()

    assert judge_all(trouble, POLICY, *[Accepted()] * 30, POLICY, *[Accepted()] * 30) == []


@pytest.mark.parametrize("kind", [RecipientDeferred, RecipientRefused])
def test_three_doubts_of_one_receiver_are_about_us(
    kind: type[RecipientDeferred | RecipientRefused],
) -> None:
    trouble = Trouble(receivers={"outlook.com": "microsoft", "hotmail.com": "microsoft"})
    doubt = kind("550 5.7.515 not authenticated", Reason.AUTHENTICATION)

    assert judge_all(trouble, doubt, Accepted(), domain="outlook.com") == []
    assert judge_all(trouble, doubt, Accepted(), domain="hotmail.com") == []
    assert judge_all(trouble, Accepted(), domain="example.org") == []
    [pause] = judge_all(trouble, doubt, domain="outlook.com")

    assert pause.kind is PauseKind.POLICY


def test_doubts_far_apart_are_not() -> None:
    doubt = RecipientDeferred("451 4.7.500 busy", Reason.AUTHENTICATION)

    assert judge_all(Trouble(), *[doubt, *[Accepted()] * SURGE_WINDOW] * 5) == []


def test_two_names_of_one_receiver_are_not_several_receivers() -> None:
    trouble = Trouble(receivers={"outlook.com": "microsoft", "hotmail.com": "microsoft"})

    assert judge_all(trouble, POLICY, Accepted(), POLICY, domain="outlook.com") == []
    assert judge_all(trouble, Accepted(), POLICY, domain="hotmail.com") == []


def test_refusals_on_principle_from_several_domains_are_about_us() -> None:
    trouble = Trouble()
    assert judge_all(trouble, POLICY, Accepted(), POLICY) == []

    [pause] = judge_all(trouble, Accepted(), POLICY, domain="example.com")

    assert pause.kind is PauseKind.POLICY
    assert "5.7.1" in pause.sentence.in_english()


def test_refusals_on_principle_long_ago_are_forgotten() -> None:
    trouble = Trouble()
    judge_all(trouble, POLICY, POLICY, *[Accepted()] * SURGE_WINDOW)

    assert judge_all(trouble, POLICY, domain="example.com") == []


def test_a_single_domain_that_refuses_everything_stops_an_issue_too() -> None:
    trouble = Trouble()
    assert judge_all(trouble, *[POLICY] * (SURGE_IN_A_ROW - 1)) == []

    assert len(judge_all(trouble, POLICY)) == 1


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        (SenderMisconfigured("535 who"), PauseKind.SENDER),
        (MessageRefused("554 no", Reason.CONTENT), PauseKind.MESSAGE),
    ],
)
def test_what_would_happen_to_everybody_stops_at_the_first(
    outcome: Outcome, kind: PauseKind
) -> None:
    [pause] = judge_all(Trouble(), outcome)

    assert pause.kind is kind
    assert outcome.reply in pause.sentence.in_english()


def test_a_message_refused_once_more_does_not_stop_those_after_it() -> None:
    trouble = Trouble()

    assert trouble.judge(MessageRefused("554"), domain="x", was_refused_before=True) is None


def test_a_failing_server_is_given_time_and_then_up() -> None:
    trouble = Trouble(back_off=(1, 3))
    waits = []
    pause = None
    while pause is None:
        waits.append(trouble.wait)
        pause = trouble.judge(NotSent("broken"), domain="x", was_refused_before=False)

    assert waits == [0, 0, 1, 3]
    assert pause.kind is PauseKind.SERVER


def test_all_failures_of_the_server_count_together_and_an_answer_ends_them() -> None:
    trouble = Trouble(back_off=(0,))
    failures = [NotSent("x"), Uncertain("y", Reason.NO_ANSWER)]

    assert judge_all(trouble, *failures, RecipientRefused("550", Reason.OTHER), *failures) == []
    assert len(judge_all(trouble, ServerUnavailable("421"))) == 1


# Pauses


@pytest.mark.parametrize(
    "sentence",
    [
        Sentence("Nothing in it."),
        Sentence("The server said {reply} {n} times.", reply='5"50 {å}', n=3),
        Sentence("{n} thing", plural="{n} things", n=2),
        Sentence("Because {why}.", why=Sentence("of {n}", n=1)),
    ],
)
def test_a_pause_is_read_as_it_was_written(sentence: Sentence) -> None:
    pause = Pause(PauseKind.SERVER, sentence)

    assert pauses.from_json(pause.to_json()) == pause


@pytest.mark.parametrize("text", ["stopped by Kim", "{}", "[]", '{"kind": "x"}', "{unclosed", "1"])
def test_a_pause_written_by_hand_is_shown_as_it_is(text: str) -> None:
    pause = pauses.from_json(text)

    assert pause is not None
    assert pause.sentence.in_english() == text
    assert pauses.from_json("") is None


# Pace


def pace(messages_per_second: float, took: list[float]) -> int:
    measured = Pace(messages_per_second, monotonic=lambda: 0.0)
    for seconds in took:
        measured.took(seconds)
    return measured.window


def test_windows_grow_with_the_rate_and_shrink_at_once() -> None:
    assert pace(0, []) == 1
    assert pace(0, [0.3]) == 1
    assert pace(0, [0.05]) == 4
    assert pace(0, [0.000_01]) == LARGEST_WINDOW
    assert pace(0, [0.000_01, 0.3]) == 1
    assert 1 < pace(0, [0.3, *[0.001] * 30]) <= LARGEST_WINDOW


def test_windows_hold_no_more_than_the_limit_lets_through() -> None:
    assert pace(5, [0.001]) == 1
    assert pace(100, [0.001]) == 20


def test_messages_are_spread_evenly_and_nothing_is_caught_up() -> None:
    now = [100.0]
    limited = Pace(4, monotonic=lambda: now[0])

    assert limited.wait == 0
    limited.begin()
    assert limited.wait == 0.25
    now[0] = 100.1
    limited.begin()
    assert round(limited.wait, 3) == 0.4
    now[0] = 200.0
    assert limited.wait == 0
    limited.begin()
    assert limited.wait == 0.25


# Reasons


def test_every_reason_has_a_name_and_fits_its_column() -> None:
    assert set(NAMES) == set(Reason)
    assert max(len(reason.value) for reason in Reason) <= 32
    assert {reason_of(skip).value for skip in SkipReason} == {skip.value for skip in SkipReason}
