"""A reader's own settings: what a link opens, for how long, and what a forwarded mail cannot do."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from newsletter.app import App
from newsletter.models import ServiceMail
from newsletter.worker import forgetting
from subscribers import addresses, preferences, suppression
from subscribers.models import (
    AddressChange,
    Subscriber,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from subscribers.preferences import Chosen
from subscribers.tokens import Claim, Purpose
from tests.conftest import Clock
from tests.newsletter.web.conftest import Reader, add_reader, everything_in

KIM = "kim.exempel@example.org"
NEW = "kim@exempel.example.net"


@pytest.fixture
def link(reader: Reader) -> str:
    return f"/nyhetsbrev/installningar/{reader.token(Purpose.SETTINGS)}"


def mails(app: App) -> list[tuple[str, str]]:
    with app.database.reading() as session:
        rows = session.execute(sa.select(ServiceMail.kind, ServiceMail.address))
        return sorted((row.kind, row.address) for row in rows)


def chosen(reader: Reader) -> Chosen:
    with reader.app.database.reading() as session:
        found = preferences.of(session, reader.id, reader.app.newsletter_id)
    assert found is not None
    return found


def address(reader: Reader) -> str:
    with reader.app.database.reading() as session:
        return session.get_one(Subscriber, reader.id).address


def change_link(app: App, purpose: Purpose) -> str:
    """Return the link of the newest change, as its mail has it."""
    with app.database.reading() as session:
        number = session.scalars(sa.select(sa.func.max(AddressChange.id))).one()
    assert number is not None
    page = {Purpose.NEW_ADDRESS: "ny-adress", Purpose.OLD_ADDRESS: "gammal-adress"}[purpose]
    token = app.keys.sign(Claim(purpose, number, app.newsletter_id, app.clock()))
    return f"/{page}/{token}"


def press(client: TestClient, path: str, **form: str) -> Any:
    return client.post(path, data={"answer": "ja"} | form)


def test_settings_show_a_masked_address_and_no_more_of_it(client: TestClient, link: str) -> None:
    page = client.get(link)

    assert page.status_code == 200
    assert "k…l@example.org" in page.text
    assert KIM not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize(
    ("at", "months", "until"),
    [
        # By the clocks of the newsletter it is the 21st already.
        (datetime(2026, 11, 20, 23, 30, tzinfo=ZoneInfo("UTC")), "3", (2027, 2, 21)),
        (datetime(2026, 11, 30, 12, 0, tzinfo=ZoneInfo("UTC")), "3", (2027, 2, 28)),
        (datetime(2026, 11, 20, 12, 0, tzinfo=ZoneInfo("UTC")), "12", (2027, 11, 20)),
    ],
)
def test_a_pause_of_months_ends_on_the_same_day_of_a_later_month(
    client: TestClient, reader: Reader, clock: Clock, at: datetime, months: str,
    until: tuple[int, int, int],
) -> None:  # fmt: skip
    clock.at = at
    link = f"/nyhetsbrev/installningar/{reader.token(Purpose.SETTINGS)}"

    page = client.post(link, data={"language": "sv", "pause": months})

    paused_until = chosen(reader).paused_until
    assert paused_until == datetime(*until, tzinfo=ZoneInfo("Europe/Stockholm"))
    assert "Sparat." in page.text
    assert "Pausad till" in page.text


def test_a_pause_is_kept_when_only_the_language_changes_and_ends_when_asked(
    client: TestClient, reader: Reader, link: str
) -> None:
    client.post(link, data={"language": "sv", "pause": "2"})
    first = chosen(reader).paused_until
    page = client.post(link, data={"language": "en", "pause": ""})
    second = chosen(reader)
    client.post(link, data={"language": "en", "pause": "0"})

    assert (second.paused_until, second.language) == (first, "en")
    assert '<html lang="en"' in page.text
    assert chosen(reader).paused_until is None


@pytest.mark.parametrize(
    "form", [{}, {"language": "de", "pause": "99"}, {"pause": "-1"}, {"pause": "²"}]
)
def test_what_cannot_be_chosen_changes_nothing(
    client: TestClient, reader: Reader, link: str, form: dict[str, str]
) -> None:
    before = chosen(reader)

    assert client.post(link, data=form).status_code == 200
    assert chosen(reader) == before


def test_after_a_day_the_link_opens_the_settings_but_nothing_that_could_harm(
    app: App, client: TestClient, reader: Reader, clock: Clock, link: str
) -> None:
    clock.forward(hours=25)
    before = everything_in(app.database)

    for step in ("adress", "uppgifter", "radera"):
        shown = client.get(f"{link}/{step}")
        pressed = press(client, f"{link}/{step}", email=NEW)
        assert (shown.status_code, pressed.status_code) == (410, 410)
        assert "Skicka en ny länk" in shown.text
    unharmed = everything_in(app.database)
    settings = client.get(link)
    sent = client.post(f"{link}/radera", data={"answer": "ny"})

    assert unharmed == before
    assert settings.status_code == 200
    assert "Vi har skickat en länk till" in sent.text
    assert mails(app) == [("settings_link", KIM)]
    assert reader.state is SubscriptionState.ACTIVE


def test_after_a_month_the_link_gives_only_a_new_one(
    client: TestClient, reader: Reader, clock: Clock, link: str
) -> None:
    clock.forward(days=31)

    page = client.get(link)
    client.post(link, data={"language": "en", "pause": "1"})

    assert page.status_code == 410
    assert "Länken har gått ut" in page.text
    assert chosen(reader).language == "sv"


def test_a_forwarded_issue_can_unsubscribe_and_mail_the_reader_and_no_more(
    app: App, client: TestClient, reader: Reader
) -> None:
    token = reader.token(Purpose.UNSUBSCRIBE)

    for path in (
        f"/nyhetsbrev/installningar/{token}",
        f"/nyhetsbrev/installningar/{token}/radera",
        f"/bekrafta/{token}",
        f"/ny-adress/{token}",
        f"/gammal-adress/{token}",
        f"/mina-uppgifter/{token}",
    ):
        assert client.get(path).status_code == 404, path
    offered = client.get(f"/nyhetsbrev/ny-lank/{token}")
    client.post(f"/nyhetsbrev/ny-lank/{token}", data={"answer": "ny"})

    assert "k…l@example.org" in offered.text
    assert KIM not in offered.text
    assert mails(app) == [("settings_link", KIM)]
    assert reader.state is SubscriptionState.ACTIVE


def test_the_address_changes_once_the_new_inbox_says_so_and_the_old_one_is_told(
    app: App, client: TestClient, reader: Reader, link: str
) -> None:
    asked = client.post(f"{link}/adress", data={"email": f" {NEW} "})
    before = address(reader)
    confirm = change_link(app, Purpose.NEW_ADDRESS)
    looked = client.get(confirm)
    still = address(reader)

    done, again = press(client, confirm), press(client, confirm)

    assert NEW in asked.text
    assert "k…m@exempel.example.net" in looked.text
    assert NEW not in looked.text
    assert (before, still, address(reader)) == (KIM, KIM, NEW)
    assert "Den nya adressen gäller" in done.text
    assert "Den nya adressen gäller" in again.text
    assert mails(app) == [("new_address", NEW), ("old_address", KIM)]
    assert reader.state is SubscriptionState.ACTIVE


def test_the_old_inbox_takes_the_change_back_for_a_fortnight(
    app: App, client: TestClient, reader: Reader, clock: Clock, link: str
) -> None:
    client.post(f"{link}/adress", data={"email": NEW})
    press(client, change_link(app, Purpose.NEW_ADDRESS))
    undo = change_link(app, Purpose.OLD_ADDRESS)
    clock.forward(days=13, hours=23)

    looked = client.get(undo)
    between = address(reader)
    press(client, undo)
    back = address(reader)
    again = press(client, undo)

    assert looked.status_code == 200
    assert (between, back) == (NEW, KIM)
    assert "gäller igen" in again.text


def test_after_a_fortnight_the_change_stands(
    app: App, client: TestClient, reader: Reader, clock: Clock, link: str
) -> None:
    client.post(f"{link}/adress", data={"email": NEW})
    press(client, change_link(app, Purpose.NEW_ADDRESS))
    undo = change_link(app, Purpose.OLD_ADDRESS)
    clock.forward(days=14, minutes=1)

    assert press(client, undo).status_code == 410
    assert address(reader) == NEW


def test_an_address_given_up_is_forgotten_when_it_cannot_be_taken_back_any_more(
    app: App, client: TestClient, clock: Clock, link: str
) -> None:
    client.post(f"{link}/adress", data={"email": NEW})
    press(client, change_link(app, Purpose.NEW_ADDRESS))

    clock.forward(days=13)
    forgetting.forget(app)
    with app.database.reading() as session:
        kept = session.scalars(sa.select(AddressChange.old_address)).all()
    clock.forward(days=1, minutes=1)
    forgetting.forget(app)
    with app.database.reading() as session:
        gone = session.scalars(sa.select(AddressChange.old_address)).all()

    assert (kept, gone) == ([KIM], [])


def test_whoever_took_the_address_twice_loses_it_to_the_first_inbox(
    app: App, client: TestClient, reader: Reader, link: str
) -> None:
    client.post(f"{link}/adress", data={"email": NEW})
    press(client, change_link(app, Purpose.NEW_ADDRESS))
    undo = change_link(app, Purpose.OLD_ADDRESS)
    client.post(f"{link}/adress", data={"email": "further@example.com"})
    press(client, change_link(app, Purpose.NEW_ADDRESS))
    further = address(reader)

    press(client, undo)

    assert further == "further@example.com"
    assert address(reader) == KIM


def test_an_address_that_is_somebody_elses_or_barred_is_not_taken(
    app: App, client: TestClient, reader: Reader, link: str, clock: Clock
) -> None:
    add_reader(app, "lo@example.org")
    with app.database.writing() as session:
        suppression.add(
            session, app.keys, reason=SuppressionReason.MANUAL, at=clock(),
            address=addresses.read("robin@example.org"),
        )  # fmt: skip

    for taken in ("Lo@example.org", "robin@example.org"):
        asked = client.post(f"{link}/adress", data={"email": taken})
        done = press(client, change_link(app, Purpose.NEW_ADDRESS))
        # Whoever asks learns nothing; only that inbox does.
        assert asked.status_code == 200
        assert done.status_code == 410
        assert "går inte att byta till" in done.text
    assert address(reader) == KIM


def test_a_new_address_that_bounced_once_is_mailed_again(
    app: App, client: TestClient, link: str, clock: Clock
) -> None:
    with app.database.writing() as session:
        suppression.add(
            session, app.keys, reason=SuppressionReason.HARD_BOUNCE, at=clock(),
            address=addresses.read(NEW),
        )  # fmt: skip

    client.post(f"{link}/adress", data={"email": NEW})
    press(client, change_link(app, Purpose.NEW_ADDRESS))

    with app.database.reading() as session:
        assert session.scalars(sa.select(Suppression)).all() == []


@pytest.mark.parametrize("typed", ["", "kim", "pär@example.org"])
def test_what_is_no_new_address_is_explained(
    app: App, client: TestClient, link: str, typed: str
) -> None:
    answer = client.post(f"{link}/adress", data={"email": typed})

    assert answer.status_code == 422
    assert "<title>Fel: " in answer.text
    assert mails(app) == []


def test_all_that_is_held_comes_behind_a_mailed_link_for_a_day(
    app: App, client: TestClient, reader: Reader, clock: Clock, link: str
) -> None:
    asked = press(client, f"{link}/uppgifter")
    data = f"/mina-uppgifter/{reader.token(Purpose.DATA)}"

    page, file = client.get(data), press(client, data)
    clock.forward(hours=24, minutes=1)
    late = client.get(data)

    assert KIM not in asked.text
    assert mails(app) == [("data_link", KIM)]
    assert KIM in page.text
    assert page.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(file.content)) as package:
        held = json.loads(package.read("mina-uppgifter.json"))
    assert held["addresses"][0]["address"] == KIM
    assert re.fullmatch(
        r'attachment; filename="G-2026-\d{3}.zip"', file.headers["Content-Disposition"]
    )
    assert late.status_code == 410


@pytest.mark.parametrize(("form", "kept"), [({}, 1), ({"forget": "ja"}, 0)])
def test_who_is_erased_is_nowhere_and_the_page_gives_a_number(
    app: App, client: TestClient, reader: Reader, link: str, form: dict[str, str], kept: int
) -> None:
    client.post(f"{link}/adress", data={"email": NEW})
    looked = client.get(f"{link}/radera")
    before = reader.state

    done = press(client, f"{link}/radera", **form)
    later = client.get(link)

    assert looked.status_code == 200
    assert before is SubscriptionState.ACTIVE
    assert re.search(r"<code>G-2026-\d{3}</code>", done.text)
    assert later.status_code == 410
    everything = repr(everything_in(app.database))
    assert KIM not in everything
    assert NEW not in everything
    with app.database.reading() as session:
        assert len(session.scalars(sa.select(Suppression)).all()) == kept


def test_looking_at_any_of_the_pages_changes_nothing(
    app: App, client: TestClient, reader: Reader, link: str
) -> None:
    client.post(f"{link}/adress", data={"email": NEW})
    press(client, change_link(app, Purpose.NEW_ADDRESS))
    paths = [
        link,
        *(f"{link}/{step}" for step in ("adress", "uppgifter", "radera")),
        f"/nyhetsbrev/ny-lank/{reader.token()}",
        f"/mina-uppgifter/{reader.token(Purpose.DATA)}",
        change_link(app, Purpose.NEW_ADDRESS),
        change_link(app, Purpose.OLD_ADDRESS),
    ]
    before = everything_in(app.database)

    for path in paths:
        for _ in range(2):
            assert client.get(path).status_code == 200, path
            assert client.head(path).status_code == 200, path

    assert everything_in(app.database) == before
