"""Every address of the desk, and who answers at it."""

from __future__ import annotations

from starlette.routing import Route

from newsletter.app import App
from newsletter.models import Role
from newsletter.web.desk import addresses
from newsletter.web.desk.checking import Checking
from newsletter.web.desk.choosing import Choosing
from newsletter.web.desk.door import Door
from newsletter.web.desk.fetching import Fetching
from newsletter.web.desk.history import History
from newsletter.web.desk.issue_room import IssueRoom
from newsletter.web.desk.list_health import ListHealth
from newsletter.web.desk.organisation import OrganisationSignIn
from newsletter.web.desk.proofs import Proofs
from newsletter.web.desk.reviewing import Reviewing
from newsletter.web.desk.sending import Sending
from newsletter.web.desk.sign_ins import SignIns
from newsletter.web.desk.signing_in import SigningIn
from newsletter.web.desk.start import Start
from newsletter.web.desk.statistics import Statistics
from newsletter.web.desk.underway import Underway
from newsletter.web.desk.writing import Writing
from newsletter.web.pages import Pages
from newsletter.web.problems import Problems

#: A page with a form that posts to it.
_FORM = ["GET", "POST"]


def desk_routes(app: App, pages: Pages, problems: Problems) -> list[Route]:
    """Return every address of the desk."""
    settings = app.settings
    apps = {one.desk_path: app.of(one.slug) for one in settings.every_newsletter}
    names = {base: one.settings.newsletter.name for base, one in apps.items()}
    doors = {base: Door(one, pages, problems, base=base, desks=names) for base, one in apps.items()}
    door = doors[addresses.DESK]
    start = Start(app, pages, door)
    signing_in = SigningIn(app, problems, door)
    organisation = OrganisationSignIn(app, problems, door)
    sign_ins = SignIns(app, door)
    return [
        Route(addresses.SIGN_IN, signing_in.sign_in, methods=_FORM),
        Route(addresses.SIGN_OUT, door.room(start.show, signing_in.sign_out), methods=_FORM),
        Route(addresses.ORGANISATION, organisation.begin),
        Route(addresses.ORGANISATION_ANSWER, organisation.come_back),
        Route(addresses.ORGANISATION_SIGN_OUT, organisation.leave),
        Route(addresses.SIGN_INS, door.room(sign_ins.show, sign_ins.end), methods=_FORM),
        Route(addresses.WELCOME + "/{token}", signing_in.welcome, methods=_FORM),
        # The others first: what they are below could be taken for an issue of the first.
        *(
            route
            for base in reversed(apps)
            for route in _rooms(apps[base], pages, problems, doors[base], base)
        ),
    ]


def _rooms(app: App, pages: Pages, problems: Problems, door: Door, base: str) -> list[Route]:
    """Return the rooms of one newsletter."""
    start = Start(app, pages, door)
    room = IssueRoom(app, door)
    choosing, writing, checking = Choosing(room), Writing(room), Checking(room)
    reviewing = Reviewing(room)
    sending, underway = Sending(room), Underway(room)
    proofs, history = Proofs(room, pages, problems), History(room)
    fetching, statistics = Fetching(app, door), Statistics(app, door)
    issue = base + "/{issue}"
    return [
        Route(base, door.room(start.show, start.create), methods=_FORM),
        Route(
            f"{base}/hamta",
            door.room(fetching.show, fetching.fetch, keeps_text=True),
            methods=_FORM,
        ),
        Route(f"{base}/statistik", door.room(statistics.show)),
        Route(f"{base}/lista", door.room(ListHealth(app, door).show, role=Role.ADMIN)),
        Route(
            f"{issue}/valj",
            door.room(choosing.show, choosing.choose, keeps_text=True),
            methods=_FORM,
        ),
        Route(
            f"{issue}/skriv", door.room(writing.show, writing.write, keeps_text=True), methods=_FORM
        ),
        Route(
            f"{issue}/kontrollera",
            door.room(checking.show, checking.act, keeps_text=True),
            methods=_FORM,
        ),
        Route(
            f"{issue}/granska",
            door.room(reviewing.show, reviewing.answer, keeps_text=True),
            methods=_FORM,
        ),
        Route(f"{issue}/skicka", door.room(sending.show, sending.act), methods=_FORM),
        Route(f"{issue}/utskick", door.room(underway.show, underway.act), methods=_FORM),
        Route(f"{issue}/prov/{{view}}", door.room(proofs.show)),
        Route(f"{issue}/versioner", door.room(history.show, history.change), methods=_FORM),
    ]
