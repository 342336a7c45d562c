"""The words that say why a delivery is where it is; they stand in `Delivery.reason`."""

from __future__ import annotations

import enum

from subscribers.why_not import SkipReason
from subscribers.wording import Sentence


class Reason(enum.Enum):
    """Why a delivery was skipped, refused, deferred or is uncertain."""

    # Skipped: the same words as `subscribers.why_not.SkipReason`.
    #: Left the newsletter after the audience was frozen.
    UNSUBSCRIBED = "unsubscribed"
    #: Has to confirm anew.
    PENDING = "pending"
    #: Asked for a break.
    PAUSED = "paused"
    #: The address or its domain came onto the suppression list.
    SUPPRESSED = "suppressed"
    #: Is not in the database any more.
    ERASED = "erased"
    #: The part before the @ is not ASCII (RFC 6531), which we or the server cannot send to.
    NOT_SUPPORTED = "not_supported"
    #: A service mail that has become pointless: confirmed already, or left again.
    SETTLED = "settled"
    #: The issue was given up before it was this reader's turn.
    CANCELLED = "cancelled"

    # Refused or deferred.
    #: The address does not exist. The only reason that speaks of the address itself.
    BAD_ADDRESS = "bad_address"
    #: The address cannot be written in an envelope.
    BAD_SYNTAX = "bad_syntax"
    #: The mailbox is full.
    MAILBOX_FULL = "mailbox_full"
    #: The server does not want mail from us, or not this mail (x.7.x). Says nothing of the reader.
    POLICY = "policy"
    #: The server is not sure that mail is ours, or has had enough of it: SPF, DKIM, DMARC, PTR,
    #: rates (x.7.20 and up). Says nothing of the reader.
    AUTHENTICATION = "authentication"
    #: The server does not take a message like this one: its size or content.
    CONTENT = "content"
    #: The server, or the way to it, is in trouble (x.3.x, x.4.x).
    SYSTEM = "system"
    #: The connection broke before the message was handed over, several times.
    CONNECTION = "connection"
    #: The server said no, or not now, and gave no reason we know.
    OTHER = "other"
    #: A template has a mistake, so there is no message yet.
    TEMPLATE = "template"
    #: Deferred until the deadline passed.
    EXPIRED = "expired"

    # Uncertain.
    #: Silence, or a broken connection, after the final dot.
    NO_ANSWER = "no_answer"
    #: The sending process died, or lost its lease, while the message was in flight.
    CRASHED = "crashed"
    #: The database is a restored copy: the original may have sent it.
    RESTORED = "restored"
    #: The sending was broken off by hand while the message was in flight.
    BROKEN_OFF = "broken_off"

    # Accepted.
    #: Written to a folder instead of handed to a server: nobody got anything.
    WRITTEN = "written_to_folder"


#: What each reason is called in lists.
NAMES = {
    Reason.UNSUBSCRIBED: Sentence("unsubscribed meanwhile"),
    Reason.PENDING: Sentence("not confirmed"),
    Reason.PAUSED: Sentence("taking a break"),
    Reason.SUPPRESSED: Sentence("on the suppression list"),
    Reason.ERASED: Sentence("erased meanwhile"),
    Reason.NOT_SUPPORTED: Sentence("letters in the address that the server cannot send to"),
    Reason.SETTLED: Sentence("not needed any more"),
    Reason.CANCELLED: Sentence("the issue was cancelled"),
    Reason.BAD_ADDRESS: Sentence("there is no such address"),
    Reason.BAD_SYNTAX: Sentence("the address is misspelt"),
    Reason.MAILBOX_FULL: Sentence("the mailbox is full"),
    Reason.POLICY: Sentence("the receiving server does not want mail from us"),
    Reason.AUTHENTICATION: Sentence("the receiving server is not sure that the mail is ours"),
    Reason.CONTENT: Sentence("the receiving server does not take a message like this"),
    Reason.SYSTEM: Sentence("trouble at the receiving server"),
    Reason.CONNECTION: Sentence("the connection broke several times"),
    Reason.OTHER: Sentence("the receiving server said no"),
    Reason.TEMPLATE: Sentence("a template has a mistake"),
    Reason.EXPIRED: Sentence("the receiving server asked us to wait too long"),
    Reason.NO_ANSWER: Sentence("no answer after the whole message was sent"),
    Reason.CRASHED: Sentence("the sending stopped abruptly in the middle of the message"),
    Reason.RESTORED: Sentence("the database was restored, and the original may have sent it"),
    Reason.BROKEN_OFF: Sentence("the sending was broken off in the middle of the message"),
    Reason.WRITTEN: Sentence("written to a folder, sent to nobody"),
}


def reason_of(skip: SkipReason) -> Reason:
    """Return the word that is stored for somebody who may no longer be mailed."""
    return Reason(skip.value)
