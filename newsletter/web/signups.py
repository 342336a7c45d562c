"""Take the wish to subscribe, from the form and from other programs alike, and mail its owner."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session
from starlette.requests import Request

from newsletter.app import App
from newsletter.web import attempts, post
from newsletter.web.attempts import MAILS_TO_ONE, Rate
from newsletter.web.pages import LANGUAGES
from subscribers import consent_texts, opt_in
from subscribers.addresses import Address
from subscribers.opt_in import Answer

#: Seconds after which somebody who asked too often may ask again.
RETRY_AFTER = "3600"


class Signups:
    """Counts who asks, keeps what was agreed to, and puts the mail into the outbox."""

    def __init__(self, app: App) -> None:
        """Take keys, clock, limits and database from the program."""
        self._app = app
        self._rate = Rate("signup", app.settings.signups_per_hour, timedelta(hours=1))

    def take(
        self,
        request: Request,
        address: Address,
        *,
        words: str,
        language: str,
        shown: str,
        source: str,
    ) -> bool:
        """Mail whoever has this address; False: this network has asked too often.

        `words` is the language of the words agreed to and `shown` their mark; `language` is the one
        to get the newsletter in. Says nothing about who is on the list.

        Raises WordingChangedError: `shown` names no words of ours. Nothing was stored.
        """
        app, at = self._app, self._app.clock()
        # Read before the database is held: on a fresh one it is made.
        newsletter_id = app.newsletter_id
        network = attempts.network_of(request, app.settings.trusted_proxies)
        with app.database.writing() as session:
            if not self._allowed(session, self._rate, network):
                return False
            text = consent_texts.agreed_to(
                session, newsletter_id, app.consent_wording(words), shown=shown, at=at
            )
            asked = opt_in.request(
                session,
                address,
                newsletter_id,
                keys=app.keys,
                language=language if language in LANGUAGES else words,
                text_id=text.id,
                source=source,
                at=at,
            )
            if asked.subscriber_id is not None and self._allowed(
                session, MAILS_TO_ONE, address.key
            ):
                post.put(
                    session,
                    app,
                    asked.answer.value,
                    asked.subscriber_id,
                    fields={"wants_back": True} if asked.answer is Answer.CONFIRMATION else None,
                )
        return True

    def _allowed(self, session: Session, rate: Rate, who: str) -> bool:
        return attempts.allowed(session, self._app.keys, rate, who, at=self._app.clock())
