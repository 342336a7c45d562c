"""What became of one message, by who must act.

* Outcome
  - Accepted             nobody
  - RecipientDeferred    nobody: this recipient is tried again later (4yz)
  - RecipientRefused     nobody: this delivery is over (5yz)
  - MessageRefused       the editor: the message itself is unwelcome; the issue is paused
  - ServerUnavailable    the operator, if it lasts: nobody can be served just now
  - SenderMisconfigured  the operator: the server does not know us; the issue is paused
  - NotSent              nobody: known not to have gone, so it is simply sent again
  - Untried              nobody: taken back before anything was on the wire
  - Uncertain            the editor: silence after the final dot; it may have gone (RFC 1047)

Only a reply that speaks of the reader's own address may ever blame it. A 535, a 5.7.x or a dead
server never does.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from newsletter.delivery.reasons import Reason
from newsletter.delivery.replies import Reply


class Stage(enum.Enum):
    """How far a conversation with a server has come."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    TLS = "tls"
    AUTH = "auth"
    #: Forgetting a message that was refused; before MAIL of the next.
    RSET = "rset"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    #: The text is being written; without the final dot no server may take it.
    BODY = "body"
    #: The final dot was handed to the network: from here silence means doubt.
    DOT = "dot"


# Not frozen, as each reader has one: that takes three times as long to make.
@dataclass(slots=True)
class Outcome:
    """What became of one message; `reply` is fit to be stored."""

    reply: str = ""
    reason: Reason | None = None


class Accepted(Outcome):
    """The server answered 2yz to the final dot: it is the server's message now."""


class RecipientDeferred(Outcome):
    """Not now; try this recipient again later."""


class RecipientRefused(Outcome):
    """No, for good, to this delivery."""


class MessageRefused(Outcome):
    """The message would be refused for everybody; no recipient is to blame."""


class ServerUnavailable(Outcome):
    """The server serves nobody at the moment; no recipient is to blame."""


class SenderMisconfigured(Outcome):
    """The server does not let us send: login, envelope sender or protocol; nobody is to blame."""


class NotSent(Outcome):
    """The connection failed before the final dot: the message has certainly not gone."""


class Untried(Outcome):
    """The message was taken back before anything about it was on the wire."""


class Uncertain(Outcome):
    """Nothing, or nothing that makes sense, was heard after the final dot."""


#: Authentication needed or failed (RFC 4954, 6), or this host takes no mail at all (RFC 7504).
_MISCONFIGURED_CODES = {521, 530, 534, 535, 538}
#: Bad sender (RFC 3463, 3.2).
_BAD_SENDER = {(1, 7), (1, 8)}
#: We broke the protocol, or the server did.
_SYNTAX_CODES = {500, 502, 504, 555}
_OUT_OF_SEQUENCE = 503
#: The domain takes no mail (RFC 7504).
_NULL_MX = 556
_TOO_LARGE = 552
_CLOSING = 421
#: No such mailbox (RFC 3463, 3.2 and 3.3; RFC 7505).
_NO_SUCH_ADDRESS = {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)}
#: The local part needs SMTPUTF8 (RFC 6531, 3.7.4).
_NEEDS_UTF8 = {(6, 7), (6, 9), (6, 10)}
#: x.7.…: what receivers say to senders whose SPF, DKIM, DMARC, PTR or TLS is not right, or of whom
#: they have had too much (RFC 7372; RFC 8689; Gmail, Microsoft: 500 and up).
_UNPROVEN = {*range(20, 33), 40, 500, 515, *range(606, 652)}
#: Where servers that give no enhanced code, or 5.0.0, say it in words.
_UNKNOWN_USER = re.compile(
    r"(user|recipient|mailbox|account|address)\b.{0,20}\b(unknown|not found|does not exist|"
    r"doesn't exist)|(unknown|no such|invalid) (local )?(user|recipient|mailbox|account)",
    re.IGNORECASE,
)
_FULL = re.compile(r"mailbox (is )?full|quota|over ?quota|insufficient storage", re.IGNORECASE)
_POLICY = re.compile(
    r"\bspam|\bblock(ed|list)|blacklist|\bdnsbl|\brbl\b|reputation|\bpolicy\b|\bbanned\b",
    re.IGNORECASE,
)


def classify(stage: Stage, reply: Reply, *, address: str) -> Outcome:
    """Return what a reply to a command of one message means; `address` is taken out of it.

    `stage` is one of RSET, MAIL, RCPT, DATA, BODY (a reply that came before the dot) and DOT.
    What is positive where it should not be is no answer at all.
    """
    shown = reply.shown(address)
    if reply.code == _CLOSING:
        return ServerUnavailable(shown)
    if reply.kind == 2 and stage is Stage.DOT:
        return Accepted(shown)
    if stage is Stage.RSET:
        return NotSent(shown)
    if reply.kind == 4:
        if stage is Stage.MAIL:
            # Nothing has been said of any recipient yet.
            return ServerUnavailable(shown)
        return RecipientDeferred(shown, _why_deferred(reply))
    if reply.kind == 5:
        return _refusal(stage, reply, shown)
    if stage is Stage.DOT:
        return Uncertain(shown, Reason.NO_ANSWER)
    return NotSent(shown)


def _why_deferred(reply: Reply) -> Reason:
    subject, detail = reply.enhanced or (0, 0)
    if (subject, detail) == (2, 2) or (subject == 0 and _FULL.search(reply.text)):
        return Reason.MAILBOX_FULL
    if subject == 7:
        return _on_principle(detail)
    if subject in (3, 4):
        return Reason.SYSTEM
    return Reason.OTHER


def _refusal(stage: Stage, reply: Reply, shown: str) -> Outcome:
    if reply.code == _OUT_OF_SEQUENCE:
        return NotSent(shown)
    if reply.code in _MISCONFIGURED_CODES or reply.code in _SYNTAX_CODES:
        return SenderMisconfigured(shown)
    if reply.enhanced in _BAD_SENDER:
        return SenderMisconfigured(shown)
    if stage is Stage.MAIL:
        # Before RCPT only we, or the size we announced, can be what is wrong.
        too_large = reply.code == _TOO_LARGE or reply.enhanced == (3, 4)
        return MessageRefused(shown, Reason.CONTENT) if too_large else SenderMisconfigured(shown)
    reason = _why_refused(stage, reply)
    if reason is None:
        return MessageRefused(shown, Reason.CONTENT)
    return RecipientRefused(shown, reason)


def _why_refused(stage: Stage, reply: Reply) -> Reason | None:
    """Return why this one delivery is refused; None if it is the message that is unwelcome."""
    code, enhanced = reply.code, reply.enhanced
    subject = enhanced[0] if enhanced else 0
    if enhanced and subject == 7:
        return _on_principle(enhanced[1])
    if enhanced in _NO_SUCH_ADDRESS or code == _NULL_MX:
        return Reason.BAD_ADDRESS
    # Exchange says so of addresses it does not have.
    if enhanced == (4, 1) and "access denied" in reply.text.lower():
        return Reason.BAD_ADDRESS
    if enhanced == (2, 2):
        return Reason.MAILBOX_FULL
    if enhanced in _NEEDS_UTF8:
        return Reason.NOT_SUPPORTED
    if enhanced == (2, 3):
        # The limit of this mailbox, not of everybody's.
        return Reason.CONTENT
    if enhanced == (3, 4) or subject == 6:
        return None
    if subject in (0, 5) and (said := _in_words(reply.text)):
        return said
    if stage is Stage.RCPT:
        # RFC 5321, 4.2.3: 552 is "exceeded storage allocation".
        if code == _TOO_LARGE and subject == 0:
            return Reason.MAILBOX_FULL
        return Reason.SYSTEM if subject in (3, 4) else Reason.OTHER
    # Codes that speak of a mailbox (RFC 5321, 4.2.3); 554 speaks of the transaction.
    if code in (550, 551, 553):
        return Reason.SYSTEM if subject in (3, 4) else Reason.OTHER
    return Reason.OTHER if subject in (1, 2) else None


def _on_principle(detail: int) -> Reason:
    return Reason.AUTHENTICATION if detail in _UNPROVEN else Reason.POLICY


def _in_words(text: str) -> Reason | None:
    # Policy first: where both are said, the address is not to be blamed.
    for pattern, reason in (
        (_POLICY, Reason.POLICY),
        (_UNKNOWN_USER, Reason.BAD_ADDRESS),
        (_FULL, Reason.MAILBOX_FULL),
    ):
        if pattern.search(text):
            return reason
    return None
