"""Who may be added is decided in two places, for one and for many; both say the same."""

from __future__ import annotations

import itertools

from subscribers import adding, addresses, settling
from subscribers.adding import Candidate
from subscribers.models import ConsentBasis, SubscriptionState, SuppressionReason
from subscribers.settling import Terms
from subscribers.staging import Staged
from tests.subscribers.conftest import People

STATES = (None, *SubscriptionState)
REASONS = (None, *SuppressionReason)


def _staged(people: People, candidate: Candidate) -> Staged:
    address = candidate.address
    return Staged(
        address.key,
        address.written,
        address.domain,
        address.needs_smtputf8,
        candidate.language,
        candidate.language_is_stated,
        None,
        people.keys.address_hash(address.key),
        None,
    )


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
        at_once = {
            candidate.address.key: settling.judge(session, [_staged(people, candidate)], terms)
            for candidate in candidates
        }

    assert {
        candidate.address.key: {verdict.word: 1}
        for candidate, verdict in zip(candidates, one_by_one, strict=True)
    } == at_once
