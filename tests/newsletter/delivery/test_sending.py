"""Everybody gets one message, whatever happens on the way; nobody is blamed for what is not theirs.

The tests at the end have two engines, a slow server, Ctrl-C and a lost database.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.content import ADDRESS_SLOT
from newsletter.database import Database
from newsletter.delivery import issue_states, smtp_url
from newsletter.delivery.folder import FolderTransport
from newsletter.delivery.limits import Limit, Span
from newsletter.delivery.pacing import LARGEST_WINDOW
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.delivery.reasons import Reason
from newsletter.delivery.sending import Limits, Progress, send_issue
from newsletter.delivery.servers import Server
from newsletter.delivery.smtp import SmtpTransport
from newsletter.delivery.status import Status
from newsletter.delivery.transport import Message, Supply, Transport
from newsletter.errors import BusyError, IssueStateError, StorageError, TamperedError
from newsletter.models import Delivery, DeliveryState, Issue, IssueState, RenderedIssueRow
from subscribers.tokens import Keys, Purpose
from subscribers.wording import Sentence
from tests.conftest import Clock
from tests.dkim_judge import SIGNER, verdicts
from tests.mail_server import MailServer, Received
from tests.newsletter.delivery.approved import (
    FROZEN,
    approve_issue,
    deliveries,
    issue_state,
    reader,
    readers,
    smtp,
    states,
    unsubscribe,
)
from tests.newsletter.delivery.scripted_server import Action, Fault, ScriptedServer

AT_ONCE = Limits(back_off=(0.0, 0.0))

Send = Callable[..., Awaitable[Status]]


@pytest.fixture
def send(database: Database, keys: Keys, clock: Clock) -> Send:
    """Send an issue; the tests say over what."""

    async def run(
        issue_id: int, *transports: Transport, messages_per_second: float = 0, **options: Any
    ) -> Status:
        return await send_issue(
            database,
            issue_id=issue_id,
            frozen=FROZEN,
            keys=keys,
            clock=clock,
            servers=[Server(transports=transports, messages_per_second=messages_per_second)],
            **{"limits": AT_ONCE, **options},
        )

    return run


@pytest.fixture
def approve(database: Database, keys: Keys, clock: Clock) -> Callable[[int], int]:
    return lambda people: approve_issue(database, keys, people, now=clock())


def recipients_of(messages: list[Received]) -> list[str]:
    return [address for message in messages for address in message.rcpt_to]


def same_everywhere(content: bytes, address: str) -> bytes:
    """Return a message without what may differ between two readers."""
    lines = content.replace(address.encode(), ADDRESS_SLOT.encode()).split(b"\r\n")
    own = (b"Message-ID:", b"List-Unsubscribe:", b" <mailto:")
    kept = [line for line in lines if not line.startswith(own)]
    return b"\r\n".join(kept)


# The main road


async def test_everybody_gets_one_message_and_the_issue_is_sent(
    database: Database,
    clock: Clock,
    mail_server: MailServer,
    send: Send,
    approve: Callable[[int], int],
) -> None:
    issue_id = approve(100)
    seen: list[Progress] = []

    status = await send(issue_id, smtp(mail_server.url), on_progress=seen.append)

    assert Counter(recipients_of(mail_server.received)) == Counter(readers(100))
    assert (status.state, status.accepted, status.waiting) == (IssueState.SENT, 100, 0)
    assert {row.state for row in deliveries(database, issue_id).values()} == {
        DeliveryState.ACCEPTED
    }
    assert all(row.last_reply.startswith("250 ") for row in deliveries(database, issue_id).values())
    assert [progress.done for progress in seen] == sorted(progress.done for progress in seen)
    assert (seen[-1].done, seen[-1].audience) == (100, 100)
    assert seen[0].done == 1
    with database.reading() as session:
        assert session.scalars(sa.select(Issue.sent_at)).one() == clock()


async def test_each_message_is_addressed_signed_and_like_the_others(
    database: Database,
    clock: Clock,
    keys: Keys,
    mail_server: MailServer,
    send: Send,
    approve: Callable[[int], int],
) -> None:
    issue_id = approve(3)

    await send(issue_id, smtp(mail_server.url))

    rows = deliveries(database, issue_id)
    for message in mail_server.received:
        [address] = message.rcpt_to
        parsed = message_from_bytes(message.content)
        token = parsed["List-Unsubscribe"].partition("/avsluta/")[2].partition(">")[0]
        claim = keys.read(token, Purpose.UNSUBSCRIBE)
        assert parsed["To"] == address
        assert parsed["Message-ID"] == rows[address].message_id
        assert parsed["Date"] == "Fri, 20 Nov 2026 08:00:00 +0000"
        assert message.mail_from == FROZEN.sender.envelope_sender
        assert claim is not None
        assert (claim.subscriber_id, claim.issued_at) == (rows[address].subscriber_id, clock())
    bodies = {
        same_everywhere(message.content, message.rcpt_to[0]).split(b"\r\n\r\n")[0]
        for message in mail_server.received
    }
    assert len(bodies) == 1


async def test_sending_what_is_sent_sends_nothing_again(
    mail_server: MailServer, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(5)
    first = await send(issue_id, smtp(mail_server.url))

    second = await send(issue_id, smtp(mail_server.url))

    assert first == second
    assert len(mail_server.received) == 5


async def test_a_message_tried_again_is_the_same_to_the_byte(
    clock: Clock, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(1)
    script: dict[tuple[int, str], Action] = {
        (1, "DOT"): b"451 4.3.0 later\r\n",
        (2, "DOT"): Fault.DROP,
    }
    async with ScriptedServer(script) as server:
        await send(issue_id, smtp(server.url))
        clock.forward(minutes=7)
        await send(issue_id, smtp(server.url))

    tried = [message.content for message in server.refused + server.taken]
    assert len(tried) == 2
    assert tried[0] == tried[1]


async def test_who_unsubscribes_while_the_issue_goes_out_is_skipped(
    database: Database, mail_server: MailServer, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(30)
    mail_server.reply_to_data = lambda message: (
        unsubscribe(database, reader(30)) if message.rcpt_to == [reader(1)] else None
    )

    status = await send(issue_id, smtp(mail_server.url))

    assert reader(30) not in recipients_of(mail_server.received)
    assert (status.accepted, status.skipped) == (29, 1)
    assert status.reasons == {"unsubscribed": 1}


async def test_an_issue_goes_into_a_folder_as_files(
    tmp_path: Path, send: Send, approve: Callable[[int], int]
) -> None:
    status = await send(approve(4), FolderTransport(tmp_path / "out"))

    assert status.accepted == 4
    assert len(list((tmp_path / "out").glob("*.eml"))) == 4


async def test_an_approval_tampered_with_sends_nothing(
    database: Database, mail_server: MailServer, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(2)
    with database.writing() as session:
        session.execute(sa.update(RenderedIssueRow).values(html="<p>something else</p>"))

    with pytest.raises(TamperedError):
        await send(issue_id, smtp(mail_server.url))

    assert (mail_server.received, issue_state(database, issue_id)) == ([], IssueState.APPROVED)


async def test_a_draft_is_not_sent(
    database: Database, mail_server: MailServer, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(2)
    with database.writing() as session:
        session.execute(sa.update(Issue).values(state=IssueState.DRAFT))

    with pytest.raises(IssueStateError):
        await send(issue_id, smtp(mail_server.url))

    assert mail_server.received == []


# Refusals


async def test_refusals_are_their_recipients_only_and_stored_without_the_address(
    database: Database, mail_server: MailServer, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(30)
    mail_server.reply_to_rcpt = {
        reader(3): f"550 5.1.1 <{reader(3)}>: no such user",
        reader(7): f"552 5.2.2 {reader(7)} is full",
        reader(11): "550 5.7.1 not wanted",
        reader(29): "450 4.2.0 greylisted",
    }.get

    status = await send(issue_id, smtp(mail_server.url))

    rows = deliveries(database, issue_id)
    assert (status.accepted, status.refused, status.deferred) == (26, 3, 1)
    assert {address: row.reason for address, row in rows.items() if row.reason} == {
        reader(3): "bad_address",
        reader(7): "mailbox_full",
        reader(11): "policy",
        reader(29): "other",
    }
    assert rows[reader(3)].last_reply == "550 5.1.1 <…>: no such user"
    assert not any("reader" in row.last_reply for row in rows.values())


async def test_a_deferred_recipient_is_served_when_its_time_has_come(
    clock: Clock,
    mail_server: MailServer,
    send: Send,
    approve: Callable[[int], int],
) -> None:
    issue_id = approve(3)
    mail_server.reply_to_rcpt = {reader(2): "451 4.7.1 greylisted"}.get
    first = await send(issue_id, smtp(mail_server.url))
    mail_server.reply_to_rcpt = lambda _address: None

    too_early = await send(issue_id, smtp(mail_server.url))
    assert first.next_attempt_at is not None
    clock.at = first.next_attempt_at
    in_time = await send(issue_id, smtp(mail_server.url))

    assert (first.state, first.waiting, too_early.waiting) == (IssueState.SENDING, 1, 1)
    assert (in_time.state, in_time.accepted) == (IssueState.SENT, 3)
    assert Counter(recipients_of(mail_server.received)) == Counter(readers(3))


async def test_a_surge_of_refusals_on_principle_pauses_and_blames_nobody(
    mail_server: MailServer, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(100)
    mail_server.reply_to_rcpt = lambda _address: "550 5.7.26 unauthenticated"

    status = await send(issue_id, smtp(mail_server.url))

    assert status.state is IssueState.PAUSED
    assert status.pause is not None
    assert status.pause.kind is PauseKind.POLICY
    assert (status.refused, status.waiting) == (3, 97)
    assert status.reasons == {"authentication": 3}


@pytest.mark.parametrize(
    ("step", "answer", "kind"),
    [
        ("MAIL", b"550 5.1.8 bad sender\r\n", PauseKind.SENDER),
        ("RCPT", b"530 5.7.0 log in first\r\n", PauseKind.SENDER),
        ("DOT", b"554 5.6.0 bad content\r\n", PauseKind.MESSAGE),
        ("DOT", b"552 5.3.4 too big\r\n", PauseKind.MESSAGE),
    ],
)
async def test_what_would_happen_to_everybody_pauses_before_it_does(
    send: Send,
    approve: Callable[[int], int],
    step: str,
    answer: bytes,
    kind: PauseKind,
) -> None:
    issue_id = approve(20)
    async with ScriptedServer({(4, step): answer}) as server:
        status = await send(issue_id, smtp(server.url))
        server.script = {}
        resumed = await send(issue_id, smtp(server.url))

    assert status.state is IssueState.PAUSED
    assert status.pause is not None
    assert status.pause.kind is kind
    assert answer.decode().strip() in status.pause.sentence.in_english()
    assert (status.accepted, status.waiting, status.refused) == (3, 17, 0)
    assert (resumed.state, resumed.accepted, resumed.pause) == (IssueState.SENT, 20, None)
    assert Counter(taken.recipient for taken in server.taken) == Counter(readers(20))


# Servers in trouble


@pytest.mark.parametrize(
    ("step", "action"),
    [
        ("AUTH", b"535 5.7.8 wrong password\r\n"),
        ("CONNECT", b"554 5.7.1 go away\r\n"),
        ("CONNECT", Fault.DROP),
        ("AUTH", Fault.ANSWER_AND_DROP),
    ],
)
async def test_a_server_that_lets_nobody_in_pauses_and_blames_nobody(
    database: Database, send: Send, approve: Callable[[int], int], step: str, action: Action
) -> None:
    issue_id = approve(5)
    async with ScriptedServer({(0, step): action}, extensions=("AUTH PLAIN",)) as server:
        url = server.url.replace("127.0.0.1", "kim:s3cret@127.0.0.1")
        status = await send(issue_id, smtp(url))

    assert status.state is IssueState.PAUSED
    assert status.pause is not None
    assert status.pause.kind in (PauseKind.SENDER, PauseKind.SERVER)
    assert "s3cret" not in status.pause.to_json()
    assert set(states(database, issue_id).values()) == {DeliveryState.QUEUED}
    assert all(row.attempts == 0 for row in deliveries(database, issue_id).values())


@pytest.mark.parametrize(
    ("step", "action", "is_doubtful"),
    [
        ("MAIL", Fault.DROP, False),
        ("RCPT", Fault.DROP, False),
        ("DATA", Fault.DROP, False),
        ("DOT", Fault.DROP, True),
        ("MAIL", b"421 4.3.2 closing\r\n", False),
        ("DOT", b"421 4.3.2 closing\r\n", False),
        ("DOT", b"what?\r\n", True),
    ],
)
async def test_a_broken_connection_costs_nobody_the_issue(
    database: Database,
    send: Send,
    approve: Callable[[int], int],
    step: str,
    action: Action,
    is_doubtful: bool,
) -> None:
    issue_id = approve(12)
    async with ScriptedServer({(5, step): action}) as server:
        status = await send(issue_id, smtp(server.url))

    in_doubt = {
        address
        for address, state in states(database, issue_id).items()
        if state is DeliveryState.UNCERTAIN
    }
    taken = Counter(message.recipient for message in server.taken)
    assert status.state is IssueState.SENT
    assert in_doubt == ({reader(5)} if is_doubtful else set())
    assert all(taken[address] == 1 for address in set(readers(12)) - in_doubt)
    assert status.uncertain == len(in_doubt)


async def test_a_server_that_goes_away_for_good_pauses_after_a_few_tries(
    send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(50)
    script: dict[tuple[int, str], Action] = {
        (number, "MAIL"): Fault.DROP for number in range(4, 100)
    }
    async with ScriptedServer(script) as server:
        status = await send(issue_id, smtp(server.url))

    assert status.state is IssueState.PAUSED
    assert status.pause is not None
    assert status.pause.kind is PauseKind.SERVER
    assert (status.accepted, status.waiting, status.uncertain) == (3, 47, 0)
    assert server.connections <= 1 + len(AT_ONCE.back_off) + 2


async def test_a_server_that_never_answers_the_dot_leaves_few_in_doubt(
    send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(50)
    script: dict[tuple[int, str], Action] = {
        (number, "DOT"): Fault.DROP for number in range(1, 100)
    }
    async with ScriptedServer(script) as server:
        status = await send(issue_id, smtp(server.url))

    assert (status.state, status.uncertain, status.waiting) == (IssueState.PAUSED, 4, 46)
    assert status.reasons == {"no_answer": 4}


async def test_one_message_that_breaks_every_connection_does_not_stop_the_others(
    database: Database, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(10)
    async with ScriptedServer() as server:

        def break_at_reader_2(message: int, step: str) -> None:
            if step == "RCPT" and reader(2) in server.commands[-1]:
                server.script = {(message, step): Fault.DROP}

        server.on_step = break_at_reader_2
        status = await send(issue_id, smtp(server.url))

    assert (status.accepted, status.waiting) == (9, 1)
    row = deliveries(database, issue_id)[reader(2)]
    assert (row.state, row.reason) == (DeliveryState.DEFERRED, Reason.CONNECTION.value)


# Stopping


async def test_asked_to_stop_it_finishes_what_is_in_flight_and_gives_back_the_rest(
    database: Database, mail_server: MailServer, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(100)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def stop_at_the_tenth(_message: Received) -> None:
        if len(mail_server.received) == 9:
            loop.call_soon_threadsafe(stop.set)

    mail_server.reply_to_data = stop_at_the_tenth
    paused = await send(issue_id, smtp(mail_server.url), stop=stop)
    after_stop = Counter(states(database, issue_id).values())
    mail_server.reply_to_data = lambda _message: None
    resumed = await send(issue_id, smtp(mail_server.url))

    assert paused.state is IssueState.PAUSED
    assert paused.pause is not None
    assert paused.pause.kind is PauseKind.STOPPED
    assert set(after_stop) == {DeliveryState.ACCEPTED, DeliveryState.QUEUED}
    assert 10 <= paused.accepted <= 10 + LARGEST_WINDOW
    assert resumed.state is IssueState.SENT
    assert Counter(recipients_of(mail_server.received)) == Counter(readers(100))


async def test_asked_to_stop_before_the_audience_is_frozen_it_goes_on_there_later(
    mail_server: MailServer, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(25)
    stop = asyncio.Event()
    stop.set()

    paused = await send(issue_id, smtp(mail_server.url), stop=stop)
    resumed = await send(issue_id, smtp(mail_server.url), limits=Limits(chunk=10, back_off=()))

    assert (paused.state, paused.is_freezing) == (IssueState.PAUSED, True)
    assert (resumed.state, resumed.accepted) == (IssueState.SENT, 25)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_postgresql_sees_how_large_the_audience_is_before_it_looks_for_anybody_in_it(
    database: Database, mail_server: MailServer, send: Send, approve: Callable[[int], int]
) -> None:
    sizes = sa.text(
        "SELECT relname, reltuples FROM pg_class "
        "WHERE relname IN ('deliveries', 'subscribers', 'subscriptions')"
    )
    issue_id = approve(25)

    await send(issue_id, smtp(mail_server.url), limits=Limits(chunk=10, back_off=()))

    with database.reading() as session:
        seen = {row.relname: row.reltuples for row in session.execute(sizes)}
    assert seen == {"deliveries": 25, "subscribers": 25, "subscriptions": 25}


async def test_asked_to_stop_while_the_last_one_is_served_it_is_done(
    mail_server: MailServer, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(1)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def stop_at_once(_message: Received) -> None:
        loop.call_soon_threadsafe(stop.set)

    mail_server.reply_to_data = stop_at_once

    status = await send(issue_id, smtp(mail_server.url), stop=stop)

    assert (status.state, status.pause) == (IssueState.SENT, None)


async def test_asked_to_stop_it_does_not_wait_for_a_server_that_does_not_answer(
    send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(3)
    stop = asyncio.Event()
    server = ScriptedServer(
        {(0, "CONNECT"): Fault.SILENCE}, on_step=lambda _message, _step: stop.set()
    )
    async with server:
        status = await send(issue_id, smtp(server.url, within=600), stop=stop)

    assert (status.state, status.waiting) == (IssueState.PAUSED, 3)


async def test_an_issue_paused_from_outside_stops(
    database: Database, mail_server: MailServer, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(100)
    because = Pause(PauseKind.STOPPED, Sentence("Paused by Robin Exempel."))

    def pause_at_the_fifth(_message: Received) -> None:
        if len(mail_server.received) == 4:
            with database.writing() as session:
                issue_states.pause(session, issue_id, because)

    mail_server.reply_to_data = pause_at_the_fifth

    status = await send(issue_id, smtp(mail_server.url))

    assert (status.state, status.pause) == (IssueState.PAUSED, because)
    assert 5 <= status.accepted < 100
    assert status.waiting == 100 - status.accepted


async def test_broken_off_by_force_one_is_in_doubt_and_the_others_are_not(
    database: Database, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(40)
    reached = asyncio.Event()
    server = ScriptedServer(
        {(20, "DOT"): Fault.SILENCE},
        on_step=lambda message, step: reached.set() if (message, step) == (20, "DOT") else None,
    )
    async with server:
        sending = asyncio.ensure_future(send(issue_id, smtp(server.url, within=600)))
        await reached.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        broken_off = Counter(states(database, issue_id).values())
        resumed = await send(issue_id, smtp(server.url))

    assert broken_off == {
        DeliveryState.ACCEPTED: 19,
        DeliveryState.UNCERTAIN: 1,
        DeliveryState.QUEUED: 20,
    }
    assert (resumed.state, resumed.accepted, resumed.uncertain) == (IssueState.SENT, 39, 1)
    assert resumed.reasons == {"broken_off": 1}


# Pace, leases, several engines


class Watched(SmtpTransport):
    """Notes when messages were taken, and how many went without another announced with them."""

    def __init__(self, url: str) -> None:
        super().__init__(smtp_url.parse(url))
        self.taken_at: list[float] = []
        self.alone = 0

    async def send(self, supply: Supply) -> None:
        await super().send(Watch(self, supply))


class Watch:
    """A supply that is watched."""

    def __init__(self, watched: Watched, supply: Supply) -> None:
        self._watched, self._supply, self.went = watched, supply, supply.went

    def take(self) -> Message | None:
        message = self._supply.take()
        if message is not None:
            self._watched.taken_at.append(asyncio.get_running_loop().time())
        return message

    def following(self) -> Message | None:
        message = self._supply.following()
        self._watched.alone += message is None
        return message


async def test_under_a_limit_each_message_waits_for_its_time(
    send: Send, approve: Callable[[int], int]
) -> None:
    # So many that a window holds a dozen: none of them may ride with the one before it.
    issue_id = approve(16)
    async with ScriptedServer(extensions=("PIPELINING",)) as server:
        transport = Watched(server.url)
        await send(issue_id, transport, messages_per_second=60)

    pauses = [after - before for before, after in itertools.pairwise(transport.taken_at)]
    assert len(pauses) == 15
    # Timers may be a little early.
    assert min(pauses) > 0.9 / 60


async def test_the_next_message_is_announced_with_the_last_of_a_window_too(
    mail_server: MailServer, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(7 * LARGEST_WINDOW)
    transport = Watched(mail_server.url)

    status = await send(issue_id, transport)

    assert status.state is IssueState.SENT
    # The very first, and the very last; one or two more where the machine is so slow that a
    # window is broken off.
    assert transport.alone <= 4


async def test_a_lease_is_renewed_while_the_answer_takes_long(
    database: Database, keys: Keys, clock: Clock, approve: Callable[[int], int]
) -> None:
    issue_id = approve(1)
    loop, reached, written = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    class Watched(Database):
        """A database that tells when something was written."""

        @contextmanager
        def writing(self) -> Iterator[Session]:
            with super().writing() as session:
                yield session
            loop.call_soon_threadsafe(written.set)

    watched = Watched(database.url.render_as_string(hide_password=False))
    server = ScriptedServer(
        {(1, "DOT"): Fault.SILENCE},
        on_step=lambda _message, step: reached.set() if step == "DOT" else None,
    )
    async with server:
        sending = asyncio.ensure_future(
            send_issue(
                watched,
                issue_id=issue_id,
                frozen=FROZEN,
                keys=keys,
                clock=clock,
                servers=[Server(transports=[smtp(server.url, within=600)])],
                limits=Limits(lease=timedelta(seconds=0.4)),
            )
        )
        await reached.wait()
        clock.forward(seconds=30)
        async with asyncio.timeout(20):
            while True:
                written.clear()
                await written.wait()
                row = deliveries(database, issue_id)[reader(1)]
                if row.lease_until == clock() + timedelta(seconds=0.4):
                    break
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
    watched.close()

    assert row.state is DeliveryState.IN_FLIGHT


def test_two_engines_at_once_send_each_recipient_one_message(
    database_url: str,
    database: Database,
    keys: Keys,
    clock: Clock,
    mail_server: MailServer,
    approve: Callable[[int], int],
) -> None:
    issue_id = approve(200)
    ends: list[Status | BaseException] = []
    together = threading.Barrier(2)

    def run() -> None:
        own = Database(database_url)
        try:
            together.wait()
            ends.append(
                asyncio.run(
                    send_issue(
                        own,
                        issue_id=issue_id,
                        frozen=FROZEN,
                        keys=keys,
                        clock=clock,
                        servers=[Server(transports=[smtp(mail_server.url, within=60)])],
                        limits=Limits(chunk=50),
                    )
                )
            )
        except BaseException as error:
            ends.append(error)
        finally:
            own.close()

    engines = [threading.Thread(target=run) for _ in range(2)]
    for engine in engines:
        engine.start()
    for engine in engines:
        engine.join()

    assert [getattr(end, "state", end) for end in ends] == [IssueState.SENT] * 2
    assert Counter(recipients_of(mail_server.received)) == Counter(readers(200))
    with database.reading() as session:
        owners = session.scalar(sa.select(sa.func.count()).where(Delivery.lease_owner.is_not(None)))
    assert owners == 0


async def test_outcomes_are_kept_until_the_database_takes_them(
    database: Database,
    keys: Keys,
    clock: Clock,
    mail_server: MailServer,
    approve: Callable[[int], int],
) -> None:
    issue_id = approve(3)

    class Busy(Database):
        """A database that is busy whenever the first message has just gone."""

        refusals = 2

        @contextmanager
        def writing(self) -> Iterator[Session]:
            if mail_server.received and self.refusals:
                self.refusals -= 1
                raise BusyError("Busy.")
            with super().writing() as session:
                yield session

    busy = Busy(database.url.render_as_string(hide_password=False))
    status = await send_issue(
        busy,
        issue_id=issue_id,
        frozen=FROZEN,
        keys=keys,
        clock=clock,
        servers=[Server(transports=[smtp(mail_server.url)])],
        limits=AT_ONCE,
    )
    busy.close()

    assert (status.accepted, busy.refusals) == (3, 0)
    assert Counter(recipients_of(mail_server.received)) == Counter(readers(3))


async def test_what_a_lost_answer_put_in_flight_is_given_back(
    database: Database,
    keys: Keys,
    clock: Clock,
    mail_server: MailServer,
    approve: Callable[[int], int],
) -> None:
    issue_id = approve(30)

    class Losing(Database):
        """A database that commits, and whose answer then does not come."""

        losses = 2

        @contextmanager
        def writing(self) -> Iterator[Session]:
            with super().writing() as session:
                yield session
            flying = Counter(states(database, issue_id).values())[DeliveryState.IN_FLIGHT]
            if mail_server.received and flying and self.losses:
                self.losses -= 1
                raise StorageError("Lost.")

    losing = Losing(database.url.render_as_string(hide_password=False))
    # Rows that nobody gives back keep it waiting for ever.
    async with asyncio.timeout(60):
        status = await send_issue(
            losing,
            issue_id=issue_id,
            frozen=FROZEN,
            keys=keys,
            clock=clock,
            servers=[Server(transports=[smtp(mail_server.url)])],
            limits=AT_ONCE,
        )
    losing.close()

    assert losing.losses == 0
    assert (status.state, status.accepted, status.waiting) == (IssueState.SENT, 30, 0)
    assert {row.attempts for row in deliveries(database, issue_id).values()} == {1}
    assert Counter(recipients_of(mail_server.received)) == Counter(readers(30))


# Signed


async def test_a_signed_message_that_is_tried_again_is_the_same_to_the_byte(
    clock: Clock, send: Send, approve: Callable[[int], int]
) -> None:
    issue_id = approve(5)

    async with ScriptedServer({(2, "DOT"): b"451 4.3.0 later\r\n"}) as server:
        first = await send(issue_id, smtp(server.url), signer=SIGNER)
        clock.forward(hours=1)
        second = await send(issue_id, smtp(server.url), signer=SIGNER)

    assert (first.accepted, second.accepted) == (4, 5)
    assert server.taken[-1] == server.refused[0]
    assert all(verdicts(message.content) == [True, True] for message in server.taken)


async def test_a_sending_that_a_limit_holds_back_waits_and_then_goes_on(
    database: Database, keys: Keys, clock: Clock, mail_server: MailServer
) -> None:
    issue_id = approve_issue(database, keys, 7, now=clock())
    began = clock()

    def hurried() -> datetime:
        clock.forward(minutes=10)
        return clock()

    status = await send_issue(
        database,
        issue_id=issue_id,
        frozen=FROZEN,
        keys=keys,
        clock=hurried,
        servers=[Server(transports=[smtp(mail_server.url)])],
        limits=Limits(shared=[Limit("all", Span.HOUR, 3)]),
    )

    assert Counter(recipients_of(mail_server.received)) == Counter(readers(7))
    assert status.state is IssueState.SENT
    assert clock() - began > timedelta(hours=2)
