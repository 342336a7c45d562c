"""Join: the form, the page that says to look in the inbox, and the page that confirms.

Whoever types an address learns nothing about it: the page is the same whether it is on the list,
has left, or is new. Only what is mailed differs, and only its owner sees that.
"""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.archive.issues import Shelf
from newsletter.issues import composing
from newsletter.web import attempts, forms, post
from newsletter.web.forms import Form
from newsletter.web.pages import LANGUAGES, STUCK, Pages, for_everybody
from newsletter.web.problems import Problems
from newsletter.web.signups import RETRY_AFTER, Signups
from subscribers import addresses, consent, consent_texts, opt_in
from subscribers.consent import CONFIRM_WITHIN
from subscribers.consent_texts import WordingChangedError
from subscribers.errors import AddressError
from subscribers.models import Subscriber
from subscribers.opt_in import Confirmed
from subscribers.tokens import Claim, Purpose

#: What is written into the ledger of consent: which form it was.
SOURCE = "web form"
#: A field that people do not see; only programs fill it in.
TRAP = "website"
#: Seconds the form may be kept.
_FORM_KEPT = 300


class Subscribing:
    """Answers at `/nyhetsbrev/prenumerera` and `/bekrafta/TOKEN`."""

    def __init__(self, app: App, pages: Pages, problems: Problems) -> None:
        """Take keys, clock and database from the program."""
        self._app = app
        self._pages = pages
        self._problems = problems
        self._shelf = Shelf(app.settings.newsletter.slug)
        self._signups = Signups(app)

    async def join(self, request: Request) -> Response:
        """Show the form; on POST, mail whoever it names."""
        if request.method != "POST":
            page = await run_in_threadpool(self._form, request)
            return for_everybody(request, page, seconds=_FORM_KEPT)
        form = await forms.read(request)
        return await run_in_threadpool(self._join, request, form)

    async def confirm(self, request: Request) -> Response:
        """Ask whether the reader wants to subscribe; on POST, let them."""
        if request.method != "POST":
            return await run_in_threadpool(self._ask, request)
        form = await forms.read(request)
        return await run_in_threadpool(self._confirm, request, form)

    def _form(
        self,
        request: Request,
        *,
        status: int = 200,
        typed: str = "",
        chosen: str = "",
        problem: str = "",
        meant: str = "",
        sure: str = "",
    ) -> Response:
        code = self._pages.language_of(request)
        with self._app.database.reading() as session:
            latest = self._shelf.issues(session)[:1]
        return self._pages.show(
            request,
            "subscribe.html",
            status=status,
            here=f"{self._app.settings.newsletter.path}/prenumerera",
            typed=typed,
            chosen=chosen if chosen in LANGUAGES else code,
            problem=problem,
            meant=meant,
            sure=sure,
            trap=TRAP,
            wording=self._app.consent_wording(code),
            latest=latest[0] if latest else None,
        )

    def _join(self, request: Request, form: Form) -> Response:
        typed, chosen = form["email"], form["language"]
        if form[TRAP]:
            return self._look_in_the_inbox(request, typed, chosen)
        try:
            address = addresses.read(typed)
        except AddressError:
            problem = "address" if typed else "missing"
            return self._form(request, status=422, typed=typed, chosen=chosen, problem=problem)
        if address.needs_smtputf8:
            return self._form(request, status=422, typed=typed, chosen=chosen, problem="letters")
        meant = addresses.hint(address)
        if meant is not None and form["sure"] != address.key:
            suggestion = f"{address.written.rpartition('@')[0]}@{meant}"
            return self._form(
                request, typed=typed, chosen=chosen, meant=suggestion, sure=address.key
            )
        if not form["mark"]:
            # From a form on another site, which cannot have shown what is agreed to.
            return self._form(request, typed=typed, chosen=chosen)
        try:
            taken = self._signups.take(
                request,
                address,
                words=self._pages.language_of(request),
                language=chosen,
                shown=form["mark"],
                source=SOURCE,
            )
        except WordingChangedError:
            return self._form(request, status=409, typed=typed, chosen=chosen, problem="wording")
        if not taken:
            return self._problems.page(request, 429, headers={"Retry-After": RETRY_AFTER})
        return self._look_in_the_inbox(request, address.written, chosen, sure=address.key)

    def _look_in_the_inbox(
        self, request: Request, typed: str, chosen: str, *, sure: str = ""
    ) -> Response:
        code = self._pages.language_of(request)
        return self._pages.show(
            request,
            "look_in_the_inbox.html",
            typed=typed,
            sure=sure,
            chosen=chosen if chosen in LANGUAGES else code,
            wording=self._app.consent_wording(code),
        )

    def _ask(self, request: Request) -> Response:
        claim = self._claim(request)
        if claim is None:
            return self._problems.bad_link(request)
        with self._app.database.reading() as session:
            outcome = opt_in.look(session, claim, at=self._app.clock())
        return self._show(request, claim, outcome)

    def _confirm(self, request: Request, form: Form) -> Response:
        claim = self._claim(request)
        if claim is None:
            return self._problems.bad_link(request)
        if form.says("answer", "ny"):
            return self._send_again(request, claim)
        if not form.says("answer", "ja"):
            return self._problems.page(request, 400)
        app, at = self._app, self._app.clock()
        theirs = app.of_row(claim.newsletter_id)
        words = theirs.consent_wording(self._pages.language_of(request, self._language(claim)))
        try:
            with app.database.writing() as session:
                text = consent_texts.agreed_to(
                    session, claim.newsletter_id, words, shown=form["mark"], at=at
                )
                outcome = opt_in.confirm(session, claim, text_id=text.id, source=SOURCE, at=at)
                if outcome is Confirmed.NOW:
                    comes_at = composing.comes_at(session, claim.newsletter_id, now=at)
                    told = {"comes_at": comes_at.isoformat()} if comes_at else {}
                    post.put(session, theirs, "welcome", claim.subscriber_id, fields=told)
        except WordingChangedError:
            return self._ask(request)
        return self._show(request, claim, outcome, pressed=True)

    def _send_again(self, request: Request, claim: Claim) -> Response:
        """Mail a new link to whoever the old one was for; the page tells no more than that."""
        app, at = self._app, self._app.clock()
        theirs = app.of_row(claim.newsletter_id)
        with app.database.writing() as session:
            outcome = opt_in.look(session, claim, at=at)
            person = session.get(Subscriber, claim.subscriber_id)
            if (
                person is not None
                and outcome in (Confirmed.NOW, Confirmed.TOO_LATE)
                and attempts.allowed(
                    session, app.keys, attempts.MAILS_TO_ONE, person.address_key, at=at
                )
            ):
                post.put(session, theirs, "confirmation", person.id, fields={"wants_back": True})
            standing = consent.standing(session, claim.subscriber_id, claim.newsletter_id)
        return self._pages.show(
            request,
            "link_sent.html",
            language=standing.language if standing else None,
            masked_address=standing.masked_address if standing else "",
        )

    def _show(
        self, request: Request, claim: Claim, outcome: Confirmed, *, pressed: bool = False
    ) -> Response:
        with self._app.database.reading() as session:
            standing = consent.standing(session, claim.subscriber_id, claim.newsletter_id)
            latest = self._shelf_of(claim).issues(session)[:1]
            comes_at = composing.comes_at(session, claim.newsletter_id, now=self._app.clock())
        language = standing.language if standing else None
        if standing is None or outcome is Confirmed.NOT_ASKED:
            return self._problems.page(request, 410, kind="not_asked", language=language)
        if outcome is Confirmed.TOO_LATE:
            return self._pages.show(
                request,
                "confirmation_expired.html",
                status=410,
                language=language,
                through=claim.issued_at + CONFIRM_WITHIN,
            )
        values: dict[str, Any] = {
            "language": language,
            "masked_address": standing.masked_address,
            "latest": latest[0] if latest else None,
            "comes_at": comes_at,
        }
        if outcome is Confirmed.ALREADY or pressed:
            return self._pages.show(
                request, "welcome.html", is_new=outcome is Confirmed.NOW, **values
            )
        theirs = self._app.of_row(claim.newsletter_id)
        words = theirs.consent_wording(self._pages.language_of(request, language))
        return self._pages.show(request, "confirm.html", wording=words, **values)

    def _shelf_of(self, claim: Claim) -> Shelf:
        theirs = self._app.of_row(claim.newsletter_id)
        return self._shelf if theirs is self._app else Shelf(theirs.settings.newsletter.slug)

    def _claim(self, request: Request) -> Claim | None:
        return self._app.keys.read(request.path_params["token"].rstrip(STUCK), Purpose.CONFIRM)

    def _language(self, claim: Claim) -> str | None:
        with self._app.database.reading() as session:
            standing = consent.standing(session, claim.subscriber_id, claim.newsletter_id)
        return standing.language if standing else None
