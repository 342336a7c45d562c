"""`newsletter duties`: what the program does by itself, and how it went."""

from __future__ import annotations

import asyncio

import cyclopts

from newsletter.cli.command import BUSY, DONE, FAILED, Common
from newsletter.delivery import leases
from newsletter.errors import NoSuchError
from newsletter.worker import rota
from newsletter.worker.duties import DUTIES

program = cyclopts.App(name="duties", help="What the program does by itself, and how it went.")


@program.command(name="list")
def list_(*, common: Common | None = None) -> None:
    """List the duties: when each was done, what it did, and when it is due again.

    Example: newsletter duties list
    """
    app, out = (common or Common()).open_for_all()
    with app.database.reading() as session:
        known = rota.rows(session)
    zone, language = app.settings.zone, out.language
    table, listed = [], []
    for duty in DUTIES:
        row = known.get(duty.name)
        done_at, due_at = (row.done_at, row.due_at) if row else (None, None)
        table.append(
            (
                duty.name,
                language.moment(done_at, zone) if done_at else "–",
                language.moment(due_at, zone) if due_at else "–",
                row.last_result if row else "",
            )
        )
        listed.append(
            {
                "name": duty.name,
                "done_at": done_at and done_at.isoformat(),
                "due_at": due_at and due_at.isoformat(),
                "last_result": row.last_result if row else "",
                "failures": row.failures if row else 0,
            }
        )
    out.table(["duty", "last done", "due", "what it did"], table)
    out.result(listed)


@program.command
def run(name: str, /, *, common: Common | None = None) -> int:
    """Do one duty now, whenever it is due. Exits with 5 if a worker is at it.

    Example: newsletter duties run confirmations

    Parameters
    ----------
    name
        A name from newsletter duties list.
    """
    app, out = (common or Common()).open_for_all()
    duty = next((duty for duty in DUTIES if duty.name == name), None)
    if duty is None:
        raise NoSuchError(
            "There is no duty called {name}. Nothing was done. See them: newsletter duties list",
            name=name,
        )
    result = asyncio.run(rota.do(app, duty, owner=leases.new_owner(), at_once=True))
    if result is None:
        out.say("A worker is doing {name} at this moment; nothing was done.", name=name)
        return BUSY
    with app.database.reading() as session:
        failed = bool(rota.rows(session)[name].failures)
    out.plain(result)
    out.result({"name": name, "result": result, "failed": failed})
    return FAILED if failed else DONE
