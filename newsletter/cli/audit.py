"""`subscribers audit`: who did what to personal data, and whether that log can be trusted."""

from __future__ import annotations

from typing import Annotated

import cyclopts
import sqlalchemy as sa
from cyclopts import Parameter

from newsletter.cli.command import Common
from newsletter.errors import TamperedError
from newsletter.worker import records
from subscribers import audit
from subscribers.audit_words import name_of
from subscribers.models import AuditEntry

program = cyclopts.App(name="audit", help="See who did what to personal data, and when.")


@program.command(name="list")
def list_(
    *,
    action: str = "",
    subject: str = "",
    limit: Annotated[int, Parameter(validator=cyclopts.validators.Number(gte=1))] = 50,
    common: Common | None = None,
) -> None:
    """List who did what, newest first; by number, never by address.

    Example: subscribers audit list --action rights

    Parameters
    ----------
    action
        How the action begins: rights, retention, addresses, import, suppression, …
    subject
        What it was done to: subscriber:12
    limit
        At most so many.
    """
    app, out = (common or Common()).open_for_all()
    with app.database.reading() as session:
        found = audit.listed(session, action=action, subject=subject, limit=limit)
    out.table(
        ("id", "time", "by", "what happened", "concerns", "count", "details"),
        [
            (
                entry.id,
                out.language.moment(entry.at, app.settings.zone),
                entry.actor,
                out.language.say(name_of(entry.action)),
                entry.subject,
                entry.count,
                ", ".join(f"{name}: {value}" for name, value in entry.details.items() if value),
            )
            for entry in found
        ],
    )
    out.result(
        [
            {
                "id": entry.id,
                "at": entry.at.isoformat(),
                "actor": entry.actor,
                "action": entry.action,
                "subject": entry.subject,
                "count": entry.count,
                "details": entry.details,
            }
            for entry in found
        ]
    )


@program.command
def verify(*, seal: str = "", common: Common | None = None) -> None:
    """Check that no row of the log was changed, moved or taken out.

    Rows cut off the end are found by a seal that was noted down before: this command prints one,
    and the worker writes one into its log every night. Whoever can write to the database and knows
    how the hashes are made can write the log anew from some row on; a seal from before shows it.

    Example: subscribers audit verify --seal 12-9f86d081884c7d65

    Parameters
    ----------
    seal
        The seal of an earlier check.
    """
    app, out = (common or Common()).open_for_all()
    noted = audit.Seal.read(seal) if seal else None
    with app.database.reading() as session:
        rows = session.scalar(sa.select(sa.func.count(AuditEntry.id))) or 0
        broken_at = audit.verify(session)
        now = audit.seal(session)
        was_cut = noted is not None and not audit.holds(session, noted)
    out.result(
        {
            "rows": rows,
            "broken_at": broken_at,
            "seal": str(now) if now else None,
            "seal_holds": None if noted is None else not was_cut,
        }
    )
    if broken_at is not None:
        raise records.broken(broken_at)
    if was_cut:
        raise TamperedError(
            "The log does not hold the row of that seal any more: rows were cut off its end, or "
            "written anew. Nothing was changed. Compare it with a backup, and find out who can "
            "write to the database."
        )
    out.say(
        "The log is whole: {n} row, each as it was written.",
        plural="The log is whole: {n} rows, each as it was written.",
        n=rows,
    )
    if noted is None:
        out.say("Whether rows are missing at its end cannot be seen without an earlier seal.")
    if now is not None:
        out.say("Note this seal down outside of the database: {seal}", seal=str(now))
