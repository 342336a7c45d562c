"""Whoever leaves is let go even while the database is not there; nothing is lost, or done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from newsletter.app import App
from newsletter.database import Database
from newsletter.web.site import create
from newsletter.worker import spool
from newsletter.worker.duties import DUTIES
from subscribers.models import ConsentEvent, ConsentKind, SubscriptionState
from subscribers.tokens import Purpose
from tests.conftest import Clock
from tests.newsletter.web.conftest import Reader, with_settings

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def app(app: App, tmp_path: Path) -> App:
    return with_settings(app, spool_dir=tmp_path / "spool")


@contextmanager
def pages(app: App, *, in_maintenance: bool = False) -> Iterator[TestClient]:
    with TestClient(
        create(app, in_maintenance=in_maintenance),
        base_url=app.settings.base_url,
        follow_redirects=False,
    ) as client:
        yield client


def without_database(app: App, tmp_path: Path) -> App:
    return replace(app, database=Database(f"sqlite:///{tmp_path}/there/is/no/such/folder.db"))


def withdrawals(app: App) -> int:
    with app.database.reading() as session:
        return (
            session.scalar(
                sa.select(sa.func.count())
                .select_from(ConsentEvent)
                .where(ConsentEvent.kind == ConsentKind.WITHDRAWN)
            )
            or 0
        )


def test_one_press_holds_while_the_database_is_gone_and_is_stored_when_it_is_back(
    app: App, reader: Reader, tmp_path: Path
) -> None:
    with pages(without_database(app, tmp_path)) as client:
        shown = client.get(reader.link)
        pressed = client.post(reader.link, data=ONE_CLICK)
    before = reader.state

    stored = spool.apply(app)

    assert (shown.status_code, pressed.status_code) == (200, 200)
    assert "Ja, avsluta" in shown.text
    assert pressed.text == "Du får inga fler nyhetsbrev."
    assert before is SubscriptionState.ACTIVE
    assert stored == 1
    assert reader.state is SubscriptionState.UNSUBSCRIBED
    assert not spool.is_filled(app)


def test_in_maintenance_readers_can_leave_and_the_database_is_left_alone(
    app: App, reader: Reader
) -> None:
    broken = replace(app, database=None)  # type: ignore[arg-type]

    with pages(broken, in_maintenance=True) as client:
        shown = client.get(reader.link)
        pressed = client.post(reader.link, data={"answer": "ja"})
        test = client.post(f"/avsluta/{reader.token(Purpose.TEST)}", data=ONE_CLICK)
        bad = client.post("/avsluta/x", data=ONE_CLICK)
        others = [client.get(path) for path in ("/", "/nyhetsbrev", "/redaktion", "/health")]

    assert shown.status_code == 200
    assert "Du får inga fler nyhetsbrev" in pressed.text
    assert test.headers["X-Newsletter-Way-Out"] == "test"
    assert bad.status_code == 404
    assert {page.status_code for page in others} == {503}
    assert "Vi ser över sidorna" in others[0].text
    assert spool.apply(app) == 1
    assert reader.state is SubscriptionState.UNSUBSCRIBED


def test_a_wish_found_again_after_a_crash_is_not_applied_again(
    app: App, reader: Reader, clock: Clock, tmp_path: Path
) -> None:
    with pages(app, in_maintenance=True) as client:
        client.post(reader.link, data=ONE_CLICK)
    [file] = (tmp_path / "spool").glob("*.withdrawal")
    wish = file.read_bytes()
    spool.apply(app)
    clock.forward(hours=1)
    with pages(app) as client:
        undo = client.get(reader.link)
        link = undo.text.partition('action="')[2].partition('"')[0]
        client.post(link, data={"answer": "ja"})
    came_back = reader.state

    # As if the machine had stopped between the commit and the file's end.
    file.write_bytes(wish)
    spool.apply(app)

    assert came_back is SubscriptionState.ACTIVE
    assert reader.state is SubscriptionState.ACTIVE
    assert withdrawals(app) == 1
    assert not spool.is_filled(app)


def test_several_workers_apply_each_wish_once(app: App, reader: Reader) -> None:
    with pages(app, in_maintenance=True) as client:
        for _ in range(5):
            client.post(reader.link, data=ONE_CLICK)
    threads = [threading.Thread(target=spool.apply, args=(app,)) for _ in range(3)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert withdrawals(app) == 1
    assert not spool.is_filled(app)


def test_a_database_that_takes_nothing_leaves_the_wish_where_it_is(
    app: App, reader: Reader, tmp_path: Path
) -> None:
    with pages(app, in_maintenance=True) as client:
        client.post(reader.link, data=ONE_CLICK)

    with pytest.raises(Exception, match="database"):
        spool.apply(without_database(app, tmp_path))

    assert spool.is_filled(app)
    assert spool.apply(app) == 1


def test_what_is_no_wish_is_left_for_somebody_to_look_at(app: App, tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    for number, text in enumerate(("", "{}", '{"subscriber": "x"}', "[1]")):
        (tmp_path / "spool" / f"{number}.withdrawal").write_text(text)

    assert spool.apply(app) == 0
    assert len(list((tmp_path / "spool").iterdir())) == 4


def test_a_disk_that_takes_nothing_is_told_and_nobody_is_told_they_left(
    app: App, reader: Reader, tmp_path: Path
) -> None:
    (tmp_path / "spool").write_text("not a folder")

    with pages(app, in_maintenance=True) as client:
        answer = client.post(reader.link, data=ONE_CLICK)

    assert answer.status_code == 503
    assert "Du får inga fler" not in answer.text


def test_the_wish_is_private_and_holds_no_address(app: App, reader: Reader, tmp_path: Path) -> None:
    with pages(app, in_maintenance=True) as client:
        client.post(reader.link, data=ONE_CLICK)

    folder = tmp_path / "spool"
    [file] = folder.iterdir()
    assert "@" not in file.read_text()
    assert folder.stat().st_mode & 0o077 == 0


def test_the_program_applies_wishes_by_itself() -> None:
    assert any(duty.work is spool.apply for duty in DUTIES)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_command_serves_maintenance_without_any_database(
    tmp_path: Path, reader: Reader
) -> None:
    settings = reader.app.settings
    (tmp_path / "newsletter.toml").write_text(
        f'database_url = "sqlite:///{tmp_path}/nowhere/x.db"\n'
        f'secret = "{settings.secret.get_secret_value()}"\n'
        f'suppression_secret = "{settings.suppression_secret.get_secret_value()}"\n',
        encoding="utf-8",
    )
    with subprocess.Popen(
        [sys.executable, "-m", "newsletter", "serve", "--maintenance", "--port", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        text=True,
    ) as serving:
        assert serving.stdout is not None
        said = serving.stdout.readline()
        serving.send_signal(signal.SIGTERM)
        code = serving.wait(timeout=30)

    assert "http://127.0.0.1:" in said
    assert code == 0
    assert not (tmp_path / "nowhere").exists()
