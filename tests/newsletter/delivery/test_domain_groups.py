"""A receiver gets no more than its limit under all of its names, and nobody else waits for that."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from newsletter.database import Database
from newsletter.delivery import (
    by_hand,
    claims,
    counting,
    domain_groups,
    issue_states,
    leases,
    limits,
)
from newsletter.delivery.books import Books
from newsletter.delivery.domain_groups import DomainGroups, Doors
from newsletter.delivery.in_flight import Lease, Taken
from newsletter.delivery.limits import Allowance
from newsletter.delivery.sending import Limits, send_issue
from newsletter.delivery.servers import Server
from newsletter.errors import SettingsError
from newsletter.models import DeliveryState, IssueState
from newsletter.settings import DomainLimitSettings
from newsletter.templates_folder import TemplatesFolder
from subscribers.tokens import Keys
from tests.conftest import Clock
from tests.mail_server import MailServer
from tests.newsletter.delivery.approved import FROZEN, deliveries, reader, smtp, states, unsubscribe
from tests.newsletter.delivery.test_limits import frozen_issue

TEN_AN_HOUR = limits.of_scope("group pair", per_second=0, per_hour=10)
# Two of the three domains that readers have in these tests.
PAIR = DomainGroups(
    {"example.org": "pair", "example.com": "pair"},
    {"pair": TEN_AN_HOUR},
)


def take(
    database: Database, issue_id: int, clock: Clock, groups: DomainGroups = PAIR, limit: int = 100
) -> Taken[Any]:
    with database.writing() as session:
        held = limits.locked(session, groups.rules)
        return claims.take(
            session,
            issue_id,
            1,
            lease=Lease(leases.new_owner(), clock() + leases.LEASE),
            limit=limit,
            now=clock(),
            allowance=Allowance({}, now=clock()),
            doors=Doors(groups, held, now=clock()),
        )


def domains(taken: Taken[Any]) -> Counter[str]:
    return Counter("other" if flight.domain == "example.net" else "pair" for flight in taken.flying)


def test_a_full_group_does_not_hold_back_the_others(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = frozen_issue(database, keys, clock, 60)

    first, second = (take(database, issue_id, clock) for _ in range(2))

    assert domains(first) == {"pair": 10, "other": 20}
    assert (second.flying, second.was_empty) == ([], False)
    assert second.hold is not None
    assert Counter(states(database, issue_id).values()) == {
        DeliveryState.IN_FLIGHT: 30,
        DeliveryState.PARKED: 30,
    }
    with database.reading() as session:
        assert counting.verified(session, issue_id)[DeliveryState.PARKED] == 30


def test_parked_ones_go_first_when_there_is_room_again(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = frozen_issue(database, keys, clock, 60)
    taken = [take(database, issue_id, clock)]

    for _ in range(3):
        clock.forward(hours=1, minutes=1)
        taken.append(take(database, issue_id, clock))

    assert [domains(turn)["pair"] for turn in taken] == [10, 10, 10, 10]
    assert DeliveryState.PARKED not in states(database, issue_id).values()
    assert all(row.domain_group is None for row in deliveries(database, issue_id).values())


def test_a_limit_of_a_group_is_kept_over_a_restart_and_between_workers(
    database_url: str, database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = frozen_issue(database, keys, clock, 60)
    take(database, issue_id, clock, limit=5)
    other = Database(database_url)

    taken = [take(worker, issue_id, clock, limit=20) for worker in (other, database, other)]
    other.close()

    assert sum(domains(turn)["pair"] for turn in taken) <= 10
    assert sum(domains(turn)["other"] for turn in taken) >= 18


def test_what_is_parked_is_not_looked_at_again(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = frozen_issue(database, keys, clock, 300)
    while len(take(database, issue_id, clock, limit=5).flying) == 5:
        pass
    assert Counter(states(database, issue_id).values())[DeliveryState.PARKED] == 190

    with database.reading() as session:
        due = claims._due(session, issue_id, limit=5, now=clock(), after=0, doors=None)

    assert due == []


def test_who_left_meanwhile_is_skipped_when_there_is_room(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = frozen_issue(database, keys, clock, 60)
    take(database, issue_id, clock)
    parked = [a for a, s in states(database, issue_id).items() if s is DeliveryState.PARKED]
    unsubscribe(database, parked[0])

    clock.forward(hours=1, minutes=1)
    take(database, issue_id, clock)

    assert states(database, issue_id)[parked[0]] is DeliveryState.SKIPPED


async def test_a_limit_that_was_taken_away_holds_nobody(
    database: Database, keys: Keys, clock: Clock
) -> None:
    issue_id = frozen_issue(database, keys, clock, 60)
    take(database, issue_id, clock)

    await Books(database, issue_id, clock=clock, groups=PAIR).release()
    still = Counter(states(database, issue_id).values())
    await Books(database, issue_id, clock=clock).release()

    assert still[DeliveryState.PARKED] == 30
    assert Counter(states(database, issue_id).values())[DeliveryState.QUEUED] == 30
    with database.reading() as session:
        assert counting.verified(session, issue_id)[DeliveryState.QUEUED] == 30


def test_cancelling_skips_the_parked_too(database: Database, keys: Keys, clock: Clock) -> None:
    issue_id = frozen_issue(database, keys, clock, 60)
    take(database, issue_id, clock)
    with database.writing() as session:
        issue_states.cancel(session, issue_id)

    with database.writing() as session:
        assert by_hand.cancel(session, issue_id, limit=100, now=clock()) == 30

    assert DeliveryState.PARKED not in states(database, issue_id).values()


async def test_an_issue_is_sent_when_its_last_group_had_room(
    database: Database, keys: Keys, clock: Clock, mail_server: MailServer
) -> None:
    issue_id = frozen_issue(database, keys, clock, 24)

    def hurried() -> Any:
        clock.forward(minutes=10)
        return clock()

    status = await send_issue(
        database,
        issue_id=issue_id,
        frozen=FROZEN,
        keys=keys,
        clock=hurried,
        servers=[Server(transports=[smtp(mail_server.url)])],
        limits=Limits(of_domains=PAIR),
    )

    assert (status.state, status.accepted) == (IssueState.SENT, 24)
    assert len({address for m in mail_server.received for address in m.rcpt_to}) == 24
    assert reader(1) in mail_server.received[0].rcpt_to


def test_the_groups_that_come_with_the_program_can_be_limited_by_name() -> None:
    file = TemplatesFolder().find(domain_groups.RULES_FILE)

    groups = domain_groups.read(file, {"microsoft": DomainLimitSettings(messages_per_hour=500)})

    assert groups.of_domain["hotmail.com"] == groups.of_domain["outlook.com"] == "microsoft"
    assert groups.of_domain["gmail.com"] not in groups.limits
    assert [rule.name for rule in groups.rules] == ["group microsoft per hour"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mine = ['a.example']\nyours = ['a.example']", "stands there twice"),
        ("mine = 'a.example'", "a list of domains"),
        ("mine = ", "cannot be read"),
        ("mine = ['a.example']", "no group of domains microsoft"),
    ],
)
def test_groups_that_make_no_sense_are_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "domain_groups.toml"
    file.write_text(text)

    with pytest.raises(SettingsError, match=said):
        domain_groups.read(file, {"microsoft": DomainLimitSettings(messages_per_hour=500)})
