"""What is held on a reader: shown to them behind a mailed link, and erased at their wish."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.rights import TELL, erasure, package
from newsletter.rights.chapters import said
from newsletter.web import attempts, forms, post
from newsletter.web.pages import STUCK, Pages
from newsletter.web.problems import Problems
from newsletter.web.settings_link import SettingsLink, Visit
from subscribers import consent, holdings
from subscribers.erasure import Checksum
from subscribers.errors import NoSuchSubscriberError
from subscribers.models import Subscriber
from subscribers.preferences import FRESH_WITHIN
from subscribers.tokens import Claim, Purpose


class OwnData:
    """Answers at `/mina-uppgifter/TOKEN`, and below the settings at `uppgifter` and `radera`."""

    def __init__(self, app: App, pages: Pages, problems: Problems, link: SettingsLink) -> None:
        """Take keys, clock and database from the program."""
        self._app = app
        self._pages = pages
        self._problems = problems
        self._link = link

    async def ask(self, request: Request) -> Response:
        """Offer all that is held; on POST, mail a link to it."""
        return await self._link.enter(request, self._ask, fresh=True)

    async def erase(self, request: Request) -> Response:
        """Say what erasing means; on POST, erase."""
        return await self._link.enter(request, self._erase, fresh=True)

    async def show(self, request: Request) -> Response:
        """Show all that is held; on POST, send it packed, for the person and for programs."""
        form = await forms.read(request) if request.method == "POST" else None
        if form is not None and not form.says("answer", "ja"):
            return await run_in_threadpool(self._problems.page, request, 400)
        return await run_in_threadpool(self._show, request, packed=form is not None)

    def _ask(self, visit: Visit) -> Response:
        if visit.form is None:
            return self._pages.show(
                visit.request, "data_offered.html", language=visit.chosen.language,
                chosen=visit.chosen,
            )  # fmt: skip
        if not visit.form.says("answer", "ja"):
            return self._problems.page(visit.request, 400)
        app = self._app
        with app.database.writing() as session:
            person = session.get_one(Subscriber, visit.claim.subscriber_id)
            if attempts.allowed(
                session, app.keys, attempts.MAILS_TO_ONE, person.address_key, at=app.clock()
            ):
                post.put(session, app.of_row(visit.claim.newsletter_id), "data_link", person.id)
        return self._pages.show(
            visit.request, "link_sent.html", language=visit.chosen.language,
            masked_address=visit.chosen.masked_address,
        )  # fmt: skip

    def _show(self, request: Request, *, packed: bool) -> Response:
        app = self._app
        claim = app.keys.read(request.path_params["token"].rstrip(STUCK), Purpose.DATA)
        if claim is None:
            return self._problems.bad_link(request)
        if app.clock() - claim.issued_at > FRESH_WITHIN:
            return self._problems.page(request, 410, kind="data")
        try:
            return self._pack(claim) if packed else self._read(request, claim)
        except NoSuchSubscriberError:
            return self._problems.page(request, 410, kind="gone")

    def _read(self, request: Request, claim: Claim) -> Response:
        app = self._app
        with app.database.reading() as session:
            numbers = holdings.numbers_of(session, claim.subscriber_id)
            chapters = holdings.chapters(session, numbers, TELL)
            known = session.get_one(Subscriber, numbers[0]).language
        language = app.templates.language(self._pages.language_of(request, known))
        return self._pages.show(
            request,
            "data.html",
            language=known,
            chapters=[chapter for chapter in chapters if chapter.rows],
            said=lambda cell: said(cell, language, app.settings.zone),
        )

    def _pack(self, claim: Claim) -> Response:
        packed = package.pack(
            self._app,
            claim.subscriber_id,
            actor=consent.SUBSCRIBER,
            received_on=self._app.today,
        )
        return Response(
            packed.zip,
            media_type="application/zip",
            headers={
                "Content-Disposition": f'attachment; filename="{packed.case.number}.zip"',
                "Cache-Control": "no-store",
                "X-Robots-Tag": "noindex, nofollow",
            },
        )

    def _erase(self, visit: Visit) -> Response:
        if visit.form is None:
            return self._pages.show(
                visit.request, "erase.html", language=visit.chosen.language, chosen=visit.chosen,
                token=visit.token,
            )  # fmt: skip
        if not visit.form.says("answer", "ja"):
            return self._problems.page(visit.request, 400)
        done = erasure.erase(
            self._app,
            visit.claim.subscriber_id,
            actor=consent.SUBSCRIBER,
            received_on=self._app.today,
            checksum=Checksum.FORGET if visit.form.says("forget", "ja") else Checksum.SUPPRESS,
        )
        return self._pages.show(
            visit.request,
            "erased.html",
            language=visit.chosen.language,
            case=done.case.number,
            is_suppressed=done.erased.suppressions_kept > 0,
        )
