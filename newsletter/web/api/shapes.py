"""What goes in and out of the API. The OpenAPI document is made from these, so it cannot differ."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

#: One of `pages.LANGUAGES`.
LanguageCode = Literal["sv", "en"]
Name = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2,4}$", description="Year and number.")]
Slug = Annotated[str, Field(description="Which newsletter, as `/api/newsletters` names it.")]
Url = Annotated[str, Field(json_schema_extra={"format": "uri"})]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewsletterShape(_Shape):
    """A newsletter, and where to go for what."""

    slug: Slug
    name: str
    language: str
    organisation: str
    archive_url: Url
    feed_url: Annotated[Url, Field(description="Atom, whole issues.")]
    subscribe_url: Annotated[Url, Field(description="The page where people subscribe.")]


class NewslettersShape(_Shape):
    """Every newsletter, the first one first: the one that is meant where none is named."""

    newsletters: list[NewsletterShape]


class ConsentShape(_Shape):
    """The words to show beside the button, and the mark that says they were shown."""

    language: LanguageCode
    text: str
    notice_url: Annotated[Url, Field(description="About personal data; link to it.")]
    mark: Annotated[str, Field(description="Send it with the wish to subscribe.")]


class IssueLineShape(_Shape):
    """An issue in the list."""

    name: Name
    number: int
    issued_on: date
    language: str
    subject: str
    stories: Annotated[list[str], Field(description="Titles, in the editor's order.")]
    url: Url


class IssuesShape(_Shape):
    """A page of the list of issues, newest first."""

    issues: list[IssueLineShape]
    found: Annotated[int, Field(ge=0, description="Issues on all pages.")]
    page: Annotated[int, Field(ge=1)]
    pages: Annotated[int, Field(ge=1)]


class IssueShape(_Shape):
    """One issue, as it was approved."""

    name: Name
    number: int
    issued_on: date
    published_at: datetime
    language: str
    subject: str
    preheader: str
    html: Annotated[str, Field(description="Whole, with every address absolute.")]
    url: Url
    announcement_id: Annotated[str, Field(description="The same as in the feed.")]


class WishShape(_Shape):
    """Somebody's wish to subscribe, with the mark of the words they were shown."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    email: Annotated[
        str, Field(min_length=1, max_length=254, json_schema_extra={"format": "email"})
    ]
    language: LanguageCode
    mark: Annotated[str, Field(pattern="^[0-9a-f]{32}$", description="From /api/consent.")]
    newsletter: Annotated[str | None, Field(description="Its slug; without it, the first.")] = None
    sure: Annotated[
        bool, Field(description="The address is right, though it looks mistyped (code `typo`).")
    ] = False


class TakenShape(_Shape):
    """The answer to every wish, whoever is on the list: a mail says what comes next."""

    status: Literal["look_in_the_inbox"] = "look_in_the_inbox"


class ProblemShape(_Shape):
    """What went wrong (RFC 9457): what happened, that nothing was done, what to do next."""

    status: Annotated[int, Field(ge=400, le=599)]
    code: Annotated[str, Field(description="For programs: a status, or one word that says more.")]
    title: str
    detail: Annotated[str, Field(description="For people, in the language of `lang`.")]
    reference: Annotated[
        str | None, Field(description="To mention to us; the log has it, too.")
    ] = None
