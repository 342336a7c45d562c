"""Earlier issues, their pictures, and the texts about the service: for everybody, the same."""

from __future__ import annotations

import re
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.archive import issues, pictures
from newsletter.web.pages import Pages, for_everybody
from newsletter.web.problems import Problems

#: Seconds a page may be kept: a correction is seen within five minutes.
_PAGE_KEPT = 300
#: Seconds a picture may be kept. Its address is its content, so it never changes; a day, so that a
#: withdrawn one is gone from caches on the way, too.
_PICTURE_KEPT = 86_400
_PICTURE_NAME = re.compile(r"([0-9a-f]{64})\.(jpg|png|gif)", re.ASCII)
_MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif"}


class Reading:
    """Answers at `/nyhetsbrev`, `/bilder`, `/personuppgifter` and `/tillganglighet`."""

    def __init__(self, app: App, pages: Pages, problems: Problems) -> None:
        """Take the database from the program."""
        self._database = app.database
        self._newsletter = app.settings.newsletter.slug
        self._pages = pages
        self._problems = problems

    def issues(self, request: Request) -> Response:
        """List what has been sent, newest first, by year."""
        with self._database.reading() as session:
            published = issues.published(session, newsletter=self._newsletter)
        years = [
            (year, list(group))
            for year, group in groupby(published, key=lambda issue: issue.issued_on.year)
        ]
        page = self._pages.show(request, "issues.html", here="/nyhetsbrev", years=years)
        return for_everybody(request, page, seconds=_PAGE_KEPT)

    def issue(self, request: Request) -> Response:
        """Show one issue as it was approved."""
        with self._database.reading() as session:
            found = issues.find(session, request.path_params["name"], newsletter=self._newsletter)
        if found is None:
            return self._problems.page(request, 404)
        page = self._pages.show(
            request, "issue.html", here=f"/nyhetsbrev/{found.name}", issue=found
        )
        return for_everybody(request, page, seconds=_PAGE_KEPT)

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
        return for_everybody(request, page, seconds=_PAGE_KEPT)

    def accessibility(self, request: Request) -> Response:
        """Show the accessibility statement."""
        page = self._pages.show(request, "accessibility.{lang}.html", here="/tillganglighet")
        return for_everybody(request, page, seconds=_PAGE_KEPT)
