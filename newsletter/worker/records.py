"""Keep the records as long as they may be kept, and see that the log of them is whole."""

from __future__ import annotations

from newsletter.app import App
from newsletter.errors import TamperedError
from newsletter.rights import retention
from subscribers import audit, pointers


def purge(app: App) -> str:
    """Purge what the rules say; tell how much went by which."""
    done = retention.purge(app)
    return ", ".join(f"{purged.rule}: {purged.count}" for purged in done) or "no rules"


def match_suppressions(app: App) -> str:
    """Let suppressions name who has their address where two writers missed each other."""
    with app.database.reading() as session:
        missed = pointers.missed(session)
    if not missed:
        return "none missed"
    with app.database.writing() as session:
        pointers.mend(session, missed, at=app.clock(), actor=retention.BY_ITSELF)
    return f"mended {len(missed)}"


def verify(app: App) -> str:
    """Check the audit log and return its seal, which so stands in the log of the service too.

    Raises TamperedError: a row is not as it was written.
    """
    with app.database.reading() as session:
        broken_at = audit.verify(session)
        seal = audit.seal(session)
    if broken_at is not None:
        raise broken(broken_at)
    return f"whole, seal {seal}" if seal else "empty"


def broken(entry_id: int) -> TamperedError:
    """Return what is said of a log whose first row that is not as it was written is this."""
    return TamperedError(
        "Row {id} of the audit log is not as it was written, or the one before it is gone. "
        "Nothing was changed. Compare it with a backup, and find out who can write to the "
        "database.",
        id=entry_id,
    )
