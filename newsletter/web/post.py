"""Put mails that a page has caused into the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.delivery import outbox
from subscribers import addresses
from subscribers.addresses import Address
from subscribers.models import Subscriber


def put(
    session: Session,
    app: App,
    kind: str,
    subscriber_id: int,
    *,
    to: Address | None = None,
    fields: Mapping[str, Any] | None = None,
) -> None:
    """Let somebody have a mail of one kind, in their language; nothing, if they are nobody.

    It goes to their own address, unless `to` says otherwise.
    """
    person = session.get(Subscriber, subscriber_id)
    if person is None:
        return
    outbox.add(
        session,
        kind,
        to=to or addresses.read(person.address),
        newsletter_id=app.newsletter_id,
        language=person.language,
        sender=app.settings.sender,
        keys=app.keys,
        now=app.clock(),
        subscriber_id=person.id,
        fields=fields,
    )
