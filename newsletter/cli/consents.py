"""`subscribers consent`: who agreed to what, in which words, and when."""

from __future__ import annotations

from typing import Any

import cyclopts
import sqlalchemy as sa

from newsletter.cli import chapters_shown, people_shown
from newsletter.cli.command import Common
from subscribers import addresses, consent_texts, holdings
from subscribers.models import Subscriber
from subscribers.wording import Sentence

program = cyclopts.App(name="consent", help="Prove who agreed to what, in which words, and when.")


@program.command
def show(who: str, /, *, common: Common | None = None) -> None:
    """Show the whole history of somebody's consent, with the words they agreed to.

    Example: subscribers consent show kim.exempel@example.org

    Parameters
    ----------
    who
        The address, or the id that `subscribers list` shows.
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        numbers = holdings.numbers_of(session, people_shown.number_of(session, app, who))
        told = [tell(session, numbers) for tell in (holdings.consents, holdings.texts)]
        address = session.scalars(
            sa.select(Subscriber.address).where(Subscriber.id == numbers[0])
        ).one()
    history, texts = told
    masked = addresses.masked(address)
    out.plain(f"{numbers[0]}  {masked}")
    chapters_shown.entries(out, history, app.settings.zone)
    if texts.rows:
        chapters_shown.entries(out, texts, app.settings.zone)
    else:
        out.say("No words are kept: this person was added on a stated basis, not by a form.")
    out.result({"id": numbers[0], "address": masked} | {part.name: part.as_json() for part in told})


@program.command
def texts(*, common: Common | None = None) -> None:
    """List every version of the words people agreed to, and what a form shows now.

    The words stand in web/consent.sv.txt and web/consent.en.txt under `templates_dir`; a changed
    wording becomes a new version by itself, the first time somebody agrees to it.

    Example: subscribers consent texts
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        kept = consent_texts.versions(session, app.newsletter_id)
    now = {code: app.consent_wording(code) for code in ("sv", "en")}
    in_use = {wording.mark for wording in now.values()}
    shown: list[dict[str, Any]] = [
        {
            "language": text.language,
            "version": text.version,
            "since": text.created_at.isoformat(),
            "in_use": consent_texts.wording_of(text).mark in in_use,
            "text": text.text,
            "notice": text.notice,
        }
        for text in kept
    ]
    for text, row in zip(kept, shown, strict=True):
        sentence = Sentence(
            "{language}, version {version}, since {moment}",
            language=text.language,
            version=text.version,
            moment=out.language.moment(text.created_at, app.settings.zone),
        )
        out.sentence(Sentence("{what} (in use)", what=sentence) if row["in_use"] else sentence)
        out.plain(f"  {text.text}")
    known = {consent_texts.wording_of(text).mark for text in kept}
    for code, wording in now.items():
        if wording.mark not in known:
            out.say("{language}, shown now, agreed to by nobody yet", language=code)
            out.plain(f"  {wording.text}")
    out.result(shown)
