"""Who may be added is judged for one person and for many rows; both say the same."""

from __future__ import annotations

import itertools

import sqlalchemy as sa

from subscribers import adding, addresses, judging
from subscribers.adding import Candidate
from subscribers.judging import CHUNK
from subscribers.models import ConsentBasis, SubscriptionState, SuppressionReason
from subscribers.staging import Staging
from subscribers.terms import Terms
from tests.subscribers.conftest import People

STATES = (None, *SubscriptionState)
REASONS = (None, *SuppressionReason)


def _everybody(people: People) -> list[str]:
    """Make people who stand in every way there is, and return their addresses."""
    made = []
    scopes = (None, people.newsletter_id, people.other_newsletter_id)
    for number, (state, reason, scope) in enumerate(itertools.product(STATES, REASONS, scopes)):
        domain = "shut.example" if number % 7 == 0 else "open.example"
        address = f"reader{number}@{domain}"
        made.append(address)
        if state is SubscriptionState.UNSUBSCRIBED:
            people.leave(people.join(address))
        elif state is not None:
            people.add(address, state=state)
        if number % 5 == 0:
            people.add(address, newsletter_id=people.other_newsletter_id)
        if reason is not None:
            people.suppress(address, reason, newsletter_id=scope)
    people.suppress_domain("shut.example")
    return made


def test_one_and_many_are_judged_alike(people: People) -> None:
    candidates = [Candidate(addresses.read(address), "sv") for address in _everybody(people)]
    terms = Terms(
        newsletter_id=people.newsletter_id,
        basis=ConsentBasis.PUBLIC_INTEREST,
        source="a list",
        language="sv",
        actor="robin",
    )

    with people.database.reading() as session:
        one_by_one = adding.judge(session, candidates, people.newsletter_id, keys=people.keys)
    with people.database.on_one_connection() as ours:
        staging = Staging(ours, keys=people.keys, optins=itertools.repeat(None))
        staging.fill(candidates)
        with ours.reading() as session:
            judging.judge(session, range(1, staging.count + 1), terms)
            rows = session.execute(sa.select(CHUNK.c.address_key, CHUNK.c.outcome))
            at_once = {row.address_key: row.outcome for row in rows}

    assert {
        candidate.address.key: verdict.word
        for candidate, verdict in zip(candidates, one_by_one, strict=True)
    } == at_once
