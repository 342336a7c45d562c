"""`subscribers erase`: forget a person, and show that they are forgotten."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
from cyclopts import Parameter

from newsletter.cli import asking, people_shown
from newsletter.cli.command import DONE, PARTLY, Common, Output
from newsletter.rights import erasure
from newsletter.rights.erasure import Done
from newsletter.times import day_in
from subscribers.erasure import Checksum, Erased
from subscribers.models import AuditEntry


def erase(
    who: str,
    /,
    *,
    yes: Annotated[bool, Parameter(negative="")] = False,
    forget_suppression: Annotated[bool, Parameter(negative="")] = False,
    received: str = "",
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> int:
    """Erase a person at their wish: everything that names them goes, and every table is searched.

    Deliveries stay as numbers without a name. A keyed checksum of the address stays on the
    suppression list, so that no import brings the person back. An issue that is being sent skips
    them. Whoever only wants no more issues is unsubscribed: subscribers remove

    Example: subscribers erase kim.exempel@example.org

    Parameters
    ----------
    who
        The address, or the id that `subscribers list` shows.
    yes
        Do not ask.
    forget_suppression
        Take the checksum and every suppression of the address away too.
    received
        The day the person asked, as 2026-11-20; today if not given. The answer is due in a month.
    dry_run
        Say what would be done, and do nothing.
    """
    app, out = (common or Common()).open_for_all()
    received_on = day_in(received) or app.today
    with app.database.reading() as session:
        subscriber_id = people_shown.number_of(session, app, who)
    checksum = Checksum.FORGET if forget_suppression else Checksum.SUPPRESS
    expected = erasure.would_erase(app, subscriber_id, checksum=checksum)
    _announce(out, expected)
    if dry_run:
        out.say("Nothing was changed.")
        out.result({"dry_run": True, "erased": expected.as_json()})
        return DONE
    if not yes:
        asking.insist(out, out.language.gettext("ERASE"))
    done = erasure.erase(
        app,
        subscriber_id,
        actor=app.actor,
        received_on=received_on,
        checksum=checksum,
    )
    with app.database.reading() as session:
        exports = session.scalar(
            sa.select(sa.func.count(AuditEntry.id)).where(AuditEntry.action == "addresses.exported")
        )
    _report(out, done, exports=exports or 0)
    traces = [trace for search in done.searches for trace in search.traces]
    out.result(
        {
            "dry_run": False,
            "case": done.case.number,
            "due_on": done.case.due_on.isoformat(),
            "erased": done.erased.as_json(),
            "exports_made": exports or 0,
            "is_scrubbed": done.is_scrubbed,
            "traces": [
                {"table": trace.table, "column": trace.column, "rows": trace.rows}
                for trace in traces
            ],
        }
    )
    return PARTLY if traces else DONE


def _announce(out: Output, expected: Erased) -> None:
    out.say(
        "Erases: addresses {addresses}, subscriptions {subscriptions}, events of consent {events}, "
        "service mails {service_mails}. "
        "Stay as numbers without a name: deliveries {deliveries}.",
        addresses=expected.addresses,
        subscriptions=expected.subscriptions,
        events=expected.events,
        deliveries=expected.anonymous["deliveries"],
        service_mails=expected.anonymous["service_mails"],
    )
    if expected.suppressions_kept:
        out.say(
            "Keeps: a keyed checksum on the suppression list, so that no import brings it back."
        )
    else:
        out.say("Keeps nothing: an import can bring the address back.")


def _report(out: Output, done: Done, *, exports: int) -> None:
    out.say(
        "Done. Case {case}, to be answered by {due_on}.",
        case=done.case.number,
        due_on=done.case.due_on,
    )
    traces = [trace for search in done.searches for trace in search.traces]
    for trace in traces:
        out.say(
            "The address still stands in {table}.{column} ({n} row): somebody wrote it there. "
            "Look at it and take it away.",
            plural="The address still stands in {table}.{column} ({n} rows): somebody wrote it "
            "there. Look at it and take it away.",
            table=trace.table,
            column=trace.column,
            n=trace.rows,
        )
    if not traces:
        out.say(
            "Looked through {tables} tables and {columns} columns: the address is nowhere.",
            tables=done.searches[0].tables,
            columns=done.searches[0].columns,
        )
    if not done.is_scrubbed:
        out.say(
            "Deleted rows are overwritten on the disk when the database next vacuums or is idle."
        )
    out.say(
        "Out of our reach: backups, logs of mail servers, and files that were exported "
        "({n} export so far; who made it: subscribers audit list). After restoring a backup, "
        "erase {id} again.",
        plural="Out of our reach: backups, logs of mail servers, and files that were exported "
        "({n} exports so far; who made them: subscribers audit list). After restoring a backup, "
        "erase {id} again.",
        n=exports,
        id=done.erased.numbers[0],
    )
