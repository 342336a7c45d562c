"""Change of address: a fresh link asks for it, the new inbox confirms, the old one can undo."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.web import attempts, forms, post
from newsletter.web.pages import Pages
from newsletter.web.problems import Problems
from newsletter.web.settings_link import SettingsLink, Visit
from newsletter.web.unsubscribing import STUCK
from subscribers import address_changes, addresses
from subscribers.address_changes import Outcome
from subscribers.addresses import masked
from subscribers.errors import AddressError
from subscribers.models import AddressChange, Subscriber
from subscribers.tokens import Purpose

_Act = Callable[[Session, int], Outcome]


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
                    app,
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
        # Signed for the change, not for the person.
        change_id = claim.subscriber_id

        def answer() -> Response:
            if form is None:
                with self._app.database.reading() as session:
                    return self._told(request, session, template, change_id, look, pressed=False)
            if not form.says("answer", "ja"):
                return self._problems.page(request, 400)
            with self._app.database.writing() as session:
                return self._told(request, session, template, change_id, act, pressed=True)

        return await run_in_threadpool(answer)

    def _told(
        self,
        request: Request,
        session: Session,
        template: str,
        change_id: int,
        act: _Act,
        *,
        pressed: bool,
    ) -> Response:
        outcome = act(session, change_id)
        change = session.get(AddressChange, change_id)
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

    def _look(self, session: Session, change_id: int) -> Outcome:
        return address_changes.look(session, change_id, keys=self._app.keys, at=self._app.clock())

    def _confirm(self, session: Session, change_id: int) -> Outcome:
        app, at = self._app, self._app.clock()
        outcome = address_changes.confirm(session, change_id, keys=app.keys, at=at)
        if outcome is Outcome.DONE:
            change = session.get_one(AddressChange, change_id)
            post.put(
                session,
                app,
                "old_address",
                change.subscriber_id,
                to=addresses.read(change.old_address),
                fields={"change": change_id},
            )
        return outcome

    def _look_back(self, session: Session, change_id: int) -> Outcome:
        return address_changes.look_back(session, change_id, at=self._app.clock())

    def _undo(self, session: Session, change_id: int) -> Outcome:
        return address_changes.undo(session, change_id, keys=self._app.keys, at=self._app.clock())
