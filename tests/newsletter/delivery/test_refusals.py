"""An old list stops the issue before receivers take note, and only until somebody looked at it."""

from __future__ import annotations

from collections import Counter

import pytest

from newsletter.database import Database
from newsletter.delivery.pauses import PauseKind
from newsletter.delivery.refusals import Refusals
from newsletter.delivery.sending import Limits, send_issue
from newsletter.delivery.servers import Server
from newsletter.delivery.status import Status
from newsletter.models import DeliveryState, IssueState
from subscribers.tokens import Keys
from tests.conftest import Clock
from tests.mail_server import MailServer
from tests.newsletter.delivery.approved import FROZEN, approve_issue, readers, smtp

ACCEPTED, REFUSED = DeliveryState.ACCEPTED, DeliveryState.REFUSED


@pytest.mark.parametrize(
    ("refused", "answered", "stops"),
    [
        (10, 11, False),
        (11, 11, True),
        # More than five of a hundred among the first two hundred.
        (10, 200, False),
        (11, 200, True),
        # More than two of a hundred later on.
        (20, 1000, False),
        (21, 1000, True),
        (200, 10_000, False),
        (201, 10_000, True),
    ],
)
def test_more_than_a_well_kept_list_has_is_too_much(
    refused: int, answered: int, stops: bool
) -> None:
    refusals = Refusals()
    refusals.judge(Counter())

    pause = refusals.judge(Counter({REFUSED: refused, ACCEPTED: answered - refused}))

    assert (pause is not None) is stops


def test_what_was_refused_before_is_not_counted_again() -> None:
    refusals = Refusals()
    before = Counter({REFUSED: 500, ACCEPTED: 500})
    refusals.judge(before)

    assert refusals.judge(before + Counter({REFUSED: 10})) is None
    assert refusals.judge(before + Counter({REFUSED: 11})) is not None


async def test_somebody_must_look_once_and_nobody_is_lost(
    database: Database, keys: Keys, clock: Clock, mail_server: MailServer
) -> None:
    issue_id = approve_issue(database, keys, 120, now=clock())
    gone = set(readers(120)[::3])
    mail_server.reply_to_rcpt = lambda address: (
        "550 5.1.1 no such user" if address in gone else None
    )

    async def send() -> Status:
        return await send_issue(
            database,
            issue_id=issue_id,
            frozen=FROZEN,
            keys=keys,
            clock=clock,
            # So slowly that few are in flight at a time.
            servers=[Server(transports=[smtp(mail_server.url)], messages_per_second=40)],
            limits=Limits(back_off=()),
        )

    paused = await send()
    sent = await send()

    assert paused.pause is not None
    assert paused.pause.kind is PauseKind.REFUSALS
    assert 11 <= paused.refused < 25
    assert paused.waiting > 60
    assert (sent.state, sent.refused, sent.accepted) == (IssueState.SENT, 40, 80)
