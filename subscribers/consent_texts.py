"""The words people agree to, kept by version: the consent that was shown is the consent stored.

The words themselves come from an editable template. Whoever changes it makes a new version by
that alone, the first time somebody agrees to it; no version is ever edited.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from subscribers.errors import UsageError
from subscribers.models import ConsentText, Newsletter


class WordingChangedError(UsageError):
    """The words were changed between being shown and being agreed to; they must be read anew."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a form asks somebody to agree to, in one language."""

    #: "sv" or "en".
    language: str
    #: The words beside the button.
    text: str
    #: The page about personal data, one link away.
    notice: str = ""

    @property
    def mark(self) -> str:
        """Names exactly these words; a form carries it, so that its answer says what was shown."""
        parts = (self.language, self.text, self.notice)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def agreed_to(
    session: Session, newsletter_id: int, wording: Wording, *, shown: str, at: datetime
) -> ConsentText:
    """Return the version that somebody was shown and agreed to; store it if it is a new one.

    `wording` is what the form shows now, `shown` the mark that came back with the answer. Put the
    version's id into the `text_id` of the consent event.

    Raises WordingChangedError: `shown` is neither that nor an earlier version: show the form anew.
    """
    known = _stored(session, newsletter_id, wording.language, shown)
    if known is not None:
        return known
    if not hmac.compare_digest(shown.encode(), wording.mark.encode()):
        raise WordingChangedError(
            "The words you agree to were changed just now. Nothing was stored. "
            "Read them again and answer once more."
        )
    # Two who agree at once wait for each other here.
    session.execute(
        sa.select(Newsletter.id).where(Newsletter.id == newsletter_id).with_for_update()
    )
    known = _stored(session, newsletter_id, wording.language, shown)
    if known is not None:
        return known
    last = sa.select(sa.func.max(ConsentText.version)).where(
        ConsentText.newsletter_id == newsletter_id, ConsentText.language == wording.language
    )
    text = ConsentText(
        newsletter_id=newsletter_id,
        version=(session.scalar(last) or 0) + 1,
        language=wording.language,
        text=wording.text,
        notice=wording.notice,
        created_at=at,
    )
    session.add(text)
    session.flush()
    return text


def versions(session: Session, newsletter_id: int) -> Sequence[ConsentText]:
    """Return every version anybody agreed to, by language, oldest first."""
    return session.scalars(
        sa.select(ConsentText)
        .where(ConsentText.newsletter_id == newsletter_id)
        .order_by(ConsentText.language, ConsentText.version)
    ).all()


def wording_of(text: ConsentText) -> Wording:
    """Return a stored version as the words it was."""
    return Wording(text.language, text.text, text.notice)


def _stored(session: Session, newsletter_id: int, language: str, mark: str) -> ConsentText | None:
    for text in versions(session, newsletter_id):
        if text.language == language and wording_of(text).mark == mark:
            return text
    return None
