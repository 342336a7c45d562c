"""A reply is told by who must act, and no reader is blamed for what is not theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.outcomes import (
    Accepted,
    MessageRefused,
    NotSent,
    Outcome,
    RecipientDeferred,
    RecipientRefused,
    SenderMisconfigured,
    ServerUnavailable,
    Stage,
    Uncertain,
    classify,
)
from newsletter.delivery.reasons import Reason
from newsletter.delivery.replies import Reply

ADDRESS = "kim.exempel@example.org"
MAIL, RCPT, DATA, BODY, DOT = Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.BODY, Stage.DOT
STAGES = (MAIL, RCPT, DATA, BODY, DOT)


@pytest.mark.parametrize(
    ("stage", "code", "text", "kind", "reason"),
    [
        (DOT, 250, "2.0.0 OK queued as 4F2", Accepted, None),
        (DOT, 251, "will forward", Accepted, None),
        # Not now.
        (RCPT, 450, "4.2.0 greylisted", RecipientDeferred, Reason.OTHER),
        (RCPT, 451, "try again", RecipientDeferred, Reason.OTHER),
        (RCPT, 452, "4.2.2 mailbox full", RecipientDeferred, Reason.MAILBOX_FULL),
        (RCPT, 452, "4.5.3 too many recipients", RecipientDeferred, Reason.OTHER),
        (RCPT, 452, "insufficient storage", RecipientDeferred, Reason.MAILBOX_FULL),
        (RCPT, 450, "4.7.1 wait", RecipientDeferred, Reason.POLICY),
        (RCPT, 451, "4.7.650 too much from there", RecipientDeferred, Reason.AUTHENTICATION),
        (DATA, 451, "4.3.0 queue trouble", RecipientDeferred, Reason.SYSTEM),
        (DOT, 451, "4.4.1 no answer from host", RecipientDeferred, Reason.SYSTEM),
        (DOT, 450, "wait", RecipientDeferred, Reason.OTHER),
        # Nobody can be served.
        (MAIL, 421, "4.3.2 closing", ServerUnavailable, None),
        (RCPT, 421, "too many connections", ServerUnavailable, None),
        (DOT, 421, "4.7.0 [TS03] wait", ServerUnavailable, None),
        (MAIL, 451, "4.3.0 later", ServerUnavailable, None),
        (MAIL, 452, "4.3.1 disk full", ServerUnavailable, None),
        # The address.
        (RCPT, 550, "5.1.1 no such user", RecipientRefused, Reason.BAD_ADDRESS),
        (RCPT, 550, "5.1.2 bad domain", RecipientRefused, Reason.BAD_ADDRESS),
        (RCPT, 553, "5.1.3 bad syntax", RecipientRefused, Reason.BAD_ADDRESS),
        (RCPT, 551, "5.1.6 has moved", RecipientRefused, Reason.BAD_ADDRESS),
        (RCPT, 550, "5.1.10 null MX", RecipientRefused, Reason.BAD_ADDRESS),
        (RCPT, 556, "domain takes no mail", RecipientRefused, Reason.BAD_ADDRESS),
        (RCPT, 550, "5.2.1 disabled", RecipientRefused, Reason.BAD_ADDRESS),
        (RCPT, 550, "User unknown", RecipientRefused, Reason.BAD_ADDRESS),
        (RCPT, 550, "no such user here", RecipientRefused, Reason.BAD_ADDRESS),
        (RCPT, 550, "5.0.0 unknown mailbox", RecipientRefused, Reason.BAD_ADDRESS),
        (
            RCPT,
            550,
            "5.4.1 Recipient address rejected: Access denied. AS(201806281)",
            RecipientRefused,
            Reason.BAD_ADDRESS,
        ),
        (DOT, 550, "5.1.1 no such user", RecipientRefused, Reason.BAD_ADDRESS),
        # The mailbox, or nobody knows.
        (RCPT, 552, "5.2.2 over quota", RecipientRefused, Reason.MAILBOX_FULL),
        (RCPT, 552, "exceeded storage allocation", RecipientRefused, Reason.MAILBOX_FULL),
        (DOT, 552, "mailbox is full", RecipientRefused, Reason.MAILBOX_FULL),
        (RCPT, 550, "no", RecipientRefused, Reason.OTHER),
        (RCPT, 550, "4.7.1 who says both says nothing", RecipientRefused, Reason.OTHER),
        (RCPT, 550, "5.5.0 mailbox unavailable", RecipientRefused, Reason.OTHER),
        (DOT, 550, "5.5.0 mailbox unavailable", RecipientRefused, Reason.OTHER),
        (RCPT, 554, "5.4.4 no route", RecipientRefused, Reason.SYSTEM),
        (RCPT, 550, "5.6.7 needs SMTPUTF8", RecipientRefused, Reason.NOT_SUPPORTED),
        (DOT, 552, "5.2.3 too long for this mailbox", RecipientRefused, Reason.CONTENT),
        # Policy: nobody is blamed, nobody suppressed.
        (RCPT, 550, "5.7.1 blocked", RecipientRefused, Reason.POLICY),
        (RCPT, 554, "5.7.1 <kim.exempel@example.org>: Relay access denied", RecipientRefused,
         Reason.POLICY),
        (DOT, 550, "5.7.26 unauthenticated", RecipientRefused, Reason.AUTHENTICATION),
        (DOT, 550, "5.7.515 does not meet the level", RecipientRefused, Reason.AUTHENTICATION),
        (DOT, 554, "5.7.1 looks like spam", RecipientRefused, Reason.POLICY),
        (RCPT, 550, "blocked using a DNSBL; user unknown", RecipientRefused, Reason.POLICY),
        (DATA, 550, "5.7.1 no", RecipientRefused, Reason.POLICY),
        # The message.
        (DOT, 552, "5.3.4 too big", MessageRefused, Reason.CONTENT),
        (MAIL, 552, "5.3.4 too big", MessageRefused, Reason.CONTENT),
        (RCPT, 552, "5.3.4 too big", MessageRefused, Reason.CONTENT),
        (DOT, 552, "message size exceeds the limit", MessageRefused, Reason.CONTENT),
        (DOT, 554, "5.6.0 bad content", MessageRefused, Reason.CONTENT),
        (DOT, 554, "transaction failed", MessageRefused, Reason.CONTENT),
        (BODY, 554, "5.6.0 bad content", MessageRefused, Reason.CONTENT),
        (DOT, 554, "5.5.1 no", MessageRefused, Reason.CONTENT),
        # We.
        (MAIL, 550, "5.1.8 bad sender", SenderMisconfigured, None),
        (MAIL, 553, "5.7.1 not yours", SenderMisconfigured, None),
        (MAIL, 501, "5.1.7 bad sender", SenderMisconfigured, None),
        (RCPT, 550, "5.1.8 bad sender", SenderMisconfigured, None),
        (RCPT, 550, "5.1.7 bad sender", SenderMisconfigured, None),
        (RCPT, 530, "5.7.0 authentication required", SenderMisconfigured, None),
        (RCPT, 535, "5.7.8 bad credentials", SenderMisconfigured, None),
        (DOT, 530, "5.7.1 log in first", SenderMisconfigured, None),
        (RCPT, 555, "5.5.4 what?", SenderMisconfigured, None),
        (DATA, 502, "what?", SenderMisconfigured, None),
        (RCPT, 521, "takes no mail", SenderMisconfigured, None),
        # Out of step.
        (RCPT, 503, "5.5.1 nested MAIL", NotSent, None),
        (MAIL, 354, "go ahead", NotSent, None),
        (RCPT, 354, "go ahead", NotSent, None),
        (DATA, 250, "OK", NotSent, None),
        (DOT, 354, "go ahead", Uncertain, Reason.NO_ANSWER),
    ],
)  # fmt: skip
def test_a_reply_names_who_must_act(
    stage: Stage, code: int, text: str, kind: type[Outcome], reason: Reason | None
) -> None:
    outcome = classify(stage, Reply(code, text), address=ADDRESS)

    assert (type(outcome), outcome.reason) == (kind, reason)
    assert outcome.reply.startswith(str(code))
    assert ADDRESS not in outcome.reply


def test_an_enhanced_code_of_another_class_than_the_reply_says_nothing() -> None:
    outcome = classify(RCPT, Reply(450, "5.1.1 no such user"), address=ADDRESS)

    assert isinstance(outcome, RecipientDeferred)


@given(
    st.sampled_from(STAGES),
    st.sampled_from([421, 530, 534, 535, 538]),
    st.text(max_size=60),
)
def test_a_login_or_a_closing_server_never_blames_a_reader(
    stage: Stage, code: int, text: str
) -> None:
    outcome = classify(stage, Reply(code, text), address=ADDRESS)

    assert isinstance(outcome, SenderMisconfigured | ServerUnavailable)


@given(st.sampled_from(STAGES), st.integers(500, 599), st.integers(0, 999), st.text(max_size=60))
def test_policy_never_blames_an_address(stage: Stage, code: int, detail: int, text: str) -> None:
    outcome = classify(stage, Reply(code, f"5.7.{detail} {text}"), address=ADDRESS)

    assert outcome.reason is not Reason.BAD_ADDRESS or code == 556


@given(st.sampled_from(STAGES), st.integers(200, 599), st.text(max_size=200))
def test_whatever_is_answered_has_an_outcome(stage: Stage, code: int, text: str) -> None:
    outcome = classify(stage, Reply(code, text), address=ADDRESS)

    assert isinstance(outcome, Accepted) == (stage is DOT and code < 300)
    assert isinstance(outcome, Uncertain) == (stage is DOT and 300 <= code < 400)
