"""After leaving: a receipt by mail, and why, for whoever wants to.

The leaving holds whatever is done here; neither is asked for before it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.web import attempts, forms, post
from newsletter.web.attempts import Rate
from newsletter.web.pages import STUCK, Pages
from newsletter.web.problems import Problems
from subscribers import consent, why_left
from subscribers.consent import Standing
from subscribers.models import Subscriber, SubscriptionState
from subscribers.tokens import Claim, Purpose

#: A second answer is thanked for, and not counted.
_ONE_ANSWER = Rate("why left", 1, timedelta(days=1))


class AfterLeaving:
    """Answers at `/avsluta/TOKEN/kvitto` and `/avsluta/TOKEN/varfor`."""

    def __init__(self, app: App, pages: Pages, problems: Problems) -> None:
        """Take keys, clock and database from the program."""
        self._app = app
        self._pages = pages
        self._problems = problems

    async def receipt(self, request: Request) -> Response:
        """Mail somebody who has left that they have."""
        return await run_in_threadpool(self._receipt, request)

    async def why(self, request: Request) -> Response:
        """Count why somebody has left."""
        form = await forms.read(request)
        return await run_in_threadpool(self._why, request, form["varfor"])

    def _receipt(self, request: Request) -> Response:
        claim = self._claim(request)
        if claim is None:
            return self._problems.bad_link(request)
        app, at = self._app, self._app.clock()
        with app.database.writing() as session:
            standing = _left(session, claim)
            person = session.get(Subscriber, claim.subscriber_id)
            if standing is None or person is None:
                return self._problems.bad_link(request)
            theirs, key = app.of_row(claim.newsletter_id), person.address_key
            if attempts.allowed(session, app.keys, attempts.MAILS_TO_ONE, key, at=at):
                left_at = {"left_at": standing.since.isoformat()}
                post.put(session, theirs, "goodbye", person.id, fields=left_at)
        return self._show(request, standing, is_receipt=True)

    def _why(self, request: Request, answer: str) -> Response:
        claim = self._claim(request)
        if claim is None:
            return self._problems.bad_link(request)
        if answer not in {why.value for why in why_left.Why}:
            return self._problems.page(request, 400)
        app, at = self._app, self._app.clock()
        whose = f"{claim.newsletter_id} {claim.subscriber_id}"
        with app.database.writing() as session:
            standing = _left(session, claim)
            if standing is None:
                return self._problems.bad_link(request)
            if attempts.allowed(session, app.keys, _ONE_ANSWER, whose, at=at):
                why_left.count(session, claim.newsletter_id, why_left.Why(answer), on=app.today)
        return self._show(request, standing, is_receipt=False)

    def _show(self, request: Request, standing: Standing, **values: Any) -> Response:
        return self._pages.show(
            request,
            "after_leaving.html",
            language=standing.language,
            masked_address=standing.masked_address,
            **values,
        )

    def _claim(self, request: Request) -> Claim | None:
        return self._app.keys.read(request.path_params["token"].rstrip(STUCK), Purpose.UNSUBSCRIBE)


def _left(session: Session, claim: Claim) -> Standing | None:
    """Return how somebody stands who has left by choice; None: they have not."""
    standing = consent.standing(session, claim.subscriber_id, claim.newsletter_id)
    has_left = standing is not None and standing.state is SubscriptionState.UNSUBSCRIBED
    return standing if standing is not None and has_left and standing.left_by_choice else None
