"""What machines ask for: is it well, stylesheets and scripts, what search engines may read."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from newsletter.app import App
from newsletter.errors import ExplainedError
from newsletter.web.pages import ASSETS, Pages

#: Seconds; one year. The address changes with the content.
_ASSET_KEPT = 31_536_000
_ROBOTS = "User-agent: *\n" + "".join(
    f"Disallow: {path}/\n"
    for path in (
        "/api",
        "/avsluta",
        "/angra",
        "/bekrafta",
        "/ny-adress",
        "/gammal-adress",
        "/mina-uppgifter",
        "/nyhetsbrev/installningar",
        "/nyhetsbrev/ny-lank",
    )
)


class Service:
    """Answers at `/health`, `/robots.txt`, `/favicon.ico`, and sends what pages bring along."""

    def __init__(self, app: App, pages: Pages) -> None:
        """Take the database from the program."""
        self._database = app.database
        self._pages = pages

    def health(self, _request: Request) -> Response:
        """Say whether the database answers and has the tables this version needs."""
        try:
            migrated = self._database.is_current()
        except ExplainedError:
            return _health("unreachable", "unknown", status=503)
        if not migrated:
            return _health("reachable", "outdated", status=503)
        return _health("reachable", "current", status=200)

    def asset(self, request: Request) -> Response:
        """Send a stylesheet or a script; for good, where it was asked for by its own hash."""
        name = self._pages.path_of(request).rpartition("/")[2]
        version, content = self._pages.asset(name)
        asked_for_this = request.query_params.get("v") == version
        kept = f"public, max-age={_ASSET_KEPT}, immutable" if asked_for_this else "no-cache"
        return Response(content, media_type=ASSETS[name], headers={"Cache-Control": kept})

    def robots(self, _request: Request) -> Response:
        """Ask search engines to leave readers' own links alone."""
        return PlainTextResponse(_ROBOTS)

    def favicon(self, _request: Request) -> Response:
        """Answer what browsers ask for unasked: there is none."""
        return Response(status_code=204, headers={"Cache-Control": "public, max-age=86400"})


def _health(database: str, migration: str, *, status: int) -> Response:
    return JSONResponse(
        {
            "status": "ok" if status == 200 else "failed",
            "database": database,
            "migration": migration,
        },
        status_code=status,
        headers={"Cache-Control": "no-store"},
    )
