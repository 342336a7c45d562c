"""When trouble is not a single delivery's: decide from the outcomes whether to go on.

Pure: outcomes in, a pause or nothing out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

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
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.delivery.reasons import Reason
from subscribers.wording import Sentence

#: Seconds to wait before the third, fourth, … try to reach a server; the second is made at once.
BACK_OFF = (1.0, 3.0, 10.0)
#: So many of the last replies about recipients are looked at for refusals on principle (x.7.x).
SURGE_WINDOW = 20
#: So many refusals, from so many receivers, among them are about us.
SURGE_RECIPIENTS, SURGE_RECEIVERS = 3, 2
#: So many doubts of one receiver that the mail is ours, among its last replies, are about us.
SURGE_DOUBTS = 3
#: So many with nothing else in between are, too, even from a single receiver.
SURGE_IN_A_ROW = 10


_PRINCIPLES = (Reason.POLICY, Reason.AUTHENTICATION)


class Trouble:
    """Remembers what went wrong lately between one server and us."""

    def __init__(
        self, back_off: Sequence[float] = BACK_OFF, receivers: Mapping[str, str] | None = None
    ) -> None:
        """Take how long to wait between tries, and which domains are one receiver by its name."""
        self._back_off = tuple(back_off)
        self._most = len(self._back_off) + 2
        #: Failures of the server since it last spoke of a recipient.
        self._in_a_row = 0
        #: Failures of the server in all.
        self.failures = 0
        self._receivers = receivers or {}
        #: The receiver of a refusal on principle; None for any other reply.
        self._recent: deque[str | None] = deque(maxlen=SURGE_WINDOW)
        #: Of each receiver that ever doubted that the mail is ours: which of its last replies did.
        self._doubts: dict[str, deque[bool]] = {}

    @property
    def wait(self) -> float:
        """Seconds to wait before the server is tried again."""
        return self._back_off[self._in_a_row - 2] if 2 <= self._in_a_row < self._most else 0.0

    def fail(self) -> bool:
        """Count one failure of the server; True if it was one too many."""
        self._in_a_row += 1
        self.failures += 1
        return self._in_a_row >= self._most

    def judge(
        self,
        outcome: Outcome,
        *,
        domain: str,
        was_refused_before: bool,
        failures_before: int | None = None,
    ) -> Pause | None:
        """Take in what became of one message; return a pause if the issue must not go on.

        `was_refused_before`: this very message was found unwelcome, and somebody went on anyway.
        `failures_before`: what `failures` was when the connection was made. A failure that all
        open connections tell of is one failure.
        """
        match outcome:
            case Accepted() | RecipientRefused() | RecipientDeferred():
                # It spoke of a recipient, so it is there.
                self._in_a_row = 0
                return _surge(outcome) if self._is_surge(outcome, domain) else None
            case Untried():
                return None
            case SenderMisconfigured():
                return Pause(
                    PauseKind.SENDER,
                    Sentence(
                        "The mail server does not let us send ({reply}). No reader is to blame. "
                        "Those not served wait. Mend smtp_url or the envelope sender before "
                        "you go on.",
                        reply=outcome.reply,
                    ),
                )
            case MessageRefused():
                return None if was_refused_before else _unwelcome(outcome)
            case ServerUnavailable() | NotSent() | Uncertain():
                if failures_before is not None and failures_before < self.failures:
                    return None
                return _unreachable(outcome, self._in_a_row) if self.fail() else None
        raise AssertionError(outcome)

    def _is_surge(self, outcome: Outcome, domain: str) -> bool:
        receiver = self._receivers.get(domain, domain)
        return self._is_doubted(outcome, receiver) or self._is_policy(outcome, receiver)

    def _is_doubted(self, outcome: Outcome, receiver: str) -> bool:
        is_doubt = outcome.reason is Reason.AUTHENTICATION
        if is_doubt:
            self._doubts.setdefault(receiver, deque(maxlen=SURGE_WINDOW))
        if receiver in self._doubts:
            self._doubts[receiver].append(is_doubt)
        return is_doubt and sum(self._doubts[receiver]) >= SURGE_DOUBTS

    def _is_policy(self, outcome: Outcome, receiver: str) -> bool:
        is_policy = isinstance(outcome, RecipientRefused) and outcome.reason in _PRINCIPLES
        self._recent.append(receiver if is_policy else None)
        if not is_policy:
            return False
        receivers = [receiver for receiver in self._recent if receiver is not None]
        last = list(self._recent)[-SURGE_IN_A_ROW:]
        return (len(receivers) >= SURGE_RECIPIENTS and len(set(receivers)) >= SURGE_RECEIVERS) or (
            len(last) == SURGE_IN_A_ROW and None not in last
        )


def _unwelcome(outcome: Outcome) -> Pause:
    return Pause(
        PauseKind.MESSAGE,
        Sentence(
            "The mail server does not take the message ({reply}). No reader is to blame. "
            "Those not served wait. Look at size and content; if you go on, the others are "
            "tried all the same.",
            reply=outcome.reply,
        ),
    )


def _unreachable(outcome: Outcome, failures: int) -> Pause:
    return Pause(
        PauseKind.SERVER,
        Sentence(
            "The mail server failed {n} times in a row (last: {reply}). Those not served wait. "
            "Ask whoever runs the server before you go on.",
            n=failures,
            reply=outcome.reply,
        ),
    )


def _surge(outcome: Outcome) -> Pause:
    return Pause(
        PauseKind.POLICY,
        Sentence(
            "Receiving servers refuse our mail on principle (last: {reply}). No reader is to "
            "blame, and nobody was suppressed. Those not served wait. Have SPF, DKIM, DMARC and "
            "the reputation of the mail server looked at before you go on.",
            reply=outcome.reply,
        ),
    )
