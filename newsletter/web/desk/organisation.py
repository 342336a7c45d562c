"""Sign in with the organisation's own account: to the provider and back (OpenID Connect)."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta
from typing import Final
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.app import App
from newsletter.errors import ExplainedError
from newsletter.models import Role
from newsletter.users import members
from newsletter.users.errand import Errand, ProviderError, StoppedError, UnprovenError
from newsletter.users.members import Admission, NotAMemberError
from newsletter.users.provider import Provider
from newsletter.web.attempts import Rate, allowed, network_of
from newsletter.web.desk.addresses import (
    DESK,
    ORGANISATION_ANSWER,
    SIGN_IN,
    is_in_the_desk,
)
from newsletter.web.desk.door import Door
from newsletter.web.problems import Problems, new_reference

#: How long somebody may take at the provider.
_ERRAND_WITHIN: Final = timedelta(minutes=15)
#: More than a whole office needs; each costs the provider three requests.
_RETURNS: Final = Rate("organisation sign-in", 60, timedelta(minutes=15))
#: A longer address to go on to is let go: a cookie must fit a header.
_LONGEST_ONWARD: Final = 1_000

log = logging.getLogger("newsletter.web")


class OrganisationSignIn:
    """Answers below `/redaktion/logga-in/organisationen`, and the way out there."""

    def __init__(self, app: App, problems: Problems, door: Door) -> None:
        """Take what is known of the provider from the settings."""
        self._app = app
        self._problems = problems
        self._door = door
        oidc = app.settings.desk.oidc
        self._provider = Provider(oidc) if oidc.issuer else None
        self._admission = Admission(
            {group: Role(role) for group, role in oidc.roles.items()}, oidc.adds_users
        )

    def begin(self, request: Request) -> Response:
        """Send the visitor to the provider."""
        if self._provider is None:
            return self._problems.page(request, 404)
        onward = request.query_params.get("vidare", "")
        errand = self._errand(secrets.token_urlsafe(32))
        try:
            way = self._provider.way_in(errand, at=self._app.clock())
        except ExplainedError as error:
            return self._refused(request, error, onward=onward)
        response = RedirectResponse(way, status_code=303)
        kept = onward if is_in_the_desk(onward) and len(onward) <= _LONGEST_ONWARD else DESK
        self._door.remember_errand(
            response, f"{errand.secret}.{quote(kept, safe='')}", within=_ERRAND_WITHIN
        )
        return response

    def come_back(self, request: Request) -> Response:
        """Let in who comes back from the provider, or say why not."""
        if self._provider is None:
            return self._problems.page(request, 404)
        secret, _, kept = self._door.errand(request).partition(".")
        onward, now = unquote(kept), self._app.clock()
        try:
            if not secret:
                raise UnprovenError(why="this browser is on no errand")
            self._see_that_there_are_not_too_many(request)
            identity = self._provider.who_came_back(
                self._errand(secret), request.query_params, at=now
            )
            with self._app.database.writing() as session:
                signed_in = members.sign_in(session, identity, self._admission, at=now)
        except ExplainedError as error:
            response = self._refused(request, error, onward=onward)
        else:
            response = self._door.go(onward if is_in_the_desk(onward) else DESK)
            self._door.remember(response, signed_in)
        self._door.forget_errand(response)
        return response

    def leave(self, request: Request) -> Response:
        """Send the visitor to where they sign out at the provider as well."""
        if self._provider is None:
            return self._problems.page(request, 404)
        back = f"{self._app.settings.base_url}{SIGN_IN}"
        try:
            way = self._provider.way_out(back, at=self._app.clock())
        except ExplainedError as error:
            return self._refused(request, error, onward="")
        return RedirectResponse(way, status_code=303)

    def _errand(self, secret: str) -> Errand:
        return Errand(secret, f"{self._app.settings.base_url}{ORGANISATION_ANSWER}")

    def _see_that_there_are_not_too_many(self, request: Request) -> None:
        app = self._app
        network = network_of(request, app.settings.trusted_proxies)
        with app.database.writing() as session:
            if not allowed(session, app.keys, _RETURNS, network, at=app.clock()):
                raise UnprovenError(why="too many from one network")

    def _refused(self, request: Request, error: ExplainedError, *, onward: str) -> Response:
        """Say on the sign-in page what went wrong; the log has why, under the same number."""
        reference = ""
        if isinstance(error, ProviderError | UnprovenError):
            reference = new_reference(self._app.clock())
            log.warning("%s sign-in of the organisation: %s", reference, error.why)
        return self._door.ask_who(
            request,
            onward=onward,
            status=_status_of(error),
            problem=error.sentence,
            reference=reference,
        )


def _status_of(error: ExplainedError) -> int:
    if isinstance(error, ProviderError):
        return 503
    return 403 if isinstance(error, NotAMemberError | StoppedError) else 401
