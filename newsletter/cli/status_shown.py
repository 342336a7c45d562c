"""How a sending stands, in lines for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from newsletter.app import App
from newsletter.cli import forecasts
from newsletter.cli.command import Output
from newsletter.delivery import limits, status
from newsletter.delivery.forecast import Forecast
from newsletter.delivery.limits import Hold
from newsletter.delivery.status import Status
from newsletter.models import IssueState
from subscribers.wording import Sentence

#: A wait shorter than this is nothing to tell of.
_SHOWN_FROM = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an issue stands at one moment, what is expected of it, and what holds it back."""

    now: Status
    expected: Forecast | None
    #: None also where a rule holds it back for so short a time that it does not show.
    held: Hold | None


def look(app: App, issue_id: int) -> Standing:
    """Return how an issue stands now. Raises as `status.of`."""
    with app.database.reading() as session:
        now = status.of(session, issue_id, now=app.clock())
        expected = forecasts.of_status(app, session, issue_id, now)
    return Standing(now, expected, held(app, now))


def held(app: App, now: Status) -> Hold | None:
    """Return until when a rule lets nothing of an issue go; None if it does not show."""
    if now.state is not IssueState.SENDING or not now.waiting:
        return None
    with app.database.reading() as session:
        found = limits.hold(session, app.sending_limits.rules, now=app.clock())
    return found if found and found.until > app.clock() + _SHOWN_FROM else None


def lines(app: App, out: Output, standing: Standing) -> Iterator[str]:
    """Yield the equation, the reasons, and how it goes on."""
    now, say = standing.now, out.language.say
    yield f"{now.issue} · {out.language.gettext(now.state.value)}"
    if now.segment is not None:
        yield say(
            Sentence(
                "Goes to the segment “{name}” only: {condition}",
                name=now.segment.name,
                condition=now.segment.condition,
            )
        )
    yield say(now.equation)
    for count, reason in now.reason_sentences:
        yield f"{count:>6}  {say(reason)}"
    if now.rate_per_second:
        rate = out.language.number(round(now.rate_per_second, 1))
        yield say(Sentence("{rate} messages a second", rate=rate))
    if now.is_freezing:
        yield say(Sentence("The audience is still being counted; it will grow."))
    if standing.expected is not None:
        yield say(forecasts.sentence(app, out, standing.expected))
    yield from map(say, _next_step(app, out, standing))
    if now.uncertain:
        yield say(
            Sentence(
                "{n} is uncertain: it may have got it, and is not sent to again by itself.",
                plural="{n} are uncertain: they may have got it, "
                "and are not sent to again by itself.",
                n=now.uncertain,
            )
        )
        yield say(Sentence("See who: newsletter issues uncertain {issue}", issue=now.issue))


def _next_step(app: App, out: Output, standing: Standing) -> Iterator[Sentence]:
    now, held = standing.now, standing.held
    if now.pause is not None:
        yield now.pause.sentence
        yield Sentence(
            "Paused after {done} of {audience}. Go on with: newsletter issues resume {issue}",
            done=now.audience - now.waiting,
            audience=now.audience,
            issue=now.issue,
        )
    elif held is not None:
        yield Sentence(
            "Nothing goes before {time}: {rule}.",
            time=out.language.moment(held.until, app.settings.zone),
            rule=held.rule.sentence,
        )
        yield Sentence(
            "If nobody is sending it then, go on with: newsletter issues send {issue}",
            issue=now.issue,
        )
    elif now.state is IssueState.SENDING and now.next_attempt_at is None and now.waiting:
        yield Sentence(
            "If nobody is sending it any more, go on with: newsletter issues send {issue}",
            issue=now.issue,
        )
    elif now.next_attempt_at is not None:
        yield Sentence(
            "{n} waits: its server asked us to come back later. "
            "Run newsletter issues send {issue} again after {clock} UTC.",
            plural="{n} wait: their servers asked us to come back later. "
            "Run newsletter issues send {issue} again after {clock} UTC.",
            n=now.deferred,
            issue=now.issue,
            clock=f"{now.next_attempt_at:%H:%M}",
        )


def as_json(now: Status, *, held: Hold | None = None) -> dict[str, Any]:
    """Return a status as `--json` shows it."""
    return {
        "issue": now.issue,
        "state": now.state.value,
        "segment": now.segment.name if now.segment else None,
        "audience": now.audience,
        "accepted": now.accepted,
        "refused": now.refused,
        "skipped": now.skipped,
        "uncertain": now.uncertain,
        "waiting": now.waiting,
        "rate_per_second": round(now.rate_per_second, 1),
        "reasons": dict(now.reasons),
        "next_attempt_at": now.next_attempt_at.isoformat() if now.next_attempt_at else None,
        "held_until": held.until.isoformat() if held else None,
        "held_by": held.rule.sentence.in_english() if held else None,
        "paused_because": now.pause.sentence.in_english() if now.pause else None,
    }
