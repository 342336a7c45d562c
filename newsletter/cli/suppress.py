"""`subscribers suppress`: addresses and domains that are never mailed."""

from __future__ import annotations

from typing import Annotated

import cyclopts
import sqlalchemy as sa
from cyclopts import Parameter

from newsletter.app import App
from newsletter.cli.command import Common
from newsletter.cli.imports import plain_text
from subscribers import addresses, suppression
from subscribers.addresses import Address
from subscribers.models import Newsletter, Subscriber, SuppressionReason
from subscribers.suppression import REASON_NAMES

program = cyclopts.App(name="suppress", help="Keep addresses and domains from ever being mailed.")


@program.command
def add(what: str, /, *, reason: str = "", common: Common | None = None) -> None:
    """Suppress an address, or a whole domain written as *@domain.

    It holds for all newsletters, or with --newsletter for that one.

    Example: subscribers suppress add "*@example.com" --reason "domänen finns inte längre"

    Parameters
    ----------
    what
        kim.exempel@example.org, or *@example.com for everybody there.
    reason
        Why; addresses in it are taken out.
    """
    app, out = (common or Common()).open_for_all()
    note = plain_text("--reason", reason)
    scope = _scope(app, common)
    address, domain = _read(what)
    on_list = sa.select(sa.func.count(Subscriber.id)).where(
        Subscriber.domain == domain if address is None else Subscriber.address_key == address.key
    )
    with app.database.writing() as session:
        added = suppression.add(
            session,
            app.keys,
            address=address,
            domain=domain,
            reason=SuppressionReason.MANUAL,
            at=app.clock(),
            note=note,
            actor=app.actor,
            newsletter_id=scope,
        )
        n = session.scalar(on_list) or 0
    shown = _shown(address, domain)
    if added:
        out.say(
            "{what} is suppressed. It concerns {n} person on the list.",
            plural="{what} is suppressed. It concerns {n} persons on the list.",
            what=shown,
            n=n,
        )
    else:
        out.say("{what} was suppressed already. Nothing was changed.", what=shown)
    out.result({"what": shown, "added": added, "on_list": n})


@program.command
def remove(what: str, /, *, reason: str = "", common: Common | None = None) -> None:
    """Lift a suppression made by hand; no other can be lifted here.

    With --newsletter it is one that holds for that newsletter only.

    Example: subscribers suppress remove kim.exempel@example.org --reason "spärrad av misstag"

    Parameters
    ----------
    what
        kim.exempel@example.org, or *@example.com for everybody there.
    reason
        Why; goes to the audit log, addresses in it taken out.
    """
    app, out = (common or Common()).open_for_all()
    why = plain_text("--reason", reason)
    scope = _scope(app, common)
    address, domain = _read(what)
    with app.database.writing() as session:
        stays = suppression.remove(
            session,
            app.keys,
            address=address,
            domain=domain,
            actor=app.actor,
            reason=why,
            at=app.clock(),
            newsletter_id=scope,
        )
    shown = _shown(address, domain)
    if stays is None:
        out.say("{what} is not suppressed any more.", what=shown)
    else:
        out.say(
            "{what} is not suppressed by hand any more, but still for another reason: {reason}. "
            "Only the person can lift that, by signing up again.",
            what=shown,
            reason=REASON_NAMES[stays],
        )
    out.result({"what": shown, "removed": True, "stays": stays.value if stays else None})


@program.command(name="list")
def list_(
    *,
    limit: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1))] = 50,
    common: Common | None = None,
) -> None:
    """List what is suppressed, newest first; an address nobody on the list has cannot be shown.

    Example: subscribers suppress list --limit 20
    """
    app, out = (common or Common()).open_for_all()
    with app.database.reading() as session:
        found = suppression.listed(session, _scope(app, common), limit=limit)
        people = sa.select(Subscriber.address_hash, Subscriber.address).where(
            Subscriber.id.in_([row.subscriber_id for row in found if row.subscriber_id])
        )
        known = {row.address_hash: addresses.masked(row.address) for row in session.execute(people)}
        newsletters = session.execute(sa.select(Newsletter.id, Newsletter.slug))
        slugs = {None: None} | {row.id: row.slug for row in newsletters}
    everyone = out.language.gettext("(all)")
    unknown = out.language.gettext("(not on the list)")
    shown = [
        f"*@{row.domain}" if row.domain else known.get(row.address_hash or b"") for row in found
    ]
    if found:
        out.table(
            ("since", "reason", "what", "newsletter", "note"),
            [
                (
                    row.at.astimezone(app.settings.zone).date().isoformat(),
                    out.language.say(REASON_NAMES[row.reason]),
                    what or unknown,
                    slugs[row.newsletter_id] or everyone,
                    row.note,
                )
                for row, what in zip(found, shown, strict=True)
            ],
        )
    else:
        out.say("Nothing is suppressed.")
    out.result(
        [
            {
                "id": row.id,
                "at": row.at.isoformat(),
                "reason": row.reason.value,
                "what": what,
                "newsletter": slugs[row.newsletter_id],
                "note": row.note,
            }
            for row, what in zip(found, shown, strict=True)
        ]
    )


def _scope(app: App, common: Common | None) -> int | None:
    """Return the newsletter that was named; None: all of them."""
    return None if common is None or common.newsletter is None else app.newsletter_id


def _read(what: str) -> tuple[Address | None, str | None]:
    """Return an address or a domain, whichever was meant."""
    text = what.strip()
    if text.startswith(("*@", "@")):
        return None, addresses.read_domain(text.partition("@")[2])
    return addresses.read(text), None


def _shown(address: Address | None, domain: str | None) -> str:
    return f"*@{domain}" if address is None else addresses.masked(address.written)
