"""Compose service mails: from a row in flight to the message that a server gets."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from newsletter import rendering
from newsletter.content import Imprint
from newsletter.delivery.mails_in_flight import MailInFlight
from newsletter.delivery.transport import Message
from newsletter.issues.proof import Press
from newsletter.messages import Addressee, Signer, Skeleton


class Stationery:
    """What service mails are written on: the same row always gives the same message."""

    def __init__(
        self,
        press: Press,
        signer: Signer | None = None,
        *,
        others: Mapping[int, Stationery] | None = None,
    ) -> None:
        """Take theme, templates and sender, and who signs.

        `others` is that of other newsletters, by their rows: each mail is written on its own.
        """
        self._others = others or {}
        #: Rendering takes its time.
        self.executor = ThreadPoolExecutor(1, "stationery")
        masthead = press.masthead
        self._press = press
        self._signer = signer
        self._imprint = Imprint(
            newsletter_name=masthead.newsletter_name,
            organisation=masthead.organisation,
            base_url=masthead.base_url,
            reply_to=masthead.reply_to,
            from_address=press.sender.from_address,
            zone=masthead.zone,
            path=masthead.path,
        )

    def message(self, mail: MailInFlight, /) -> Message:
        """Return the message of one mail.

        Raises HeaderError: its address may not stand on the wire; RenderingError: a template has a
        mistake.
        """
        if other := self._others.get(mail.newsletter_id):
            return other.message(mail)
        rendered = rendering.render_service_mail(
            mail.kind,
            mail.values,
            imprint=self._imprint,
            language=mail.language,
            theme=self._press.theme,
            templates=self._press.templates,
        )
        skeleton = Skeleton.of_service_mail(
            rendered, language=mail.language, sender=self._press.sender, signer=self._signer
        )
        addressee = Addressee(
            address=mail.address, message_id=mail.message_id, date=mail.first_attempt_at
        )
        return Message(mail.envelope_sender, mail.address, skeleton.fill(addressee))
