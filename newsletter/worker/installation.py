"""Is this database the one that sends, or a copy of it? A copy sends nothing until told to.

A restored backup knows nothing of what was sent after it was made: going on from it would mail
people twice. So the database holds a mark of its own and where it is, and what it says is compared
with what is so. A SQLite file has its inode, and a mark beside it with a number that grows every
minute; PostgreSQL gives a table that was restored another number than the one it remembers.

Not seen are two copies that are alike in all of that: a disc that was cloned, the data folder of
a PostgreSQL server put back as a whole.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.database import Database
from newsletter.delivery.pauses import Pause, PauseKind
from newsletter.delivery.reasons import Reason
from newsletter.errors import UnsafeError
from newsletter.models import DeliveryState, Installation, Issue, IssueState, ServiceMail
from subscribers import audit
from subscribers.wording import Sentence

_ONLY = 1
_NO_MARK = ("", 0)
_WAITS = Pause(
    PauseKind.SAFETY,
    Sentence(
        "This is a restored copy: what was sent after it was made is not known here. Compare with "
        "the log of the mail server before you go on."
    ),
)


def check(app: App) -> None:
    """Do nothing if this database may send; one that has no mark yet is given one.

    Raises UnsafeError: it is a copy.
    """
    with app.database.reading() as session:
        row = session.get(Installation, _ONLY)
        if row is None:
            # A mark beside a database without one: it stood here, and is older than that.
            is_copy = _read_mark(app.database) != _NO_MARK
        else:
            is_copy = not _is_at_home(app.database, session, row)
    if is_copy:
        raise UnsafeError(
            "This database is a restored copy. Nothing is sent from it, since readers could get a "
            "second time what they have got already. If it is to be the one that sends from here "
            "on: newsletter adopt"
        )
    if row is None:
        _settle(app)


def beat(app: App) -> str:
    """Note that this database is alive: a copy made before now can be told from it.

    Raises UnsafeError: it is a copy.
    """
    check(app)
    with app.database.writing() as session:
        row = session.get_one(Installation, _ONLY, with_for_update=True)
        row.generation += 1
        mark, generation = row.mark, row.generation
    _write_mark(app.database, mark, generation)
    return "alive"


def adopt(app: App, *, actor: str) -> tuple[int, int]:
    """Let a copy send from here on; return how many issues were paused and mails put in doubt.

    What was being sent or scheduled waits for somebody's word, and what waited in the outbox is
    uncertain: the original may have sent it.
    """
    now = app.clock()
    with app.database.writing() as session:
        issues = session.scalars(
            sa.select(Issue).where(Issue.state.in_((IssueState.SENDING, IssueState.SCHEDULED)))
        ).all()
        for issue in issues:
            issue.state, issue.paused_because = IssueState.PAUSED, _WAITS.to_json()
        waiting = (DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.IN_FLIGHT)
        mails = session.scalars(sa.select(ServiceMail).where(ServiceMail.state.in_(waiting))).all()
        for mail in mails:
            mail.state, mail.reason = DeliveryState.UNCERTAIN, Reason.RESTORED.value
            mail.next_attempt_at, mail.changed_at = None, now
        audit.record(
            session,
            at=now,
            actor=actor,
            action="installation.adopted",
            subject="installation",
            count=len(issues) + len(mails),
            details={},
        )
    _settle(app)
    return len(issues), len(mails)


def mark_as_copy(database: Database) -> None:
    """Make what stands in the place of a SQLite file count as a copy: it was just restored."""
    _write_mark(database, "restored", 0)


def _settle(app: App) -> None:
    """Give the database a mark of its own, here."""
    with app.database.writing() as session:
        row = session.get(Installation, _ONLY, with_for_update=True)
        if row is None:
            row = Installation(id=_ONLY, mark="", place="", generation=0)
            session.add(row)
        row.mark, row.place = secrets.token_hex(16), _place(app.database, session)
        row.generation += 1
        mark, generation = row.mark, row.generation
    _write_mark(app.database, mark, generation)


def _is_at_home(database: Database, session: Session, row: Installation) -> bool:
    if row.place != _place(database, session):
        return False
    if _beside(database) is None:
        return True
    mark, generation = _read_mark(database)
    # Less is what a crash between the two leaves.
    return mark == row.mark and generation <= row.generation


def _place(database: Database, session: Session) -> str:
    if database.is_sqlite:
        path = database.url.database
        return str(Path(path).stat().st_ino) if path and path != ":memory:" else "memory"
    return str(
        session.scalar(
            sa.text(
                "SELECT concat((SELECT oid FROM pg_database WHERE datname = current_database()), "
                "'.', 'installation'::regclass::oid)"
            )
        )
    )


def _beside(database: Database) -> Path | None:
    """Return where the mark of a SQLite file is kept; None for any other database."""
    path = database.url.database
    if not database.is_sqlite or not path or path == ":memory:":
        return None
    return Path(f"{path}.mark")


def _read_mark(database: Database) -> tuple[str, int]:
    beside = _beside(database)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        if beside is not None:
            value = json.loads(beside.read_text(encoding="ascii"))
            return str(value["mark"]), int(value["generation"])
    return _NO_MARK


def _write_mark(database: Database, mark: str, generation: int) -> None:
    beside = _beside(database)
    if beside is None:
        return
    there, number = _read_mark(database)
    # Another process may have been faster.
    if there == mark and number >= generation:
        return
    part = beside.with_name(f"{beside.name}.{secrets.token_hex(4)}")
    part.write_text(json.dumps({"mark": mark, "generation": generation}), encoding="ascii")
    part.replace(beside)
