"""Who comes in: every room of the desk is entered through here.

A visitor is known by a cookie that holds a random token; the database knows its hash. A form is
taken only if it carries the answer that belongs to that token and the browser does not say that it
comes from another site: two locks against forged requests (OWASP, cross-site request forgery).
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, TypeAlias
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.app import App
from newsletter.errors import BusyError, ExplainedError, NoSuchError, StorageError
from newsletter.models import Role
from newsletter.users import signing_in
from newsletter.users.signing_in import NotSignedIn
from newsletter.web.desk.addresses import DESK, SIGN_IN
from newsletter.web.desk.kept_forms import KeptForm, is_own_page
from newsletter.web.desk.visitors import Visitor
from newsletter.web.pages import Pages
from newsletter.web.problems import Problems
from subscribers.wording import Sentence

#: What may come with a form: a picture of ten megabytes and a page of text.
MOST_FILES, MOST_FIELDS, LARGEST_FIELD = 1, 1_000, 11 * 1024 * 1024
#: The pages run our own modules and show proofs in frames; all else as on the public pages.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

Show: TypeAlias = Callable[[Request, Visitor], Response]
Do: TypeAlias = Callable[[Request, Visitor, FormData], Response]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


class Door:
    """Lets visitors in, and shows the way to the sign-in to everybody else.

    There is one for each newsletter: its rooms are below `base`, and know of the others.
    """

    def __init__(
        self, app: App, pages: Pages, problems: Problems, *, base: str, desks: Mapping[str, str]
    ) -> None:
        """Take clock and database from the program.

        `desks` are the names of all newsletters, by where their rooms are.
        """
        self._app = app
        self._base = base
        self._desks = desks
        self._pages = pages
        self._problems = problems
        #: Cookies that only https brings cannot be set by a neighbour on plain http.
        self._is_https = app.settings.base_url.startswith("https:")
        self._cookie = "__Secure-desk" if self._is_https else "desk"

    def room(
        self,
        show: Show,
        do: Do | None = None,
        *,
        role: Role = Role.EDITOR,
        keeps_text: bool = False,
    ) -> Endpoint:
        """Return an endpoint that lets in who is signed in with a role: GET shows, POST does.

        `keeps_text`: what was typed there outlives the sign-in (`kept_forms`).
        """

        async def enter(request: Request) -> Response:
            visitor = await run_in_threadpool(self.visitor, request)
            if visitor is None:
                if request.method == "POST" and keeps_text:
                    async with self._form(request) as form:
                        return await run_in_threadpool(self._too_late, request, None, form)
                return self._to_sign_in(request)
            if not visitor.may(role):
                return self._problems.page(request, 403)
            try:
                return await let_in(request, visitor)
            except (BusyError, StorageError):
                raise
            except ExplainedError as error:
                return await run_in_threadpool(self._refused, request, visitor, error)

        async def let_in(request: Request, visitor: Visitor) -> Response:
            if request.method != "POST":
                return await run_in_threadpool(show, request, visitor)
            if do is None:
                return self._problems.page(request, 405)
            async with self._form(request) as form:
                if self._is_own_form(request, visitor, form):
                    return await run_in_threadpool(do, request, visitor, form)
                if keeps_text:
                    return await run_in_threadpool(self._too_late, request, visitor, form)
                return self._problems.page(request, 400)

        return enter

    def show(
        self, request: Request, visitor: Visitor, template: str, *, status: int = 200, **values: Any
    ) -> Response:
        """Return a page of the desk, with what all of them have in common."""
        return self.show_outside(
            request,
            template,
            status=status,
            visitor=visitor,
            settings=self._app.settings,
            desk=self.address(DESK),
            desks=self._desks,
            **values,
        )

    def show_outside(
        self, request: Request, template: str, *, status: int = 200, **values: Any
    ) -> Response:
        """Return a page before the sign-in: it looks like the desk and knows nobody."""
        return self._pages.show(
            request,
            template,
            status=status,
            headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY},
            **values,
        )

    def ask_who(
        self,
        request: Request,
        *,
        onward: str,
        status: int = 200,
        address: str = "",
        refused: NotSignedIn | None = None,
        kept: KeptForm | None = None,
        problem: Sentence | None = None,
        reference: str = "",
        has_left: bool = False,
    ) -> Response:
        """Return the sign-in page; it leads onward, and carries what was typed too late.

        `problem` is what went wrong elsewhere, with the number it has in the log.
        """
        until = refused.wait_until if refused else None
        desk = self._app.settings.desk
        return self.show_outside(
            request,
            "desk/sign_in.html",
            status=status,
            onward=onward,
            address=address,
            is_wrong=refused is not None and until is None,
            minutes=_minutes(until - self._app.clock()) if until else 0,
            asks_for_code=desk.second_factor,
            has_passwords=desk.passwords,
            has_organisation=bool(desk.oidc.issuer),
            kept=kept,
            problem=problem,
            reference=reference,
            has_left=has_left,
        )

    def show_kept(
        self, request: Request, visitor: Visitor, kept: KeptForm, *, status: int = 200
    ) -> Response:
        """Return the page that shows again what was typed too late, to be sent with one press."""
        return self.show(request, visitor, "desk/kept.html", status=status, here="", kept=kept)

    def visitor(self, request: Request) -> Visitor | None:
        """Return who is signed in; None: nobody, or not any more."""
        token = request.cookies.get(self._cookie, "")
        return self.visitor_with(token) if token else None

    def visitor_with(self, token: str) -> Visitor | None:
        """Return whose sign-in a token is; None: nobody's, or not any more."""
        with self._app.database.reading() as session:
            user = signing_in.signed_in(session, token, at=self._app.clock())
            if user is None:
                return None
            session.expunge(user)
        return Visitor(user, token)

    def remember(self, response: Response, signed_in: signing_in.SignedIn) -> None:
        """Keep a sign-in in the visitor's browser."""
        response.set_cookie(
            self._cookie,
            signed_in.token,
            max_age=int(signing_in.SIGNED_IN_FOR.total_seconds()),
            path=self._pages.root + DESK,
            secure=self._is_https,
            httponly=True,
            # Links to the desk in a colleague's mail lead in; forms of other sites do not.
            samesite="lax",
        )

    def forget(self, response: Response) -> None:
        """Take the sign-in out of the visitor's browser."""
        response.delete_cookie(
            self._cookie, path=self._pages.root + DESK, secure=self._is_https, httponly=True
        )

    def remember_errand(self, response: Response, secret: str, *, within: timedelta) -> None:
        """Keep in the visitor's browser what proves that it went to the organisation's sign-in."""
        response.set_cookie(
            f"{self._cookie}-errand",
            secret,
            max_age=int(within.total_seconds()),
            path=self._pages.root + SIGN_IN,
            secure=self._is_https,
            httponly=True,
            # It has to come along when the provider's page leads back.
            samesite="lax",
        )

    def errand(self, request: Request) -> str:
        """Return what `remember_errand` kept; empty if there is nothing."""
        return request.cookies.get(f"{self._cookie}-errand", "")

    def forget_errand(self, response: Response) -> None:
        """Take it out of the browser: an errand is gone on once."""
        response.delete_cookie(
            f"{self._cookie}-errand",
            path=self._pages.root + SIGN_IN,
            secure=self._is_https,
            httponly=True,
        )

    def go(self, path: str) -> Response:
        """Send the visitor on, to be asked for by GET."""
        return RedirectResponse(self.address(path), status_code=303)

    def address(self, path: str) -> str:
        """Return the address of a room of this newsletter, from where it is in the first one."""
        if path == self._base or path.startswith((f"{self._base}/", SIGN_IN)):
            return self._pages.root + path
        return self._pages.root + self._base + path.removeprefix(DESK)

    def _refused(self, request: Request, visitor: Visitor, error: ExplainedError) -> Response:
        """Say what a stage has to say, and lead back; the browser still has what was typed."""
        status = 404 if isinstance(error, NoSuchError) else 422
        return self.show(
            request, visitor, "desk/refused.html", status=status, here="", why=error.sentence
        )

    def _too_late(self, request: Request, visitor: Visitor | None, form: FormData) -> Response:
        """Answer a form whose sign-in has ended: nothing is done, and nothing is lost."""
        kept = KeptForm.of(self.wanted(request), form)
        if kept is None or not is_own_page(request, self._app.settings.base_url):
            return self._problems.page(request, 400) if visitor else self._to_sign_in(request)
        if visitor is None:
            return self.ask_who(request, onward=kept.path, status=401, kept=kept)
        return self.show_kept(request, visitor, kept, status=401)

    def _to_sign_in(self, request: Request) -> Response:
        return self.go(f"{SIGN_IN}?vidare={quote(self.wanted(request), safe='')}")

    def wanted(self, request: Request) -> str:
        """Return what was asked for, below the root of the site."""
        wanted = self._pages.path_of(request)
        # Bytes that are no text are possible; they stay what they are.
        query = request.scope["query_string"].decode("latin-1")
        return f"{wanted}?{query}" if query else wanted

    def _form(self, request: Request) -> AbstractAsyncContextManager[FormData]:
        return request.form(
            max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LARGEST_FIELD
        )

    def _is_own_form(self, request: Request, visitor: Visitor, form: FormData) -> bool:
        answer = form.get("svar")
        return (
            isinstance(answer, str)
            and hmac.compare_digest(answer.encode(), visitor.answer.encode())
            and request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
        )


def _minutes(left: timedelta) -> int:
    return max(1, -(-int(left.total_seconds()) // 60))
