"""Say what went wrong on a calm page: what happened, that nothing changed, one way on.

The page never tells where in the program it was; the log does, under the same reference number,
without the values that were at hand (they can be addresses).
"""

from __future__ import annotations

import logging
import secrets
import traceback
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.app import App
from newsletter.errors import BusyError, StorageError
from newsletter.web.desk.addresses import is_in_the_desk
from newsletter.web.pages import Pages
from newsletter.web.refusals import is_for_a_program, refusal

#: Seconds after which a reader may as well try again.
_RETRY_AFTER = "30"
#: Statuses the template has words for; any other is told as a 400.
_KNOWN = (400, 403, 404, 405, 408, 410, 413, 429, 500, 503)

log = logging.getLogger("newsletter.web")


class Problems:
    """Makes the pages that say no."""

    def __init__(self, app: App, pages: Pages) -> None:
        """Take the clock for reference numbers from the program."""
        self._clock = app.clock
        self._templates = app.templates
        self._pages = pages

    def page(
        self,
        request: Request,
        status: int,
        *,
        kind: str = "",
        reference: str = "",
        headers: dict[str, str] | None = None,
        language: str | None = None,
    ) -> Response:
        """Return the page for a status; `kind` is another word where that says more.

        A program is told the same as JSON.
        """
        if is_for_a_program(request):
            code = self._pages.language_of(request, language)
            return refusal(
                self._templates.language(code),
                status,
                code=kind,
                reference=reference,
                headers=headers,
            )
        return self._pages.show(
            request,
            "problem.html",
            status=status,
            headers=headers,
            language=language,
            kind=kind or str(status if status in _KNOWN else 400),
            reference=reference,
            at_desk=is_in_the_desk(self._pages.path_of(request)),
        )

    def bad_link(self, request: Request) -> Response:
        """Return the one answer to every token that is not ours, whatever is wrong with it."""
        return self.page(request, 404, kind="link")

    def refused(self, request: Request, error: Exception) -> Response:
        """Return the page for what Starlette, or a part of the site, refused."""
        assert isinstance(error, HTTPException)  # noqa: S101  # registered for nothing else
        return self.page(request, error.status_code, headers=dict(error.headers or {}))

    def unavailable(self, request: Request, error: Exception) -> Response:
        """Return the page for a database that is busy or gone."""
        reference = self.note(error)
        return self.page(request, 503, reference=reference, headers={"Retry-After": _RETRY_AFTER})

    def closed(self, request: Request) -> Response:
        """Return the page for everything that waits until the database is back."""
        return self.page(request, 503, kind="closed", headers={"Retry-After": "600"})

    def unexpected(self, request: Request, error: Exception) -> Response:
        """Return the page for a mistake in the program or in a template."""
        reference = self.note(error)
        try:
            return self.page(request, 500, reference=reference)
        except Exception as second:
            # The template of this very page may be what is broken.
            log.error("%s no page for it: %s", reference, described(second))
            return PlainTextResponse(f"Fel hos oss. / Our fault. {reference}", status_code=500)

    def note(self, error: Exception) -> str:
        """Log an error under a new reference number, and return that."""
        reference = new_reference(self._clock())
        log.error("%s %s", reference, described(error))
        return reference


class LastResort:
    """Turns whatever nobody caught into a page; nothing reaches the server's own handling."""

    def __init__(self, app: ASGIApp, *, problems: Problems) -> None:
        """Take what makes the page."""
        self._app = app
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer for whatever it ends in."""
        started = False

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            answer = await run_in_threadpool(self._problems.unexpected, Request(scope), error)
            await answer(scope, receive, send)


def new_reference(at: datetime) -> str:
    """Return a number to tell on the phone: date and four random characters."""
    return f"{at:%Y-%m%d}-{secrets.token_hex(2)}"


def described(error: BaseException) -> str:
    """Return kind and place of an error on one line, without values that may be personal."""
    kind = type(error).__name__
    if isinstance(error, BusyError | StorageError):
        # Their words are the database's own about itself, not about a row.
        return f"{kind}: {error.sentence.in_english()}"
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[::-1])
    return f"{kind} at {places}"
