"""`newsletter backup|restore|adopt`: copies of the database, none of which sends by itself."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from newsletter.app import App
from newsletter.cli.command import Common
from newsletter.errors import StorageError, UnsafeError, UsageError
from newsletter.worker import installation


def backup(file: Path, /, *, common: Common | None = None) -> None:
    """Copy the database to a file, whole and as it is at one moment, while it is in use.

    Keep newsletter.toml with it, for its secrets. Where the database is PostgreSQL, use pg_dump.

    Example: newsletter backup backups/2026-11-25.db
    """
    app, out = (common or Common()).open_for_all()
    source = _file_of(app, "pg_dump --format=custom --file={file} DATABASE", file)
    if file.exists():
        raise UsageError(
            "The file {path} exists already. Nothing was done. Choose another name.",
            path=str(file),
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _copy(source, file)
    except (OSError, sqlite3.Error) as error:
        file.unlink(missing_ok=True)
        raise StorageError(
            "The backup {path} could not be written ({cause}). Nothing of it was kept.",
            path=str(file),
            cause=str(error),
        ) from error
    # From now on the copy can be told from the original, wherever it is put.
    installation.beat(app)
    out.say(
        "The database is copied to {path} ({n} bytes). Keep newsletter.toml with it: the secrets "
        "in it belong to this list.",
        path=str(file),
        n=file.stat().st_size,
    )
    out.result({"file": str(file), "bytes": file.stat().st_size})


def restore(
    file: Path,
    /,
    *,
    yes: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> None:
    """Put a backup in the place of the database; it sends nothing until it is adopted.

    Stop newsletter serve and all workers first. The database that was there is kept beside it.
    Where the database is PostgreSQL, use pg_restore.

    Example: newsletter restore backups/2026-11-25.db --yes

    Parameters
    ----------
    yes
        The database is replaced; needed.
    """
    app, out = (common or Common()).open_for_all()
    target = _file_of(app, "pg_restore --clean --dbname=DATABASE {file}", file)
    _see_that_it_is_whole(file)
    if not yes:
        raise UnsafeError(
            "{path} would take the place of the database. Nothing was done. Stop newsletter serve "
            "and all workers, then add --yes.",
            path=str(file),
        )
    app.database.close()
    new = target.with_name(f"{target.name}.new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    _copy(file, new)
    installation.mark_as_copy(app.database)
    kept = target.with_name(f"{target.name}.before")
    target.replace(kept)
    for rest in ("-wal", "-shm"):
        Path(f"{target}{rest}").unlink(missing_ok=True)
    new.replace(target)
    out.say(
        "{path} is the database now; the former one is kept as {kept}. Nothing is sent from it "
        "until you say so: newsletter adopt",
        path=str(file),
        kept=str(kept),
    )
    out.result({"restored": str(file), "kept": str(kept)})


def adopt(
    *,
    yes: Annotated[bool, Parameter(negative="")] = False,
    common: Common | None = None,
) -> None:
    """Let a restored copy send from here on. What was being sent is paused first.

    Example: newsletter adopt --yes

    Parameters
    ----------
    yes
        The original must not send any more; needed.
    """
    app, out = (common or Common()).open_for_all()
    if not yes:
        raise UnsafeError(
            "If the original still sends, readers would get things twice. Nothing was done. See to "
            "it that it does not, then add --yes."
        )
    issues, mails = installation.adopt(app, actor=app.actor)
    out.say(
        "This database sends from here on. {issues} issues were paused and {mails} service mails "
        "are uncertain: look at each before you go on.",
        issues=issues,
        mails=mails,
    )
    out.result({"paused": issues, "uncertain": mails})


def _file_of(app: App, otherwise: str, file: Path) -> Path:
    """Return the file of the database, or say with what it is copied instead."""
    if not app.database.is_sqlite:
        raise UsageError(
            "The database is PostgreSQL, which has its own tool. Nothing was done. Use: {command}",
            command=otherwise.format(file=file),
        )
    return Path(app.database.url.database or "")


def _copy(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(source)) as from_,
        closing(sqlite3.connect(target)) as to,
    ):
        from_.backup(to)


def _see_that_it_is_whole(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            [answer] = connection.execute("PRAGMA integrity_check").fetchone()
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        answer = str(error)
    if answer != "ok":
        raise StorageError(
            "{path} is not a whole backup of a newsletter ({cause}). Nothing was done.",
            path=str(file),
            cause=answer,
        )
