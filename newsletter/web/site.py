"""Put the site together: every address it answers to, and what stands around them all."""

from __future__ import annotations

import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from newsletter.app import App
from newsletter.errors import BusyError, StorageError
from newsletter.web import api
from newsletter.web.after_leaving import AfterLeaving
from newsletter.web.desk.routes import desk_routes
from newsletter.web.headers import SecurityHeaders
from newsletter.web.limits import Limits, hosts_of
from newsletter.web.moving import Moving
from newsletter.web.own_data import OwnData
from newsletter.web.pages import ASSETS, Pages
from newsletter.web.preferences import Preferences
from newsletter.web.problems import LastResort, Problems
from newsletter.web.reading import Reading
from newsletter.web.request_log import RequestLog
from newsletter.web.service import Service
from newsletter.web.settings_link import SettingsLink
from newsletter.web.subscribing import Subscribing
from newsletter.web.unsubscribing import Unsubscribing

#: A page with a form that posts to it; HEAD goes with GET.
_FORM = ["GET", "POST"]


def create(app: App, *, listening: str | None = None, in_maintenance: bool = False) -> Starlette:
    """Return the site; `listening` is the host it is served on, if not the one in the settings.

    In maintenance it leaves the database alone: readers can unsubscribe (`worker.spool`), and every
    other page asks them to come back.
    """
    pages = Pages(app, in_maintenance=in_maintenance)
    problems = Problems(app, pages)
    unsubscribing = Unsubscribing(app, pages, problems, in_maintenance=in_maintenance)
    service = Service(app, pages)
    routes = [
        Route("/avsluta/{token}", unsubscribing.leave, methods=_FORM),
        *(Route(f"/{name}", service.asset) for name in ASSETS),
        Route("/robots.txt", service.robots),
        Route("/favicon.ico", service.favicon),
        *(
            [Route("/{path:path}", problems.closed, methods=_FORM)]
            if in_maintenance
            else _routes(app, pages, problems, unsubscribing, service)
        ),
    ]
    https = app.settings.base_url.startswith("https:")
    site = Starlette(
        routes=routes,
        middleware=[
            Middleware(SecurityHeaders, https=https, style=pages.style),
            Middleware(RequestLog, first_parts={route.path.split("/")[1] for route in routes}),
            Middleware(LastResort, problems=problems),
            Middleware(Limits, hosts=hosts_of(app, listening=listening), refuse=problems.page),
        ],
        exception_handlers={
            HTTPException: problems.refused,
            BusyError: problems.unavailable,
            StorageError: problems.unavailable,
            # Broken in other ways than the database layer explains; a full pool among them.
            sa.exc.SQLAlchemyError: problems.unavailable,
        },
    )
    # One-click must never be answered with a redirect (RFC 8058, 3.1), not even to add a slash.
    site.router.redirect_slashes = False
    return site


def _routes(
    app: App, pages: Pages, problems: Problems, unsubscribing: Unsubscribing, service: Service
) -> list[Route]:
    """Return everything that needs the database."""
    after_leaving = AfterLeaving(app, pages, problems)
    subscribing = Subscribing(app, pages, problems)
    link = SettingsLink(app, pages, problems)
    preferences = Preferences(app, pages, problems, link)
    moving = Moving(app, pages, problems, link)
    own_data = OwnData(app, pages, problems, link)
    reading = Reading(app, pages, problems)
    return [
        Route("/health", service.health),
        Route("/angra/{token}", unsubscribing.undo, methods=_FORM),
        Route("/avsluta/{token}/kvitto", after_leaving.receipt, methods=["POST"]),
        Route("/avsluta/{token}/varfor", after_leaving.why, methods=["POST"]),
        Route("/", reading.issues),
        Route("/nyhetsbrev/ny-lank/{token}", preferences.new_link, methods=_FORM),
        Route("/nyhetsbrev/installningar/{token}", preferences.settings, methods=_FORM),
        Route("/nyhetsbrev/installningar/{token}/adress", moving.ask, methods=_FORM),
        Route("/nyhetsbrev/installningar/{token}/uppgifter", own_data.ask, methods=_FORM),
        Route("/nyhetsbrev/installningar/{token}/radera", own_data.erase, methods=_FORM),
        Route("/ny-adress/{token}", moving.confirm, methods=_FORM),
        Route("/gammal-adress/{token}", moving.undo, methods=_FORM),
        Route("/mina-uppgifter/{token}", own_data.show, methods=_FORM),
        Route("/bekrafta/{token}", subscribing.confirm, methods=_FORM),
        *(route for further in app.settings.newsletters for route in _further(app, further.slug)),
        *_of_newsletter(app, reading, subscribing),
        Route("/bilder/{name}", reading.picture),
        Route("/test", unsubscribing.test),
        Route("/personuppgifter", reading.privacy),
        Route("/tillganglighet", reading.accessibility),
        Route("/kontakt", reading.contact),
        *api.routes(app, pages, problems),
        *desk_routes(app, pages, problems),
    ]


def _further(app: App, slug: str) -> list[Route]:
    """Return the public pages of a newsletter beside the first."""
    app = app.of(slug)
    pages = Pages(app)
    problems = Problems(app, pages)
    return _of_newsletter(app, Reading(app, pages, problems), Subscribing(app, pages, problems))


def _of_newsletter(app: App, reading: Reading, subscribing: Subscribing) -> list[Route]:
    """Return what stands below the path of a newsletter."""
    path = app.settings.newsletter.path
    return [
        Route(path, reading.issues),
        Route(f"{path}/feed.xml", reading.feed),
        Route(f"{path}/prenumerera", subscribing.join, methods=_FORM),
        Route(f"{path}/{{name}}", reading.issue),
    ]
