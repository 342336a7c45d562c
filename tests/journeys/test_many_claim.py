"""However many processes take from the ledger, each row is one's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

from newsletter.database import Database
from newsletter.delivery import audience, counting, issue_states
from newsletter.models import DeliveryState
from tests.journeys.sender_process import KEYS
from tests.newsletter.delivery.approved import FROZEN, approve_issue, deliveries

PROCESSES = 8
ROWS = int(os.environ.get("ROWS", "600"))


def test_no_row_is_ever_held_by_two(database: Database, database_url: str) -> None:
    now = datetime.now(UTC)
    issue_id = approve_issue(database, KEYS, ROWS, now=now)
    with database.writing() as session:
        issue_states.begin(session, issue_id, FROZEN, now=now)
    frozen_at = None
    while frozen_at is None:
        with database.writing() as session:
            frozen_at = audience.freeze_chunk(session, issue_id, sender=FROZEN.sender, now=now)
    module = [sys.executable, "-m", "tests.journeys.claiming_process"]
    processes = [
        subprocess.Popen(
            [*module, database_url, str(issue_id)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    ended = [process.communicate(timeout=600) for process in processes]

    assert "".join(errors for _, errors in ended) == ""
    shares = [json.loads(out) for out, _ in ended]
    rows = {row.id: row for row in deliveries(database, issue_id).values()}
    assert sorted(row for share in shares for row in share) == sorted(rows)
    assert {row.state for row in rows.values()} == {DeliveryState.ACCEPTED}
    assert {row.attempts for row in rows.values()} == {1}
    with database.reading() as session:
        assert counting.verified(session, issue_id)[DeliveryState.ACCEPTED] == ROWS
