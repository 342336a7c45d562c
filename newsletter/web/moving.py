"""Change of address: a fresh link asks for it, the new inbox confirms, the old one can undo."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.web import attempts, forms, post
from newsletter.web.pages import STUCK, Pages
from newsletter.web.problems import Problems
from newsletter.web.settings_link import SettingsLink, Visit
from subscribers import address_changes, addresses
from subscribers.address_changes import Outcome
from subscribers.addresses import masked
from subscribers.errors import AddressError
from subscribers.models import AddressChange, Subscriber
from subscribers.tokens import Claim, Purpose

_Act = Callable[[Session, Claim], Outcome]


class Moving:
    """Answers at `…/installningar/TOKEN/adress`, `/ny-adress/TOKEN` and `/gammal-adress/TOKEN`."""

    def __init__(self, app: App, pages: Pages, problems: Problems, link: SettingsLink) -> None:
        """Take keys, clock and database from the program."""
        self._app = app
        self._pages = pages
        self._problems = problems
        self._link = link

    async def ask(self, request: Request) -> Response:
        """Ask for another address; on POST, mail a confirmation to it."""
        return await self._link.enter(request, self._ask, fresh=True)

    async def confirm(self, request: Request) -> Response:
        """Ask whoever holds the new address; on POST, take it into use."""
        return await self._decide(
            request, Purpose.NEW_ADDRESS, "new_address.html", self._look, self._confirm
        )

    async def undo(self, request: Request) -> Response:
        """Ask whoever holds the old address; on POST, put it back."""
        return await self._decide(
            request, Purpose.OLD_ADDRESS, "old_address.html", self._look_back, self._undo
        )

    def _ask(self, visit: Visit) -> Response:
        if visit.form is None:
            return self._form(visit)
        typed = visit.form["email"]
        try:
            new = addresses.read(typed)
        except AddressError:
            return self._form(visit, typed=typed, problem="address")
        if new.needs_smtputf8:
            return self._form(visit, typed=typed, problem="letters")
        app, at = self._app, self._app.clock()
        with app.database.writing() as session:
            change = address_changes.ask(session, visit.claim.subscriber_id, new, at=at)
            if attempts.allowed(session, app.keys, attempts.MAILS_TO_ONE, new.key, at=at):
                post.put(
                    session,
                    app.of_row(visit.claim.newsletter_id),
                    "new_address",
                    visit.claim.subscriber_id,
                    to=new,
                    fields={"change": change.id},
                )
        return self._pages.show(
            visit.request,
            "address_asked.html",
            language=visit.chosen.language,
            typed=new.written,
            chosen=visit.chosen,
        )

    def _form(self, visit: Visit, *, typed: str = "", problem: str = "") -> Response:
        return self._pages.show(
            visit.request,
            "change_address.html",
            status=422 if problem else 200,
            language=visit.chosen.language,
            chosen=visit.chosen,
            typed=typed,
            problem=problem,
        )

    async def _decide(
        self, request: Request, purpose: Purpose, template: str, look: _Act, act: _Act
    ) -> Response:
        claim = self._app.keys.read(request.path_params["token"].rstrip(STUCK), purpose)
        if claim is None:
            return await run_in_threadpool(self._problems.bad_link, request)
        form = await forms.read(request) if request.method == "POST" else None

        def answer() -> Response:
            if form is None:
                with self._app.database.reading() as session:
                    return self._told(request, session, template, claim, look, pressed=False)
            if not form.says("answer", "ja"):
                return self._problems.page(request, 400)
            with self._app.database.writing() as session:
                return self._told(request, session, template, claim, act, pressed=True)

        return await run_in_threadpool(answer)

    def _told(
        self,
        request: Request,
        session: Session,
        template: str,
        claim: Claim,
        act: _Act,
        *,
        pressed: bool,
    ) -> Response:
        outcome = act(session, claim)
        change = session.get(AddressChange, _change(claim))
        person = session.get(Subscriber, change.subscriber_id) if change else None
        return self._pages.show(
            request,
            template,
            status=200 if outcome in (Outcome.DONE, Outcome.ALREADY) else 410,
            language=person.language if person else None,
            outcome=outcome.value,
            pressed=pressed,
            old_address=masked(change.old_address) if change else "",
            new_address=masked(change.new_address) if change else "",
        )

    def _look(self, session: Session, claim: Claim) -> Outcome:
        return address_changes.look(
            session, _change(claim), keys=self._app.keys, at=self._app.clock()
        )

    def _confirm(self, session: Session, claim: Claim) -> Outcome:
        app, at = self._app, self._app.clock()
        outcome = address_changes.confirm(session, _change(claim), keys=app.keys, at=at)
        if outcome is Outcome.DONE:
            change = session.get_one(AddressChange, _change(claim))
            post.put(
                session,
                app.of_row(claim.newsletter_id),
                "old_address",
                change.subscriber_id,
                to=addresses.read(change.old_address),
                fields={"change": change.id},
            )
        return outcome

    def _look_back(self, session: Session, claim: Claim) -> Outcome:
        return address_changes.look_back(session, _change(claim), at=self._app.clock())

    def _undo(self, session: Session, claim: Claim) -> Outcome:
        return address_changes.undo(
            session, _change(claim), keys=self._app.keys, at=self._app.clock()
        )


def _change(claim: Claim) -> int:
    """Return the number of the change a link is signed for, in the place of the person's."""
    return claim.subscriber_id
