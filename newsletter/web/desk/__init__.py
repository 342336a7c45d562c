"""The desk: where editors compose an issue, behind a sign-in.

door        who comes in: sign-in, invitation, sign-out, and what every handler asks of a visitor
kept_forms  what was typed into a form whose sign-in had ended
signing_in  the sign-in, an invitation, the sign-out; organisation: with an account of its own
start       what to do next
fetching    news from an address, a file or pasted text
issue_room  what every room of an issue has: its steps, and changes that can be undone
choosing, writing, checking, sending, underway, history
            the rooms of an issue
statistics  how issues went and the list grows, from counts
proofs      the letter as readers will see it, in frames

The rooms call the same stages as the commands and have no rules of their own.
"""

from __future__ import annotations

from starlette.routing import Route

from newsletter.app import App
from newsletter.web.desk import addresses
from newsletter.web.desk.checking import Checking
from newsletter.web.desk.choosing import Choosing
from newsletter.web.desk.door import Door
from newsletter.web.desk.fetching import Fetching
from newsletter.web.desk.history import History
from newsletter.web.desk.issue_room import IssueRoom
from newsletter.web.desk.organisation import OrganisationSignIn
from newsletter.web.desk.proofs import Proofs
from newsletter.web.desk.sending import Sending
from newsletter.web.desk.signing_in import SigningIn
from newsletter.web.desk.start import Start
from newsletter.web.desk.statistics import Statistics
from newsletter.web.desk.underway import Underway
from newsletter.web.desk.writing import Writing
from newsletter.web.pages import Pages
from newsletter.web.problems import Problems


def routes(app: App, pages: Pages, problems: Problems) -> list[Route]:
    """Return every address of the desk."""
    door = Door(app, pages, problems)
    signing_in = SigningIn(app, problems, door)
    organisation = OrganisationSignIn(app, problems, door)
    start = Start(app, pages, door)
    room = IssueRoom(app, door)
    choosing, writing, checking = Choosing(room), Writing(room), Checking(room)
    sending, underway = Sending(room), Underway(room)
    proofs, history = Proofs(room, pages, problems), History(room)
    fetching, statistics = Fetching(app, door), Statistics(app, door)
    issue = addresses.DESK + "/{issue}"
    both = ["GET", "POST"]
    return [
        Route(addresses.SIGN_IN, signing_in.sign_in, methods=both),
        Route(addresses.SIGN_OUT, door.room(start.show, signing_in.sign_out), methods=both),
        Route(addresses.ORGANISATION, organisation.begin),
        Route(addresses.ORGANISATION_ANSWER, organisation.come_back),
        Route(addresses.ORGANISATION_SIGN_OUT, organisation.leave),
        Route(addresses.WELCOME + "/{token}", signing_in.welcome, methods=both),
        Route(addresses.DESK, door.room(start.show, start.create), methods=both),
        Route(
            addresses.DESK + "/hamta",
            door.room(fetching.show, fetching.fetch, keeps_text=True),
            methods=both,
        ),
        Route(addresses.DESK + "/statistik", door.room(statistics.show)),
        Route(
            f"{issue}/valj",
            door.room(choosing.show, choosing.choose, keeps_text=True),
            methods=both,
        ),
        Route(
            f"{issue}/skriv", door.room(writing.show, writing.write, keeps_text=True), methods=both
        ),
        Route(
            f"{issue}/kontrollera",
            door.room(checking.show, checking.act, keeps_text=True),
            methods=both,
        ),
        Route(f"{issue}/skicka", door.room(sending.show, sending.act), methods=both),
        Route(f"{issue}/utskick", door.room(underway.show, underway.act), methods=both),
        Route(f"{issue}/prov/{{view}}", door.room(proofs.show)),
        Route(f"{issue}/versioner", door.room(history.show, history.change), methods=both),
    ]
