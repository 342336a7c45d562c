"""Read earlier issues as anybody may: only what has begun to go out, as it was approved."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVarTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.content import IssueContent, PictureContent, StoryContent
from newsletter.content_json import issue_from_json
from newsletter.foreign_passages import unmarked
from newsletter.issues import approval
from newsletter.models import Issue, IssueState, Newsletter, RenderedIssueRow

Columns = TypeVarTuple("Columns")

#: With the moment their sending began: of a paused or cancelled issue some readers have their
#: letter already, and it leads here.
_BEGUN = (IssueState.SENDING, IssueState.SENT, IssueState.PAUSED, IssueState.CANCELLED)
_NAME = re.compile(r"(\d{4})-(\d{2,4})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedStory:
    """A story in the list of earlier issues."""

    #: With the marks of `foreign_passages`.
    title: str
    #: What it says, folded for searching.
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedIssue:
    """One line of the list of earlier issues."""

    #: Year and number: "2017-02".
    name: str
    number: int
    issued_on: date
    #: With the marks of `foreign_passages`.
    subject: str
    #: The language it is written in.
    language: str
    #: In the editor's order; after a search, what was found first.
    stories: tuple[PublishedStory, ...]
    #: What it says outside its stories, folded for searching.
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Another issue that a page leads to."""

    name: str
    number: int
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebVersion:
    """One issue for the web, exactly as it was approved."""

    name: str
    number: int
    issued_on: date
    subject: str
    preheader: str
    language: str
    #: HTML, made by us out of escaped text when the issue was rendered.
    article: str
    #: The same for feeds, every address absolute.
    feed_entry: str
    #: The picture that stands for it elsewhere: the lead's, else the first.
    picture: PictureContent | None
    #: When it began to go out.
    published_at: datetime
    approved_at: datetime
    #: The issue it corrects; None: it is no correction.
    corrects: Reference | None = None
    #: Its newest correction that is out; None: there is none.
    corrected_by: Reference | None = None

    @property
    def changed_at(self) -> datetime:
        """When what a reader is told of it last became another."""
        return self.corrected_by.published_at if self.corrected_by else self.published_at


class Shelf:
    """Earlier issues of one newsletter. What is frozen never changes, so each is read only once."""

    def __init__(self, newsletter: str) -> None:
        """Take the slug of the newsletter."""
        self._newsletter = newsletter
        self._read: dict[str, PublishedIssue] = {}

    def issues(self, session: Session) -> list[PublishedIssue]:
        """Return every issue that has begun to go out, newest first."""
        hashes = session.scalars(
            _visible(sa.select(Issue.approved_sha256), self._newsletter).order_by(*_NEWEST_FIRST)
        )
        wanted = [sha256 for sha256 in hashes if sha256 is not None]
        missing = [sha256 for sha256 in wanted if sha256 not in self._read]
        if missing:
            rows = session.execute(
                sa.select(RenderedIssueRow.sha256, RenderedIssueRow.snapshot).where(
                    RenderedIssueRow.sha256.in_(missing)
                )
            )
            self._read |= {row.sha256: _published(issue_from_json(row.snapshot)) for row in rows}
        return [self._read[sha256] for sha256 in wanted if sha256 in self._read]


def search(issues: Sequence[PublishedIssue], text: str) -> list[PublishedIssue]:
    """Return the issues that say every word of `text`, their matching stories first.

    Upper and lower case are the same; a part of a word is enough: "praktik" finds "praktikant".
    """
    words = folded(text).split()
    found: list[PublishedIssue] = []
    for issue in issues:
        everything = " ".join([issue.words, *(story.words for story in issue.stories)])
        if all(word in everything for word in words):
            stories = sorted(
                issue.stories, key=lambda story: not any(word in story.words for word in words)
            )
            found.append(replace(issue, stories=tuple(stories)))
    return found


def folded(text: str) -> str:
    """Return a text as it is searched: no difference of case, or of how letters are composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def find(session: Session, name: str, *, newsletter: str) -> WebVersion | None:
    """Return the issue called `name`, as "2017-02"; None if there is none that anybody may see.

    Raises TamperedError: what is stored is not what was approved.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    issue: Issue | None = session.scalars(
        _visible(sa.select(Issue), newsletter).where(
            Issue.year == int(match[1]), Issue.number == int(match[2])
        )
    ).first()
    if issue is None or issue.name != name:
        return None
    return _web_version(session, issue)


def latest(session: Session, *, newsletter: str, count: int) -> list[WebVersion]:
    """Return the newest issues that have begun to go out, newest first.

    Raises TamperedError: what is stored of one of them is not what was approved.
    """
    issues: Sequence[Issue] = session.scalars(
        _visible(sa.select(Issue), newsletter).order_by(*_NEWEST_FIRST).limit(count)
    ).all()
    return [_web_version(session, issue) for issue in issues]


_NEWEST_FIRST = (Issue.issued_on.desc(), Issue.year.desc(), Issue.number.desc())


_IS_OUT = (Issue.state.in_(_BEGUN), Issue.sending_since.is_not(None))


def _visible(query: sa.Select[*Columns], newsletter: str) -> sa.Select[*Columns]:
    return (
        query.select_from(Issue)
        .join(Newsletter, Issue.newsletter_id == Newsletter.id)
        .where(Newsletter.slug == newsletter, *_IS_OUT)
    )


def _published(content: IssueContent) -> PublishedIssue:
    events = (f"{event.title} {event.text} {event.place}" for event in content.calendar)
    return PublishedIssue(
        name=content.name,
        number=content.number,
        issued_on=content.issued_on,
        subject=content.subject,
        language=content.language,
        stories=tuple(map(_story, content.stories)),
        words=_searched(content.subject, content.preheader, content.editorial, *events),
    )


def _story(story: StoryContent) -> PublishedStory:
    return PublishedStory(title=story.title, words=_searched(story.title, story.text))


def _searched(*texts: str) -> str:
    return folded(unmarked(" ".join(texts)))


def _web_version(session: Session, issue: Issue) -> WebVersion:
    row = approval.frozen(session, issue)
    content = issue_from_json(row.snapshot)
    pictures = [story.picture for story in content.stories if story.picture is not None]
    leads = [story.picture for story in content.stories if story.is_lead and story.picture]
    return WebVersion(
        name=content.name,
        number=content.number,
        issued_on=content.issued_on,
        subject=row.subject,
        preheader=unmarked(content.preheader),
        language=content.language,
        article=row.web_article,
        feed_entry=row.feed_entry,
        picture=next(iter(leads + pictures), None),
        published_at=issue.sending_since or row.approved_at,
        approved_at=row.approved_at,
        corrects=_reference(session, Issue.id == issue.corrects_id),
        corrected_by=_reference(session, Issue.corrects_id == issue.id),
    )


def _reference(session: Session, which: sa.ColumnElement[bool]) -> Reference | None:
    """Return the newest issue of that description that is out."""
    issue: Issue | None = session.scalars(
        sa.select(Issue).where(which, *_IS_OUT).order_by(Issue.id.desc()).limit(1)
    ).first()
    if issue is None or issue.sending_since is None:
        return None
    return Reference(name=issue.name, number=issue.number, published_at=issue.sending_since)
