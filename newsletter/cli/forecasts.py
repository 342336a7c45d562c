"""When a sending will be done, for `issues send` and `issues status`."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.cli.command import Output
from newsletter.delivery import forecast, ledger
from newsletter.delivery.domain_groups import DomainGroups
from newsletter.delivery.forecast import Forecast
from newsletter.delivery.status import Status
from newsletter.models import IssueState
from subscribers import audiences
from subscribers.audiences import Audience
from subscribers.models import Subscriber
from subscribers.wording import Sentence


def of_audience(
    app: App, session: Session, audience: Audience, within: sa.ColumnElement[bool] | None
) -> Forecast | None:
    """Return when an issue would be done if it began now; `within` is whom it is for."""
    groups = app.sending_limits.of_domains or DomainGroups()
    counts = {"": audience.mailable}
    for name in groups.limits:
        domains = [domain for domain, group in groups.of_domain.items() if group == name]
        theirs = Subscriber.domain.in_(domains)
        counts[name] = audiences.counts(
            session,
            app.newsletter_id,
            at=app.clock(),
            within=theirs if within is None else sa.and_(theirs, within),
        ).mailable
        counts[""] -= counts[name]
    return _of(app, session, counts, rate=0.0)


def of_status(app: App, session: Session, issue_id: int, now: Status) -> Forecast | None:
    """Return when an issue that is being sent will be done."""
    if now.state not in (IssueState.SENDING, IssueState.PAUSED) or not now.waiting:
        return None
    counts = ledger.parked(session, issue_id)
    counts[""] = now.waiting - sum(counts.values())
    return _of(app, session, counts, rate=now.rate_per_second)


def _of(app: App, session: Session, counts: dict[str, int], *, rate: float) -> Forecast | None:
    groups = app.sending_limits.of_domains or DomainGroups()
    return forecast.of(
        session,
        counts,
        rules=app.sending_limits.rules,
        groups=groups.limits,
        # The one of smtp_url has no limits of its own.
        servers=app.mail_servers() if app.settings.smtp_servers else (),
        rate=rate,
        now=app.clock(),
    )


def say(app: App, out: Output, expected: Forecast | None) -> None:
    """Print when it will be done, and what decides that, if it is known."""
    if expected is not None:
        out.sentence(sentence(app, out, expected))


def sentence(app: App, out: Output, expected: Forecast) -> Sentence:
    """Return when it will be done, and what decides that."""
    time = out.language.moment(expected.done_at, app.settings.zone)
    if expected.because is None:
        return Sentence("Done by about {time}.", time=time)
    rule = expected.because.sentence
    return Sentence("Done by about {time}; what decides is {rule}.", time=time, rule=rule)


def as_json(expected: Forecast | None) -> dict[str, Any]:
    """Return a forecast as `--json` shows it."""
    because = expected.because if expected else None
    return {
        "done_at": expected.done_at.isoformat() if expected else None,
        "decided_by": because.sentence.in_english() if because else None,
    }
