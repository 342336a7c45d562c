"""What may be read: the newsletters, the words people agree to, what has been published."""

from __future__ import annotations

from functools import cached_property
from typing import get_args

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from newsletter.app import App
from newsletter.archive import issues as archive
from newsletter.archive.issues import PublishedIssue, Shelf
from newsletter.content import announcement_id
from newsletter.foreign_passages import unmarked
from newsletter.web.api import document, newsletters
from newsletter.web.api.newsletters import Newsletters
from newsletter.web.api.shapes import (
    ConsentShape,
    IssueLineShape,
    IssueShape,
    IssuesShape,
    LanguageCode,
    NewslettersShape,
)
from newsletter.web.pages import Pages, for_everybody
from newsletter.web.problems import Problems
from newsletter.web.reading import LONGEST_SEARCH, PAGE_KEPT, PAGE_SIZE

#: Digits of the largest page number.
_LONGEST_NUMBER = 6


class Reading:
    """Answers everything below `/api` that is asked for with GET."""

    def __init__(self, app: App, pages: Pages, problems: Problems) -> None:
        """Take the database from the program."""
        self._app = app
        self._base_url = app.settings.base_url
        self._newsletters = Newsletters(app)
        self._shelves = {slug: Shelf(slug) for slug in self._newsletters.by_slug}
        self._pages = pages
        self._problems = problems

    def document(self, request: Request) -> Response:
        """Describe the API."""
        return for_everybody(request, JSONResponse(self._document), seconds=PAGE_KEPT)

    def newsletters(self, request: Request) -> Response:
        """Say which newsletters there are."""
        every = [newsletters.shape(app) for app in self._newsletters.by_slug.values()]
        return _answer(request, NewslettersShape(newsletters=every))

    def newsletter(self, request: Request) -> Response:
        """Say what a newsletter is called, and where its pages and its feed are."""
        app = self._newsletters.asked_for(request)
        if app is None:
            return self._problems.page(request, 400)
        return _answer(request, newsletters.shape(app))

    def consent(self, request: Request) -> Response:
        """Give the words people agree to, in the language asked for."""
        asked = request.query_params.get("lang", self._pages.language_of(request))
        language: LanguageCode | None = next(
            (code for code in get_args(LanguageCode) if code == asked), None
        )
        app = self._newsletters.asked_for(request)
        if language is None or app is None:
            return self._problems.page(request, 400)
        wording = app.consent_wording(language)
        shape = ConsentShape(
            language=language,
            text=wording.text,
            notice_url=f"{self._base_url}/personuppgifter?lang={language}",
            mark=wording.mark,
        )
        return _answer(request, shape)

    def issues(self, request: Request) -> Response:
        """List what has been published, newest first; `q` searches, `page` goes on."""
        asked = request.query_params.get("q", "")
        page = request.query_params.get("page", "1")
        app = self._newsletters.asked_for(request)
        if (
            app is None
            or len(asked) > LONGEST_SEARCH
            or not (page.isascii() and page.isdigit() and len(page) <= _LONGEST_NUMBER)
            or int(page) < 1
        ):
            return self._problems.page(request, 400)
        newsletter = app.settings.newsletter
        with app.database.reading() as session:
            found = archive.search(self._shelves[newsletter.slug].issues(session), asked)
        number = int(page)
        shape = IssuesShape(
            issues=[
                self._line(issue, newsletter.path)
                for issue in found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
            ],
            found=len(found),
            page=number,
            pages=max((len(found) - 1) // PAGE_SIZE + 1, 1),
        )
        return _answer(request, shape)

    def issue(self, request: Request) -> Response:
        """Give one issue as it was approved."""
        app = self._newsletters.asked_for(request)
        if app is None:
            return self._problems.page(request, 400)
        newsletter = app.settings.newsletter
        with app.database.reading() as session:
            found = archive.find(session, request.path_params["name"], newsletter=newsletter.slug)
        if found is None:
            return self._problems.page(request, 404)
        shape = IssueShape(
            name=found.name,
            number=found.number,
            issued_on=found.issued_on,
            published_at=found.published_at,
            language=found.language,
            subject=found.subject,
            preheader=found.preheader,
            html=found.feed_entry,
            url=self._url(newsletter.path, found.name),
            announcement_id=announcement_id(found.name, path=newsletter.path),
        )
        return _answer(request, shape)

    @cached_property
    def _document(self) -> dict[str, object]:
        return document.made(
            self._base_url,
            title=self._app.settings.newsletter.name,
            newsletters=list(self._newsletters.by_slug),
        )

    def _line(self, issue: PublishedIssue, path: str) -> IssueLineShape:
        return IssueLineShape(
            name=issue.name,
            number=issue.number,
            issued_on=issue.issued_on,
            language=issue.language,
            subject=unmarked(issue.subject),
            stories=[unmarked(story.title) for story in issue.stories],
            url=self._url(path, issue.name),
        )

    def _url(self, path: str, name: str) -> str:
        return f"{self._base_url}{path}/{name}"


def _answer(request: Request, shape: BaseModel) -> Response:
    return for_everybody(
        request,
        Response(shape.model_dump_json(), media_type="application/json"),
        seconds=PAGE_KEPT,
    )
