"""Several mail servers share the work; where one fails, the others go on; no reader is blamed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from newsletter.database import Database
from newsletter.delivery import limits, servers
from newsletter.delivery.limits import Limit, Span
from newsletter.delivery.outcomes import Accepted
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.delivery.routes import RESTS, Route
from newsletter.delivery.sending import Limits, send_issue
from newsletter.delivery.servers import Server
from newsletter.delivery.status import Status
from newsletter.delivery.trouble import Trouble
from newsletter.errors import SettingsError, TransportError
from newsletter.models import DeliveryState, IssueState
from newsletter.settings import load
from subscribers.tokens import Keys
from subscribers.wording import Sentence
from tests.conftest import Clock
from tests.mail_server import MailServer
from tests.newsletter.delivery.approved import FROZEN, approve_issue, deliveries, readers, smtp
from tests.newsletter.delivery.scripted_server import Action, Fault, ScriptedServer

Send = Callable[..., Awaitable[Status]]
NOBODY_LISTENS = "smtp+plain://127.0.0.1:9"


@pytest.fixture
def send(database: Database, keys: Keys, clock: Clock) -> Send:
    """Send an issue over several servers."""

    async def run(issue_id: int, *several: Server, **options: Any) -> Status:
        return await send_issue(
            database,
            issue_id=issue_id,
            frozen=FROZEN,
            keys=keys,
            clock=clock,
            servers=several,
            **{"limits": Limits(back_off=()), **options},
        )

    return run


def server(name: str, url: str, *, connections: int = 2, weight: int = 0) -> Server:
    return Server(name=name, transports=[smtp(url) for _ in range(connections)], weight=weight)


def reached(*mail_servers: MailServer) -> Counter[str]:
    return Counter(
        address for one in mail_servers for message in one.received for address in message.rcpt_to
    )


async def test_a_server_that_does_not_answer_leaves_its_work_to_the_others(
    database: Database, keys: Keys, clock: Clock, mail_server: MailServer, send: Send
) -> None:
    issue_id = approve_issue(database, keys, 30, now=clock())

    status = await send(issue_id, server("dead", NOBODY_LISTENS), server("alive", mail_server.url))

    assert status.state is IssueState.SENT
    assert reached(mail_server) == Counter(readers(30))


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("MAIL", "530 5.7.0 authentication required"),
        ("MAIL", "550 5.7.1 you may not send as that"),
        ("RCPT", "421 4.3.2 going down"),
        ("RCPT", "554 5.7.1 relay access denied"),
        ("EHLO", "554 5.7.1 not from there"),
    ],
)
async def test_no_reader_is_blamed_when_one_server_does_not_let_us_send(
    database: Database,
    keys: Keys,
    clock: Clock,
    mail_server: MailServer,
    send: Send,
    step: str,
    reply: str,
) -> None:
    issue_id = approve_issue(database, keys, 40, now=clock())
    answer = f"{reply}\r\n".encode()
    always: dict[tuple[int, str], Action] = {(number, step): answer for number in range(60)}
    async with ScriptedServer(always) as refusing:
        status = await send(
            issue_id, server("refusing", refusing.url), server("alive", mail_server.url)
        )

    rows = deliveries(database, issue_id).values()
    assert status.pause is None
    assert {row.reason for row in rows} <= {"", "policy"}
    assert sum(row.state is DeliveryState.ACCEPTED for row in rows) >= 30


async def test_a_server_that_dies_in_the_middle_loses_nobody(
    database: Database, keys: Keys, clock: Clock, mail_server: MailServer, send: Send
) -> None:
    issue_id = approve_issue(database, keys, 60, now=clock())
    dies: dict[tuple[int, str], Action] = {(number, "MAIL"): Fault.DROP for number in range(5, 200)}
    async with ScriptedServer(dies) as dying:
        status = await send(issue_id, server("dying", dying.url), server("alive", mail_server.url))
        got = Counter(taken.recipient for taken in dying.taken) + reached(mail_server)

    assert status.state is IssueState.SENT
    assert got == Counter(readers(60))


async def test_without_any_server_the_issue_is_paused_for_the_reason_of_each(
    database: Database, keys: Keys, clock: Clock, send: Send
) -> None:
    issue_id = approve_issue(database, keys, 5, now=clock())
    refuses: dict[tuple[int, str], Action] = {
        (number, "MAIL"): b"530 5.7.0 log in first\r\n" for number in range(1, 20)
    }
    async with ScriptedServer(refuses) as refusing:
        status = await send(
            issue_id, server("dead", NOBODY_LISTENS), server("refusing", refusing.url)
        )

    assert status.pause is not None
    said = status.pause.sentence.in_english()
    assert "dead: The mail server 127.0.0.1:9 cannot be used" in said
    assert "refusing: The mail server does not let us send (530 5.7.0 log in first)" in said
    assert (status.state, status.waiting, status.refused) == (IssueState.PAUSED, 5, 0)


async def test_weights_are_kept_over_time(
    database: Database, keys: Keys, clock: Clock, mail_server: MailServer, send: Send
) -> None:
    issue_id = approve_issue(database, keys, 400, now=clock())
    with MailServer() as second:
        status = await send(
            issue_id,
            server("large", mail_server.url, weight=3),
            server("small", second.url, weight=1),
        )

        large, small = len(mail_server.received), len(second.received)

    assert status.accepted == large + small == 400
    # 300 to 100, give or take what one may be ahead of the other.
    assert 230 <= large <= 370


async def test_a_limit_of_one_server_holds_back_that_server_only(
    database: Database, keys: Keys, clock: Clock, mail_server: MailServer, send: Send
) -> None:
    issue_id = approve_issue(database, keys, 60, now=clock())
    with MailServer() as second:
        limited = Server(
            name="limited",
            transports=[smtp(second.url)],
            weight=1,
            limits=[Limit("server limited", Span.HOUR, 7)],
        )

        status = await send(issue_id, limited, server("free", mail_server.url, weight=1))

        assert status.state is IssueState.SENT
        assert len(second.received) <= 7
    assert len(mail_server.received) >= 53


async def test_a_server_is_left_alone_longer_every_time_until_it_serves_somebody() -> None:
    route = Route(Server(transports=[]), rules=(), trouble=Trouble())
    why = Pause(PauseKind.SERVER, Sentence("gone"))

    rests = []
    for _ in range(len(RESTS) + 1):
        route.leave_alone(why)
        rests.append(route.rest)
        route.answers()
    route.saw(Accepted("250"))
    route.leave_alone(why)

    assert rests == pytest.approx([*RESTS, RESTS[-1]], abs=1)
    assert route.rest == pytest.approx(RESTS[0], abs=1)


def test_settings_name_several_servers(tmp_path: Path) -> None:
    file = tmp_path / "newsletter.toml"
    file.write_text(
        "messages_per_second = 20\n"
        "[[smtp_servers]]\n"
        'name = "first"\nurl = "smtp://smtp1.example.org"\nweight = 3\nconnections = 2\n'
        "messages_per_second = 5\nmessages_per_hour = 1000\n"
        "[[smtp_servers]]\n"
        'name = "second"\nurl = "smtps://smtp2.example.org"\n'
    )

    first, second = servers.of_settings(load(file))

    assert (first.name, first.weight, len(first.transports)) == ("first", 3, 2)
    assert (first.messages_per_second, second.messages_per_second) == (5, 20)
    assert list(first.limits) == list(limits.of_scope("server first", per_second=5, per_hour=1000))
    assert second.address is not None
    assert second.address.name == "smtp2.example.org:465"
    assert list(second.limits) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            'smtp_url = "smtp://a.example.org"\n[[smtp_servers]]\nname="a"\nurl="smtp://b"',
            "several",
        ),
        ('[[smtp_servers]]\nname="a"\nurl="smtp://b"\n' * 2, "the same name"),
        ('[[smtp_servers]]\nname="a"\nurl="smtp://b"\nwieght=1', "weight"),
        ('[[smtp_servers]]\nname="a"\nurl="http://b"', "mail server a in smtp_servers"),
    ],
)
def test_what_is_wrong_with_several_servers_is_said(
    tmp_path: Path, settings: str, said: str
) -> None:
    file = tmp_path / "newsletter.toml"
    file.write_text(settings)

    with pytest.raises(SettingsError, match=said):
        servers.of_settings(load(file))


def test_one_server_that_lets_us_in_is_enough_to_begin(mail_server: MailServer) -> None:
    alive = server("alive", mail_server.url)

    assert asyncio.run(servers.reach([server("dead", NOBODY_LISTENS), alive])) in alive.transports
    with pytest.raises(TransportError, match=r"127\.0\.0\.1:9"):
        asyncio.run(servers.reach([server("dead", NOBODY_LISTENS)]))
