"""The mailed link to somebody's own settings: who comes with it, and how much it still opens.

The link of an issue lets its bearer unsubscribe, which can be undone, and have this link mailed to
the reader; it may have been passed on. This one opens the settings for a month. Changing the
address, fetching one's data and being erased take one that was mailed within a day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.web import attempts, forms, post
from newsletter.web.forms import Form
from newsletter.web.pages import STUCK, Pages
from newsletter.web.problems import Problems
from subscribers import preferences
from subscribers.models import Subscriber
from subscribers.preferences import FRESH_WITHIN, SETTINGS_WITHIN, Chosen
from subscribers.tokens import Claim, Purpose


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody with a link that holds."""

    request: Request
    claim: Claim
    chosen: Chosen
    token: str
    #: The link was mailed within a day.
    is_fresh: bool
    #: What was sent; None: they only look.
    form: Form | None


class SettingsLink:
    """Lets in whoever has a link that holds, and mails a new one to whom an older belongs."""

    def __init__(self, app: App, pages: Pages, problems: Problems) -> None:
        """Take keys, clock and database from the program."""
        self._app = app
        self._pages = pages
        self._problems = problems

    async def enter(
        self, request: Request, answer: Callable[[Visit], Response], *, fresh: bool = False
    ) -> Response:
        """Return the answer to whoever has a link that holds, or the page that says why not."""
        form = await forms.read(request) if request.method == "POST" else None

        def enter() -> Response:
            token = request.path_params["token"].rstrip(STUCK)
            claim = self._app.keys.read(token, Purpose.SETTINGS)
            if claim is None:
                return self._problems.bad_link(request)
            with self._app.database.reading() as session:
                chosen = preferences.of(session, claim.subscriber_id, claim.newsletter_id)
            if chosen is None:
                return self._problems.page(request, 410, kind="gone")
            if form is not None and form.says("answer", "ny"):
                return self.mail(request, claim)
            age = self._app.clock() - claim.issued_at
            if age > (FRESH_WITHIN if fresh else SETTINGS_WITHIN):
                return self._pages.show(
                    request,
                    "settings_expired.html",
                    status=410,
                    language=chosen.language,
                    chosen=chosen,
                    is_step=fresh and age <= SETTINGS_WITHIN,
                )
            return answer(Visit(request, claim, chosen, token, age <= FRESH_WITHIN, form))

        return await run_in_threadpool(enter)

    def mail(self, request: Request, claim: Claim) -> Response:
        """Mail a new link to whom the old one belongs."""
        app = self._app
        with app.database.writing() as session:
            person = session.get(Subscriber, claim.subscriber_id)
            chosen = preferences.of(session, claim.subscriber_id, claim.newsletter_id)
            if (
                person is not None
                and chosen is not None
                and attempts.allowed(
                    session, app.keys, attempts.MAILS_TO_ONE, person.address_key, at=app.clock()
                )
            ):
                post.put(session, app.of_row(claim.newsletter_id), "settings_link", person.id)
        return self._pages.show(
            request,
            "link_sent.html",
            language=chosen.language if chosen else None,
            masked_address=chosen.masked_address if chosen else "",
        )
