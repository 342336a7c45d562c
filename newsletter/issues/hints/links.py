"""Hints about where links lead, from what was found when somebody last looked."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.issues.hints.hint import Checked, Fix, Hint, LinkResult, LinkState, Place, Severity
from newsletter.rendering import markdown
from subscribers.wording import Sentence


def deadlink(checked: Checked) -> Iterator[Hint]:
    """Find DEADLINK: red where there is no page, grey where nobody could find out."""
    for url, place in _told(checked):
        state = checked.links.get(url)
        if state is None or state.result is LinkResult.ANSWERS:
            continue
        severity, message = _said(state)
        yield Hint(
            code="DEADLINK",
            severity=severity,
            place=place,
            message=message,
            about=url,
        )


def _said(state: LinkState) -> tuple[Severity, Sentence]:
    if state.result is LinkResult.GONE:
        return Severity.RED, Sentence(
            "The link leads to no page ({status}, looked at {day}). Find the right address.",
            status=state.status,
            day=state.checked_on,
        )
    if state.result is LinkResult.UNKNOWN:
        return Severity.GREY, Sentence(
            "The link could not be checked ({day}). Open it yourself.", day=state.checked_on
        )
    if state.result is LinkResult.SILENT:
        return Severity.YELLOW, Sentence(
            "Nobody answers where the link leads (looked at {day}). Open it yourself, and look "
            "again: newsletter issues check --links",
            day=state.checked_on,
        )
    return Severity.YELLOW, Sentence(
        "The link leads to an error ({status}, looked at {day}). Open it yourself, and look again: "
        "newsletter issues check --links",
        status=state.status or "–",
        day=state.checked_on,
    )


def httplink(checked: Checked) -> Iterator[Hint]:
    """Find HTTPLINK: a link that others on the way can read and change."""
    for url, place in _told(checked):
        scheme, _, rest = url.partition("://")
        if scheme.casefold() != "http":
            continue
        state = checked.links.get(url)
        has_https = state.has_https if state else None
        yield Hint(
            code="HTTPLINK",
            severity=Severity.YELLOW,
            place=place,
            message=_protected(has_https),
            about=url,
            # In an editorial the address stands among other words.
            fix=Fix("url", f"https://{rest}")
            if has_https is not False and place.field == "url"
            else None,
        )


def _protected(has_https: bool | None) -> Sentence:
    if has_https:
        return Sentence("The link begins with http://. The page is under https:// too: change it.")
    if has_https is False:
        return Sentence(
            "The link begins with http://, and the page is not found under https://. Others can "
            "read and change what readers see there. Is there another page?"
        )
    return Sentence(
        "The link begins with http://. Most pages are found under https:// too. "
        "Try it, and change the link."
    )


def _told(checked: Checked) -> Iterator[tuple[str, Place]]:
    for linked in markdown.links(checked.content.editorial):
        yield linked.url, Place("editorial")
    for story in checked.content.stories:
        yield story.url, Place("url", story.item_id)
    for event in checked.content.calendar:
        yield event.url, Place("url", event.item_id)
