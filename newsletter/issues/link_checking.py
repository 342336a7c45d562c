"""Look where the links of issues lead, and remember it for the hints.

Looking takes seconds, and servers are asked politely: so it is done by the worker, or when an
editor asks, and what was found is kept. No transaction is open while somebody is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.content import IssueContent
from newsletter.database import Database
from newsletter.errors import SourceError
from newsletter.fetching import Fetcher, FetchError, ForbiddenAddressError, UnreachableError
from newsletter.fetching.errors import UnwelcomeError
from newsletter.issues.hints import LinkResult
from newsletter.models import Issue, IssueState, Item, LinkCheck, PlacedItem, Section
from newsletter.rendering import markdown

#: A page that was there is looked for again after so long; others sooner.
HOLDS = timedelta(hours=24)
HOLDS_IN_DOUBT = timedelta(hours=2)
#: An answer so long ago shows that the web can be reached from here.
LATELY = timedelta(hours=1)
#: States of an issue whose links can still be changed.
_OPEN = (IssueState.DRAFT, IssueState.APPROVED, IssueState.SCHEDULED)
#: Answers by which servers keep programs away, whatever there is for readers.
_FOR_PEOPLE_ONLY = frozenset((401, 402, 403, 405, 406, 407, 408, 425, 429, 451, 503, 999))
_GONE = frozenset((404, 410))
_FIRST_ERROR = 400


@dataclass(frozen=True, slots=True)
class Found:
    """What was found where a link leads."""

    result: LinkResult
    status: int | None = None
    has_https: bool | None = None


def links_in(content: IssueContent) -> list[str]:
    """Return the links of an issue to pages, each once, in reading order."""
    urls = [linked.url for linked in markdown.links(content.editorial)]
    urls += [story.url for story in content.stories] + [event.url for event in content.calendar]
    return list(dict.fromkeys(url for url in urls if url.startswith("http")))


def links_of_open_issues(session: Session) -> list[str]:
    """Return the links of all issues that can still be changed."""
    rows = session.scalars(
        sa.select(sa.func.coalesce(PlacedItem.url, Item.url))
        .join(Item, PlacedItem.item_id == Item.id)
        .join(Section, PlacedItem.section_id == Section.id)
        .join(Issue, Section.issue_id == Issue.id)
        .where(Issue.state.in_(_OPEN))
        .order_by(PlacedItem.id)
    )
    editorials = session.scalars(sa.select(Issue.editorial).where(Issue.state.in_(_OPEN)))
    written = [linked.url for text in editorials for linked in markdown.links(text)]
    return list(dict.fromkeys(url for url in (*written, *rows) if url.startswith("http")))


def known(session: Session, urls: Iterable[str]) -> dict[str, LinkCheck]:
    """Return what was found before, by address."""
    by_hash = {_hash(url): url for url in urls}
    rows = session.scalars(sa.select(LinkCheck).where(LinkCheck.url_sha256.in_(by_hash)))
    return {by_hash[row.url_sha256]: row for row in rows}


def stale(session: Session, urls: Iterable[str], *, now: datetime) -> list[str]:
    """Return the links that were never looked at, or too long ago."""
    wanted = list(urls)
    before = known(session, wanted)
    return [url for url in wanted if url not in before or _is_stale(before[url], now)]


def check(
    database: Database,
    fetcher: Fetcher,
    urls: Iterable[str],
    *,
    clock: Callable[[], datetime],
    tell: Callable[[str], None] = lambda _url: None,
) -> Mapping[str, Found]:
    """Look where each link leads, one after the other, and keep what was found.

    Silence is only held against a link when another one answered lately: else it may be our own
    way out that is closed. `tell` hears of each link before it is looked at.
    """
    found: dict[str, Found] = {}
    for url in urls:
        tell(url)
        found[url] = _look(fetcher, url)
        if found[url].result is not LinkResult.SILENT:
            _keep(database, url, found[url], now=clock())
    somebody_answers = _has_answers(database, since=clock() - LATELY)
    for url, one in found.items():
        if one.result is LinkResult.SILENT:
            found[url] = one if somebody_answers else Found(LinkResult.UNKNOWN)
            _keep(database, url, found[url], now=clock())
    return found


def _has_answers(database: Database, *, since: datetime) -> bool:
    with database.reading() as session:
        answered = LinkCheck.status.is_not(None) & (LinkCheck.checked_at >= since)
        return session.scalar(sa.select(LinkCheck.url_sha256).where(answered).limit(1)) is not None


def _look(fetcher: Fetcher, url: str) -> Found:
    found = _answer(fetcher, url)
    scheme, _, rest = url.partition("://")
    if scheme.lower() != "http":
        return found
    protected = _answer(fetcher, f"https://{rest}").result
    is_known = protected is not LinkResult.UNKNOWN
    has_https = protected is LinkResult.ANSWERS if is_known else None
    return Found(found.result, found.status, has_https)


def _answer(fetcher: Fetcher, url: str) -> Found:
    try:
        status = fetcher.look(url).status
    except UnreachableError:
        return Found(LinkResult.SILENT)
    except (ForbiddenAddressError, UnwelcomeError):
        # Seen from our own network a public page may have an inner address.
        return Found(LinkResult.UNKNOWN)
    except (FetchError, SourceError):
        return Found(LinkResult.FAILS)
    if status in _GONE:
        return Found(LinkResult.GONE, status)
    if status in _FOR_PEOPLE_ONLY:
        return Found(LinkResult.UNKNOWN, status)
    return Found(LinkResult.FAILS if status >= _FIRST_ERROR else LinkResult.ANSWERS, status)


def _keep(database: Database, url: str, found: Found, *, now: datetime) -> None:
    with database.writing() as session:
        session.merge(
            LinkCheck(
                url_sha256=_hash(url),
                result=found.result.value,
                status=found.status,
                has_https=found.has_https,
                checked_at=now,
            )
        )


def _is_stale(row: LinkCheck, now: datetime) -> bool:
    holds = HOLDS if row.result == LinkResult.ANSWERS.value else HOLDS_IN_DOUBT
    return now - row.checked_at > holds


def _hash(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()
