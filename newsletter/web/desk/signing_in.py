"""Sign in, use an invitation, sign out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import segno
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.users import accounts, one_time_codes, passwords, signing_in
from newsletter.users.signing_in import Answer, NotSignedIn
from newsletter.web.attempts import network_of
from newsletter.web.desk.addresses import DESK, SIGN_IN, is_in_the_desk
from newsletter.web.desk.door import LARGEST_FIELD, Door
from newsletter.web.desk.kept_forms import KeptForm, is_own_page
from newsletter.web.desk.visitors import Visitor
from newsletter.web.problems import Problems
from subscribers.errors import UsageError
from subscribers.wording import Sentence


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why an invitation was not used yet, by field."""

    password: Sentence | None = None
    code: Sentence | None = None


class SigningIn:
    """Answers at `/redaktion/logga-in`, `/redaktion/logga-ut` and `/redaktion/valkommen`."""

    def __init__(self, app: App, problems: Problems, door: Door) -> None:
        """Take keys, clock and database from the program."""
        self._app = app
        self._problems = problems
        self._door = door

    async def sign_in(self, request: Request) -> Response:
        """Ask who it is; on POST, open the door or say no."""
        if request.method != "POST":
            return await run_in_threadpool(self._ask, request)
        async with request.form(max_files=0, max_fields=10, max_part_size=LARGEST_FIELD) as form:
            return await run_in_threadpool(self._answer, request, form)

    def sign_out(self, _request: Request, visitor: Visitor, _form: FormData) -> Response:
        """End the sign-in of this browser."""
        with self._app.database.writing() as session:
            signing_in.sign_out(session, visitor.token)
        # Who came by the organisation's account is still signed in there, and is told so.
        has_more = self._app.settings.desk.oidc.issuer
        response = self._door.go(f"{SIGN_IN}?utloggad=ja" if has_more else SIGN_IN)
        self._door.forget(response)
        return response

    async def welcome(self, request: Request) -> Response:
        """Ask an invited user for a password and a code; on POST, keep them."""
        if not self._app.settings.desk.passwords:
            return self._door.go(SIGN_IN)
        if request.method != "POST":
            return await run_in_threadpool(self._welcome, request)
        async with request.form(max_files=0, max_fields=10) as form:
            return await run_in_threadpool(self._accept, request, form)

    def _ask(self, request: Request) -> Response:
        if self._door.visitor(request) is not None:
            return self._door.go(DESK)
        return self._door.ask_who(
            request,
            onward=request.query_params.get("vidare", ""),
            has_left="utloggad" in request.query_params,
        )

    def _answer(self, request: Request, form: FormData) -> Response:
        typed = _texts(form)
        onward, kept = typed.get("vidare", ""), None
        if is_own_page(request, self._app.settings.base_url):
            kept = KeptForm.carried(onward, typed.get("kvar", ""))
        if visitor := self._door.visitor(request):
            # Signed in meanwhile, in another tab.
            return self._go_on(request, visitor, onward, kept)
        if not self._app.settings.desk.passwords:
            return self._door.ask_who(request, status=401, onward=onward, kept=kept)
        outcome = signing_in.sign_in(
            self._app.database,
            self._app.keys,
            Answer(
                address=typed.get("adress", ""),
                password=typed.get("losenord", ""),
                code=typed.get("kod", ""),
                network=network_of(request, self._app.settings.trusted_proxies),
            ),
            at=self._app.clock(),
            asks_for_code=self._app.settings.desk.second_factor,
        )
        if isinstance(outcome, NotSignedIn):
            return self._door.ask_who(
                request,
                status=429 if outcome.wait_until else 401,
                onward=onward,
                address=typed.get("adress", ""),
                refused=outcome,
                kept=kept,
            )
        response = self._go_on(request, self._door.visitor_with(outcome.token), onward, kept)
        self._door.remember(response, outcome)
        return response

    def _go_on(
        self, request: Request, visitor: Visitor | None, onward: str, kept: KeptForm | None
    ) -> Response:
        if kept is not None and visitor is not None:
            return self._door.show_kept(request, visitor, kept)
        return self._door.go(onward if is_in_the_desk(onward) else DESK)

    def _welcome(self, request: Request) -> Response:
        with self._app.database.reading() as session:
            user = accounts.invited(session, request.path_params["token"], at=self._app.clock())
            if user is None:
                return self._problems.page(request, 410, kind="invitation")
            return self._invitation(
                request, user.address, user.name, secret=one_time_codes.new_secret()
            )

    def _accept(self, request: Request, form: FormData) -> Response:
        typed, token, now = _texts(form), request.path_params["token"], self._app.clock()
        secret, asks = typed.get("hemlighet", ""), self._app.settings.desk.second_factor
        with self._app.database.reading() as session:
            user = accounts.invited(session, token, at=now)
            if user is None:
                return self._problems.page(request, 410, kind="invitation")
            address, name = user.address, user.name
        refused = _Refused(code=_code_problem(typed.get("kod", ""), secret, now) if asks else None)
        try:
            password_hash = passwords.hashed(typed.get("losenord", ""), address=address)
        except UsageError as error:
            refused = _Refused(password=error.sentence, code=refused.code)
        if refused != _Refused():
            return self._invitation(
                request, address, name, secret=secret, status=422, refused=refused
            )
        with self._app.database.writing() as session:
            user = accounts.invited(session, token, at=now)
            if user is None:
                return self._problems.page(request, 410, kind="invitation")
            accounts.accept(
                session,
                user,
                password_hash=password_hash,
                secret=secret if asks else None,
                at=now,
            )
        return self._door.go(SIGN_IN)

    def _invitation(
        self,
        request: Request,
        address: str,
        name: str,
        *,
        secret: str,
        status: int = 200,
        refused: _Refused | None = None,
    ) -> Response:
        link = one_time_codes.app_link(
            secret, account=address, issuer=self._app.settings.newsletter.name
        )
        return self._door.show_outside(
            request,
            "desk/welcome.html",
            status=status,
            name=name,
            address=address,
            secret=secret,
            grouped_secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            app_link=link,
            qr_code=segno.make(link, error="m").svg_inline(
                scale=4, border=4, dark="#151515", light="#ffffff", omitsize=True
            ),
            asks_for_code=self._app.settings.desk.second_factor,
            shortest=passwords.SHORTEST,
            refused=refused or _Refused(),
        )


def _code_problem(typed: str, secret: str, now: datetime) -> Sentence | None:
    try:
        right = one_time_codes.step_of(typed, secret, at=now) is not None
    except ValueError:
        right = False
    if right:
        return None
    return Sentence("The code does not belong to this secret just now. Type the one that is shown.")


def _texts(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}
