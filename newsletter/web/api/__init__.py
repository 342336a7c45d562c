"""For other programs: read what is published, and pass on somebody's wish to subscribe.

shapes      what goes in and out, as models; they check what comes in
newsletters which one is asked about, where there are several
reading     the newsletters, the words people agree to, issues
joining     the wish to subscribe
document    all of this as OpenAPI, made from the shapes

Anybody's page may read; only pages of the origins in `api_origins` may post. Nothing here knows
who asks: no cookies, no keys.
"""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from newsletter.app import App
from newsletter.web.api.joining import Joining
from newsletter.web.api.reading import Reading
from newsletter.web.pages import Pages
from newsletter.web.problems import Problems

#: Seconds a browser need not ask again whether it may post.
_LEAVE_KEPT = 600


def routes(app: App, pages: Pages, problems: Problems) -> list[Route]:
    """Return every address other programs may call."""
    reading = Reading(app, pages, problems)
    joining = Joining(app, pages, problems)
    for_all = [Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET"])]
    for_some = [
        Middleware(
            CORSMiddleware,
            allow_origins=app.settings.api_origins,
            allow_methods=["POST"],
            allow_headers=["Content-Type"],
            max_age=_LEAVE_KEPT,
        )
    ]
    return [
        Route("/api/openapi.json", reading.document, middleware=for_all),
        Route("/api/newsletters", reading.newsletters, middleware=for_all),
        Route("/api/newsletter", reading.newsletter, middleware=for_all),
        Route("/api/consent", reading.consent, middleware=for_all),
        Route("/api/issues", reading.issues, middleware=for_all),
        Route("/api/issues/{name}", reading.issue, middleware=for_all),
        Route("/api/subscriptions", joining.ask, methods=["POST", "OPTIONS"], middleware=for_some),
    ]
