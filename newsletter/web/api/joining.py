"""Pass on somebody's wish to subscribe: what the form does, for another program's form."""

from __future__ import annotations

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from newsletter.app import App
from newsletter.web.api.newsletters import Newsletters
from newsletter.web.api.shapes import TakenShape, WishShape
from newsletter.web.pages import Pages
from newsletter.web.problems import Problems
from newsletter.web.refusals import refusal
from newsletter.web.signups import RETRY_AFTER, Signups
from subscribers import addresses
from subscribers.consent_texts import WordingChangedError
from subscribers.errors import AddressError
from subscribers.wording import Sentence

#: What is written into the ledger of consent, followed by the site it came from.
SOURCE = "api"


class Joining:
    """Answers at `/api/subscriptions`."""

    def __init__(self, app: App, pages: Pages, problems: Problems) -> None:
        """Take the limits, and the sites that may ask, from the program."""
        self._templates = app.templates
        scheme, _, rest = app.settings.base_url.partition("://")
        self._origins = {f"{scheme}://{rest.partition('/')[0]}", *app.settings.api_origins}
        self._newsletters = Newsletters(app)
        self._signups = {slug: Signups(one) for slug, one in self._newsletters.by_slug.items()}
        self._pages = pages
        self._problems = problems

    async def ask(self, request: Request) -> Response:
        """Mail whoever it names, if they were shown what they agree to."""
        if request.method == "OPTIONS":
            # A browser's own question is answered before it gets here.
            return Response(status_code=204, headers={"Allow": "POST, OPTIONS"})
        origin = request.headers.get("origin")
        if origin is not None and origin not in self._origins:
            return self._problems.page(request, 403)
        # A page may send other types without asking whether it may (Fetch, 2.2.2).
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return self._problems.page(request, 415)
        body = await request.body()
        try:
            wish = WishShape.model_validate_json(body)
        except ValidationError:
            return self._problems.page(request, 400)
        app = self._newsletters.named(wish.newsletter)
        if app is None:
            return self._problems.page(request, 400)
        source = f"{SOURCE} {origin}" if origin else SOURCE
        return await run_in_threadpool(
            self._take, request, wish, self._signups[app.settings.newsletter.slug], source
        )

    def _take(self, request: Request, wish: WishShape, signups: Signups, source: str) -> Response:
        try:
            address = addresses.read(wish.email)
        except AddressError as error:
            return self._cannot(request, "address", error.sentence)
        if address.needs_smtputf8:
            return self._cannot(
                request,
                "letters",
                Sentence(
                    "We cannot send to an address with letters such as å, ä and ö before the @ "
                    "yet. Write another one."
                ),
            )
        meant = addresses.hint(address)
        if meant is not None and not wish.sure:
            return self._cannot(
                request,
                "typo",
                Sentence(
                    "The address may be mistyped: did you mean {domain}? Nothing was done. Correct "
                    "it, or send it again with sure.",
                    domain=meant,
                ),
            )
        try:
            taken = signups.take(
                request,
                address,
                words=wish.language,
                language=wish.language,
                shown=wish.mark,
                source=source,
            )
        except WordingChangedError:
            return self._problems.page(request, 409, kind="wording")
        if not taken:
            return self._problems.page(request, 429, headers={"Retry-After": RETRY_AFTER})
        return JSONResponse(
            TakenShape().model_dump(), status_code=202, headers={"Cache-Control": "no-store"}
        )

    def _cannot(self, request: Request, code: str, detail: Sentence) -> Response:
        language = self._templates.language(self._pages.language_of(request))
        return refusal(language, 422, code=code, detail=detail)
