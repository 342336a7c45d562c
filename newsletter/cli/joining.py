"""`subscribers add`: put one person on the list."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from newsletter.cli import imports
from newsletter.cli.command import Common
from newsletter.errors import UnsafeError
from subscribers import addresses, consent
from subscribers.adding import Added, Outcome
from subscribers.models import SubscriptionState
from subscribers.suppression import REASON_NAMES


def add(
    address: str,
    /,
    *,
    basis: str | None = None,
    source: str | None = None,
    language: Annotated[Literal["sv", "en"] | None, Parameter(name="--language")] = None,
    common: Common | None = None,
) -> None:
    """Put one person on the list, as active.

    Example: subscribers add kim.exempel@example.org --basis samtycke --source "mejl 2026-11-20"

    Parameters
    ----------
    basis
        Why we may mail: samtycke (consent) or allmant-intresse (public-interest).
    source
        How we know: where and when the person said so.
    language
        The person's own, for service mails and pages: sv or en.
    """
    app, out = (common or Common()).open()
    ground, origin = imports.grounds(basis, source)
    read = addresses.read(address)
    with app.database.writing() as session:
        added = consent.add(
            session,
            read,
            app.newsletter_id,
            keys=app.keys,
            basis=ground,
            source=origin,
            language=language or app.settings.newsletter.language,
            at=app.clock(),
            actor=app.actor,
        )
    _refuse_held_back(added)
    shown = addresses.masked(read.written)
    if added.outcome is Outcome.ADDED:
        out.say("{address} is added, as active.", address=shown)
    elif added.since is not None:
        out.say(
            "{address} is on the list already (active since {day}). Nothing was changed.",
            address=shown,
            day=added.since.astimezone(app.settings.zone).date(),
        )
    meant = addresses.hint(read)
    if meant is not None:
        out.say("Is {domain} a slip? Many mean {meant}.", domain=read.domain, meant=meant)
    if read.needs_smtputf8:
        out.say(
            "No issue can be sent to that address yet: "
            "letters such as å, ä and ö stand before the @."
        )
    out.result(
        {
            "outcome": added.outcome.value,
            "id": added.subscriber_id,
            "address": shown,
            "state": added.state.value if added.state else None,
            "since": added.since.isoformat() if added.since else None,
            "meant_domain": meant,
        }
    )


def _refuse_held_back(added: Added) -> None:
    if added.outcome is not Outcome.HELD_BACK:
        return
    if added.state is SubscriptionState.UNSUBSCRIBED:
        raise UnsafeError(
            "That person has left the list. Nothing was changed. "
            "Only they can come back, by signing up themselves."
        )
    if added.state is SubscriptionState.PENDING:
        raise UnsafeError(
            "That person has not confirmed their subscription. Nothing was changed. "
            "Only they can confirm it."
        )
    assert added.suppressed is not None  # noqa: S101 - nothing else holds anybody back
    raise UnsafeError(
        "That address is suppressed ({reason}). Nothing was changed. "
        "See the list with: subscribers suppress list",
        reason=REASON_NAMES[added.suppressed],
    )
