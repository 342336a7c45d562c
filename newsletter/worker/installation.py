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
from sqlalchemy.dialects import postgresql, sqlite
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
#: The number of a mark that is given.
_FIRST = 1
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
    # The first look may fall between the row and the mark that another worker writes after it.
    if _is_copy(app) and _is_copy(app):
        raise UnsafeError(
            "This database is a restored copy. Nothing is sent from it, since readers could get a "
            "second time what they have got already. If it is to be the one that sends from here "
            "on: newsletter adopt"
        )


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
    _settle(app, again=True)
    return len(issues), len(mails)


def mark_as_copy(database: Database) -> None:
    """Make what stands in the place of a SQLite file count as a copy: it was just restored."""
    _write_mark(database, "restored", 0)


def _is_copy(app: App) -> bool:
    """Look whether all is where it was; what has no mark yet is given one."""
    # Before the row: what another worker has written here was committed there before.
    beside = _read_mark(app.database)
    with app.database.reading() as session:
        row = session.get(Installation, _ONLY)
        if row is not None and row.place != _place(app.database, session):
            return True
    if row is None and beside == _NO_MARK:
        _settle(app, again=False)
        return False
    if row is None:
        # It stood here, and is older than the mark.
        return True
    if _beside(app.database) is None:
        return False
    if row.generation == _FIRST and beside == _NO_MARK:
        # Whoever is to write it was killed, or is about to. A later one is never without.
        _write_mark(app.database, row.mark, row.generation)
        return False
    mark, generation = beside
    # Less is what a crash between the two leaves.
    return mark != row.mark or generation > row.generation


def _settle(app: App, *, again: bool) -> None:
    """Give the database a mark of its own, here; another than it has only `again`."""
    dialect = sqlite if app.database.is_sqlite else postgresql
    with app.database.writing() as session:
        session.execute(
            dialect.insert(Installation)
            .values(id=_ONLY, mark="", place="", generation=_FIRST - 1)
            .on_conflict_do_nothing()
        )
        row = session.get_one(Installation, _ONLY, with_for_update=True)
        # Another worker may have been faster.
        if again or not row.mark:
            row.mark, row.place = secrets.token_hex(16), _place(app.database, session)
            row.generation += 1
        mark, generation = row.mark, row.generation
    _write_mark(app.database, mark, generation)


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
