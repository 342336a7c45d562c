"""Leave, and take it back: the pages a letter's own link leads to.

GET and HEAD change nothing, since scanners open every link. A POST leaves only if its body says
so: the reader's mail program (RFC 8058, one click) or the button on our own page.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from newsletter.app import App
from newsletter.delivery import way_out
from newsletter.errors import BusyError, StorageError
from newsletter.web.pages import STUCK, Pages
from newsletter.web.problems import Problems
from newsletter.worker import spool
from subscribers import consent, why_left
from subscribers.consent import Standing
from subscribers.models import SubscriptionState
from subscribers.tokens import Claim, Purpose
from subscribers.wording import Sentence

#: What a form says: name and value, in no order.
Answers: TypeAlias = frozenset[tuple[str, str]]

#: How long a reader may take back a withdrawal.
UNDO_WITHIN = timedelta(days=14)
#: RFC 8058, 3.1: exactly this, in either encoding.
_ONE_CLICK = ("List-Unsubscribe", "One-Click")
#: What the button of our own pages sends.
_OUR_ANSWER = ("answer", "ja")


class Unsubscribing:
    """Answers at `/avsluta/TOKEN` and `/angra/TOKEN`."""

    def __init__(
        self, app: App, pages: Pages, problems: Problems, *, in_maintenance: bool = False
    ) -> None:
        """Take keys, clock and database from the program; in maintenance the database is let be."""
        self._in_maintenance = in_maintenance
        self._app = app
        self._pages = pages
        self._problems = problems

    async def leave(self, request: Request) -> Response:
        """Ask whether the reader wants to leave; on POST, let them."""
        if request.method != "POST":
            return await run_in_threadpool(self._ask, request)
        answers = await _answers(request)
        return await run_in_threadpool(self._leave, request, answers)

    def test(self, request: Request) -> Response:
        """Say what the links of a test mail are: nothing."""
        return self._pages.show(request, "test_mailing.html")

    async def undo(self, request: Request) -> Response:
        """Ask whether the reader wants to come back; on POST, let them."""
        if request.method != "POST":
            return await run_in_threadpool(self._ask_back, request)
        answers = await _answers(request)
        return await run_in_threadpool(self._undo, request, answers)

    def _ask(self, request: Request) -> Response:
        if self._is_test(request):
            return self._pages.show(request, "test_mailing.html")
        claim = self._claim(request, Purpose.UNSUBSCRIBE)
        if claim is None:
            return self._problems.bad_link(request)
        standing = None
        # The link is genuine, and that is enough to let somebody go.
        if not self._in_maintenance:
            try:
                standing = self._standing(claim)
            except (BusyError, StorageError):
                return self._show(request, "unsubscribe.html", None)
            if _is_out(standing):
                return self._done(request, claim, standing)
        return self._show(request, "unsubscribe.html", standing)

    def _leave(self, request: Request, answers: Answers) -> Response:
        if not answers & {_ONE_CLICK, _OUR_ANSWER}:
            return self._problems.page(request, 400)
        by_program = _ONE_CLICK in answers
        if self._is_test(request):
            return self._test_line() if by_program else self._ask(request)
        claim = self._claim(request, Purpose.UNSUBSCRIBE)
        if claim is None:
            return self._problems.bad_link(request)
        answer = self._line if by_program else partial(self._done, request, claim)
        source = "one-click" if by_program else "web page"
        if not self._in_maintenance:
            try:
                return self._withdraw(claim, answer, source=source)
            except (BusyError, StorageError, sa.exc.SQLAlchemyError) as error:
                self._problems.note(error)
        spool.keep(self._app, claim, source=source)
        return answer(None)

    def _withdraw(
        self, claim: Claim, answer: Callable[[Standing | None], Response], *, source: str
    ) -> Response:
        standing = self._standing(claim)
        if _is_out(standing):
            # Asked again: nothing to write, so nothing to wait for.
            return answer(standing)
        with self._app.database.writing() as session:
            consent.unsubscribe(
                session,
                claim.subscriber_id,
                claim.newsletter_id,
                source=source,
                at=self._app.clock(),
            )
            # Made before the commit: a page that fails says that nothing was changed, and then
            # nothing must be.
            return answer(consent.standing(session, claim.subscriber_id, claim.newsletter_id))

    def _ask_back(self, request: Request) -> Response:
        claim = self._claim(request, Purpose.UNDO)
        if claim is None:
            return self._problems.bad_link(request)
        standing = self._standing(claim)
        if standing is not None and not _is_out(standing):
            return self._show(request, "undone.html", standing)
        if not self._may_undo(claim, standing):
            return self._too_late(request, standing)
        return self._show(request, "undo.html", standing)

    def _undo(self, request: Request, answers: Answers) -> Response:
        if _OUR_ANSWER not in answers:
            return self._problems.page(request, 400)
        claim = self._claim(request, Purpose.UNDO)
        if claim is None:
            return self._problems.bad_link(request)
        with self._app.database.writing() as session:
            standing = consent.standing(session, claim.subscriber_id, claim.newsletter_id)
            if standing is not None and not _is_out(standing):
                return self._show(request, "undone.html", standing)
            restored = self._may_undo(claim, standing) and consent.undo(
                session,
                claim.subscriber_id,
                claim.newsletter_id,
                source="web page",
                at=self._app.clock(),
                withdrawn_after=claim.issued_at,
            )
            if not restored:
                return self._too_late(request, standing)
            return self._show(request, "undone.html", standing)

    def _done(self, request: Request, claim: Claim, standing: Standing | None) -> Response:
        undo_token = ""
        if standing is not None:
            # Made for this withdrawal: opening the page again gives no new fortnight.
            undo = Claim(Purpose.UNDO, claim.subscriber_id, claim.newsletter_id, standing.since)
            undo_token = self._app.keys.sign(undo) if self._may_undo(undo, standing) else ""
        return self._show(
            request, "unsubscribed.html", standing, undo_token=undo_token, answers=why_left.NAMES
        )

    def _may_undo(self, claim: Claim, standing: Standing | None) -> bool:
        """Tell whether the link was made for the person's own withdrawal, and is not too old."""
        if standing is None:
            return False
        same = standing.left_by_choice and _minute(claim.issued_at) == _minute(standing.since)
        return same and self._app.clock() - standing.since <= UNDO_WITHIN

    def _too_late(self, request: Request, standing: Standing | None) -> Response:
        language = standing.language if standing else None
        return self._problems.page(request, 410, language=language)

    def _show(
        self, request: Request, template: str, standing: Standing | None, **values: Any
    ) -> Response:
        return self._pages.show(
            request,
            template,
            language=standing.language if standing else None,
            masked_address=standing.masked_address if standing else "",
            token=request.path_params["token"].rstrip(STUCK),
            **values,
        )

    def _line(self, standing: Standing | None = None) -> Response:
        """Answer a mail program, which wants 200 and no more."""
        code = standing.language if standing else self._app.settings.language
        told = self._app.templates.language(code).say(Sentence("You get no more newsletters."))
        return PlainTextResponse(told, headers={"Cache-Control": "no-store"})

    def _test_line(self) -> Response:
        said = Sentence("Nobody was unsubscribed: this was a test.")
        told = self._app.language.say(said)
        headers = dict([way_out.ANSWER, ("Cache-Control", "no-store")])
        return PlainTextResponse(told, headers=headers)

    def _is_test(self, request: Request) -> bool:
        return self._claim(request, Purpose.TEST) is not None

    def _claim(self, request: Request, purpose: Purpose) -> Claim | None:
        return self._app.keys.read(request.path_params["token"].rstrip(STUCK), purpose)

    def _standing(self, claim: Claim) -> Standing | None:
        with self._app.database.reading() as session:
            return consent.standing(session, claim.subscriber_id, claim.newsletter_id)


def _is_out(standing: Standing | None) -> bool:
    return standing is None or standing.state is SubscriptionState.UNSUBSCRIBED


def _minute(moment: datetime) -> int:
    # As fine as a token tells it.
    return int(moment.timestamp()) // 60


async def _answers(request: Request) -> Answers:
    """Return what a form says; nothing for a body that is no form."""
    async with request.form(max_files=0, max_fields=20) as form:
        return frozenset(
            (name, value.strip()) for name, value in form.multi_items() if isinstance(value, str)
        )
