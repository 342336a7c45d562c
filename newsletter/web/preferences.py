"""A reader's settings: language and pause, and the way to all the rest."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import datetime, time

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.web import forms
from newsletter.web.forms import Form
from newsletter.web.pages import LANGUAGES, STUCK, Pages
from newsletter.web.problems import Problems
from newsletter.web.settings_link import SettingsLink, Visit
from subscribers import consent, preferences
from subscribers.models import SubscriptionState
from subscribers.preferences import Chosen
from subscribers.tokens import Claim, Purpose

#: Months that somebody can pause for; parental leave is why people ask.
LONGEST_PAUSE = 12


@dataclass(frozen=True, slots=True)
class Other:
    """Another newsletter, as the settings name it."""

    name: str
    #: The reader gets it.
    is_on: bool
    #: To the settings of that subscription, or to the form.
    path: str


class Preferences:
    """Answers at `/nyhetsbrev/installningar/TOKEN` and `/nyhetsbrev/ny-lank/TOKEN`."""

    def __init__(self, app: App, pages: Pages, problems: Problems, link: SettingsLink) -> None:
        """Take keys, clock and database from the program."""
        self._app = app
        self._pages = pages
        self._problems = problems
        self._link = link

    async def settings(self, request: Request) -> Response:
        """Show the settings; on POST, keep what was chosen."""
        return await self._link.enter(request, self._settings)

    async def new_link(self, request: Request) -> Response:
        """Offer a link to the settings to whoever has an issue; on POST, mail it to the reader."""
        claim = self._app.keys.read(request.path_params["token"].rstrip(STUCK), Purpose.UNSUBSCRIBE)
        if claim is None:
            return await run_in_threadpool(self._problems.bad_link, request)
        if request.method != "POST":
            return await run_in_threadpool(self._offer_link, request, claim)
        form = await forms.read(request)
        if not form.says("answer", "ny"):
            return await run_in_threadpool(self._problems.page, request, 400)
        return await run_in_threadpool(self._link.mail, request, claim)

    def _settings(self, visit: Visit) -> Response:
        if visit.form is None:
            return self._show(visit, visit.chosen)
        self._save(visit, visit.form)
        with self._app.database.reading() as session:
            chosen = preferences.of(session, visit.claim.subscriber_id, visit.claim.newsletter_id)
        return self._show(visit, chosen or visit.chosen, saved=True)

    def _show(self, visit: Visit, chosen: Chosen, *, saved: bool = False) -> Response:
        at = self._app.clock()
        claim = visit.claim
        leave = Claim(Purpose.UNSUBSCRIBE, claim.subscriber_id, claim.newsletter_id, at)
        return self._pages.show(
            visit.request,
            "settings.html",
            language=chosen.language,
            chosen=chosen,
            is_active=chosen.state is SubscriptionState.ACTIVE,
            paused_until=chosen.paused_until
            if chosen.paused_until is not None and chosen.paused_until > at
            else None,
            months=range(1, LONGEST_PAUSE + 1),
            saved=saved,
            is_fresh=visit.is_fresh,
            token=visit.token,
            leave_token=self._app.keys.sign(leave),
            others=self._others(claim),
        )

    def _others(self, claim: Claim) -> list[Other]:
        """Return the other newsletters, with how the reader stands with each."""
        if not self._app.settings.newsletters:
            return []
        others = []
        for row, one in self._app.newsletters.items():
            if row == claim.newsletter_id:
                continue
            with self._app.database.reading() as session:
                chosen = preferences.of(session, claim.subscriber_id, row)
            ours = one.settings.newsletter
            is_on = chosen is not None and chosen.state is SubscriptionState.ACTIVE
            # As old as the link it is reached by: it must open no more.
            token = self._app.keys.sign(replace(claim, newsletter_id=row))
            path = f"/nyhetsbrev/installningar/{token}" if chosen else f"{ours.path}/prenumerera"
            others.append(Other(ours.name, is_on, path))
        return others

    def _save(self, visit: Visit, form: Form) -> None:
        claim, at = visit.claim, self._app.clock()
        with self._app.database.writing() as session:
            if form["language"] in LANGUAGES:
                preferences.set_language(
                    session,
                    claim.subscriber_id,
                    form["language"],
                    at=at,
                    actor=consent.SUBSCRIBER,
                )
            months = _months(form["pause"])
            current = preferences.of(session, claim.subscriber_id, claim.newsletter_id)
            if months is None or current is None or current.state is SubscriptionState.UNSUBSCRIBED:
                return
            preferences.pause(
                session,
                claim.subscriber_id,
                claim.newsletter_id,
                until=self._in_months(months) if months else None,
                at=at,
                actor=consent.SUBSCRIBER,
            )

    def _in_months(self, months: int) -> datetime:
        today = self._app.today
        year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        day = today.replace(year=year, month=month + 1, day=min(today.day, last))
        return datetime.combine(day, time(), self._app.settings.zone)

    def _offer_link(self, request: Request, claim: Claim) -> Response:
        with self._app.database.reading() as session:
            chosen = preferences.of(session, claim.subscriber_id, claim.newsletter_id)
        if chosen is None:
            return self._problems.page(request, 410, kind="gone")
        return self._pages.show(
            request, "settings_offered.html", language=chosen.language, chosen=chosen
        )


def _months(text: str) -> int | None:
    """Return the months to pause for, 0 for none; None: as it is."""
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        return None
    months = int(text)
    return months if months <= LONGEST_PAUSE else None
