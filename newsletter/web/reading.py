"""Earlier issues, their feed and pictures, and the texts about the service: the same for all."""

from __future__ import annotations

import re
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.archive import feed, pictures
from newsletter.archive import issues as archive
from newsletter.archive.issues import Shelf
from newsletter.web.pages import Pages, for_everybody
from newsletter.web.problems import Problems

#: Seconds a page may be kept: a correction is seen within five minutes.
PAGE_KEPT = 300
#: Seconds a picture may be kept. Its address is its content, so it never changes; a day, so that a
#: withdrawn one is gone from caches on the way, too.
_PICTURE_KEPT = 86_400
_PICTURE_NAME = re.compile(r"([0-9a-f]{64})\.(jpg|png|gif)", re.ASCII)
_MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}


#: Issues on one page of the list; a monthly newsletter's year and a half.
PAGE_SIZE = 20
#: Issues in the feed.
_FEED_LENGTH = 20
#: Characters of a search.
LONGEST_SEARCH = 100


class Reading:
    """Answers at `/nyhetsbrev`, `/bilder`, `/personuppgifter`, `/tillganglighet` and `/kontakt`."""

    def __init__(self, app: App, pages: Pages, problems: Problems) -> None:
        """Take the database from the program."""
        self._settings = app.settings
        self._database = app.database
        self._newsletter = app.settings.newsletter.slug
        self._path = app.settings.newsletter.path
        self._shelf = Shelf(self._newsletter)
        self._pages = pages
        self._problems = problems

    def issues(self, request: Request) -> Response:
        """List what has been sent, newest first; `?q=`, `?year=` and `?page=` narrow it."""
        asked = " ".join(request.query_params.get("q", "").split())[:LONGEST_SEARCH]
        year = _number(request, "year")
        with self._database.reading() as session:
            every = self._shelf.issues(session)
        years = sorted({issue.issued_on.year for issue in every}, reverse=True)
        if year not in years:
            year = 0
        wanted = [issue for issue in every if not year or issue.issued_on.year == year]
        found = archive.search(wanted, asked)
        nothing_found = bool(asked) and not found
        # Somebody who finds nothing is shown everything, not an empty page.
        listed = every if nothing_found else found
        last = max((len(listed) - 1) // PAGE_SIZE + 1, 1)
        number = min(max(_number(request, "page"), 1), last)
        shown = listed[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
        query = {"q": asked, "year": year or "", "page": number if number > 1 else ""}
        page = self._pages.show(
            request,
            "issues.html",
            here=self._path,
            query={name: value for name, value in query.items() if value},
            years=years,
            year=year,
            asked=asked,
            found=None if nothing_found else len(found),
            by_year=[
                (of_year, list(group))
                for of_year, group in groupby(shown, key=lambda issue: issue.issued_on.year)
            ],
            number=number,
            last=last,
        )
        return for_everybody(request, page, seconds=PAGE_KEPT, listed=not asked)

    def issue(self, request: Request) -> Response:
        """Show one issue as it was approved."""
        with self._database.reading() as session:
            found = archive.find(session, request.path_params["name"], newsletter=self._newsletter)
        if found is None:
            return self._problems.page(request, 404)
        page = self._pages.show(
            request, "issue.html", here=f"{self._path}/{found.name}", issue=found
        )
        return for_everybody(request, page, seconds=PAGE_KEPT, changed_at=found.changed_at)

    def feed(self, request: Request) -> Response:
        """Send the newest issues, whole, to feed readers."""
        ours = self._settings.newsletter
        with self._database.reading() as session:
            newest = archive.latest(session, newsletter=self._newsletter, count=_FEED_LENGTH)
        written = feed.atom(
            newest,
            title=ours.name,
            author=self._settings.organisation.name,
            language=ours.language,
            base_url=self._settings.base_url,
            path=self._path,
        )
        return for_everybody(
            request,
            Response(written, media_type=feed.MEDIA_TYPE),
            seconds=PAGE_KEPT,
            changed_at=newest[0].published_at if newest else None,
        )

    def picture(self, request: Request) -> Response:
        """Send a picture; readers' mail programs fetch it from elsewhere, so they must be let."""
        match = _PICTURE_NAME.fullmatch(request.path_params["name"])
        if match is None:
            return self._problems.page(request, 404)
        with self._database.reading() as session:
            picture = pictures.find(session, match[1])
        if picture is None or picture.media_type != _MEDIA_TYPES[match[2]]:
            return self._problems.page(request, 404)
        return Response(
            picture.content,
            media_type=picture.media_type,
            headers={
                "Cache-Control": f"public, max-age={_PICTURE_KEPT}, immutable",
                "Cross-Origin-Resource-Policy": "cross-origin",
            },
        )

    def privacy(self, request: Request) -> Response:
        """Show how personal data are treated."""
        page = self._pages.show(request, "privacy.{lang}.html", here="/personuppgifter")
        return for_everybody(request, page, seconds=PAGE_KEPT)

    def contact(self, request: Request) -> Response:
        """Show who is behind it, and how to reach them."""
        page = self._pages.show(request, "contact.{lang}.html", here="/kontakt")
        return for_everybody(request, page, seconds=PAGE_KEPT)

    def accessibility(self, request: Request) -> Response:
        """Show the accessibility statement."""
        page = self._pages.show(request, "accessibility.{lang}.html", here="/tillganglighet")
        return for_everybody(request, page, seconds=PAGE_KEPT)


def _number(request: Request, name: str) -> int:
    """Return a whole number from the address; 0 for anything else."""
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0
