"""Two newsletters on one site: each page and mail speaks for the one it is about, and no other."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from starlette.testclient import TestClient

from newsletter.app import App
from newsletter.settings import FurtherNewsletterSettings, Settings
from newsletter.worker import post
from subscribers import consent
from subscribers.models import ConsentEvent, Subscriber, Subscription, SubscriptionState
from subscribers.tokens import Claim, Purpose
from tests.mail_server import MailServer
from tests.newsletter.web.conftest import Reader, add_reader, client_of, publish_issue

FIRST, OTHER = "Nyhetsbrev om VGR:s externa arbete", "Forskningsnytt"


@pytest.fixture
def settings(settings: Settings, mail_server: MailServer) -> Settings:
    further = FurtherNewsletterSettings(
        slug="forskning", name=OTHER, from_name="Forskning", from_address="forskning@example.net"
    )
    values = {name: getattr(settings, name) for name in settings.model_fields_set}
    values["newsletter"] = settings.newsletter.model_copy(update={"about": "Nyheter utifrån."})
    return Settings(**values | {"newsletters": [further], "smtp_url": SecretStr(mail_server.url)})


@pytest.fixture
def other(app: App) -> App:
    return app.of("forskning")


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with client_of(app) as client:
        yield client


def state(app: App, reader: Reader) -> SubscriptionState | None:
    with app.database.reading() as session:
        standing = consent.standing(session, reader.id, app.newsletter_id)
    return standing.state if standing else None


def letters(mail_server: MailServer) -> list[EmailMessage]:
    return [
        email.message_from_bytes(one.content, policy=email.policy.default)
        for one in mail_server.received
    ]


def token(app: App, reader: Reader, purpose: Purpose) -> str:
    return app.keys.sign(Claim(purpose, reader.id, app.newsletter_id, app.clock()))


def test_what_is_not_set_is_as_in_the_first_but_for_what_speaks_of_one_alone(
    app: App, other: App
) -> None:
    ours, theirs = app.settings.sender, other.settings.sender

    assert theirs.reply_to == ours.reply_to
    assert theirs.unsubscribe_address == ours.unsubscribe_address
    assert app.settings.newsletter.about
    assert other.settings.newsletter.about == ""
    assert (ours.list_id, theirs.list_id) == ("nyhetsbrev.example.org", "forskning.example.net")
    assert app.newsletter_id != other.newsletter_id
    assert other.of("nyhetsbrev").settings.newsletter == app.settings.newsletter


def test_each_has_its_own_pages_and_feed(app: App, other: App, client: TestClient) -> None:
    publish_issue(app, name="2017-02", number=2, subject="Den första")
    publish_issue(
        other, name="2017-02", number=2, subject="Den andra", path="/nyhetsbrev/forskning"
    )

    for path, ours, theirs, name in (
        ("/nyhetsbrev", "Den första", "Den andra", FIRST),
        ("/nyhetsbrev/forskning", "Den andra", "Den första", OTHER),
    ):
        for page in ("", "/2017-02", "/feed.xml", "/prenumerera"):
            answer = client.get(f"{path}{page}")
            assert answer.status_code == 200
            assert ours in answer.text
            assert theirs not in answer.text
            assert name in answer.text
        feed = client.get(f"{path}/feed.xml").text
        assert f'href="https://nyhetsbrev.example.org{path}/2017-02"' in feed
        listed = client.get(path).text
        assert f'href="{path}/2017-02"' in listed
        assert f'href="{path}/prenumerera"' in listed
    assert OTHER in client.get("/nyhetsbrev/forskning/1999-01").text


def test_other_programs_are_told_of_each_by_its_slug(
    app: App, other: App, client: TestClient
) -> None:
    publish_issue(app, name="2017-02", number=2, subject="Den första")
    publish_issue(
        other, name="2017-02", number=2, subject="Den andra", path="/nyhetsbrev/forskning"
    )

    every = client.get("/api/newsletters").json()["newsletters"]
    assert [one["slug"] for one in every] == ["nyhetsbrev", "forskning"]
    assert client.get("/api/newsletter").json() == every[0]
    for one, subject in zip(every, ("Den första", "Den andra"), strict=True):
        asked = {"newsletter": one["slug"]}
        [line] = client.get("/api/issues", params=asked).json()["issues"]
        whole = client.get("/api/issues/2017-02", params=asked).json()
        feed = client.get(one["feed_url"]).text
        assert line["subject"] == whole["subject"] == subject
        assert line["url"] == f"{one['archive_url']}/2017-02"
        assert whole["announcement_id"] in feed
        assert one["name"] in client.get("/api/consent", params=asked).json()["text"]
    for path in ("newsletter", "consent", "issues", "issues/2017-02"):
        assert client.get(f"/api/{path}?newsletter=no-such").status_code == 400


def test_a_wish_is_for_the_newsletter_that_it_names(
    app: App, other: App, client: TestClient
) -> None:
    mark = client.get("/api/consent?lang=sv&newsletter=forskning").json()["mark"]
    wish = {"email": "kim@example.org", "language": "sv", "mark": mark}

    unknown = client.post("/api/subscriptions", json=wish | {"newsletter": "no-such"})
    taken = client.post("/api/subscriptions", json=wish | {"newsletter": "forskning"})

    assert (unknown.status_code, taken.status_code) == (400, 202)
    with app.database.reading() as session:
        [asked] = session.scalars(sa.select(ConsentEvent.newsletter_id)).all()
    assert asked == other.newsletter_id


def test_one_click_leaves_the_newsletter_of_the_mail_and_no_other(
    app: App, other: App, client: TestClient
) -> None:
    reader = add_reader(app)
    assert add_reader(other).id == reader.id
    link = f"/avsluta/{token(other, reader, Purpose.UNSUBSCRIBE)}"

    asked = client.get(link).text
    answer = client.post(link, data={"List-Unsubscribe": "One-Click"})

    assert OTHER in asked
    assert FIRST not in asked
    assert answer.status_code == 200
    assert state(other, reader) is SubscriptionState.UNSUBSCRIBED
    assert state(app, reader) is SubscriptionState.ACTIVE


def test_settings_are_of_the_newsletter_of_the_link(
    app: App, other: App, client: TestClient
) -> None:
    reader = add_reader(app)
    add_reader(other)
    page = client.get(f"/nyhetsbrev/installningar/{token(other, reader, Purpose.SETTINGS)}").text

    assert f"<strong>{OTHER}</strong>" in page
    # The way to those of the other.
    [link] = [part.split('"')[0] for part in page.split('href="')[1:] if f">{FIRST}<" in part]
    assert f"<strong>{FIRST}</strong>" in client.get(link).text


def test_who_joins_one_is_greeted_by_it_and_stands_on_no_other(
    app: App, other: App, client: TestClient, mail_server: MailServer
) -> None:
    path = "/nyhetsbrev/forskning/prenumerera"
    form = client.get(path).text
    mark = form.split('name="mark" value="')[1].split('"')[0]
    answer = client.post(path, data={"email": "ny@example.org", "language": "sv", "mark": mark})
    assert answer.status_code == 200

    asyncio.run(post.empty(app))

    with app.database.reading() as session:
        [subscription] = session.scalars(sa.select(Subscription)).all()
        assert subscription.newsletter_id == other.newsletter_id
    [mail] = letters(mail_server)
    assert mail["From"] == "Forskning <forskning@example.net>"
    part = mail.get_body(("plain",))
    assert part is not None
    body = " ".join(part.get_content().split())
    assert OTHER in body
    assert FIRST not in body


def test_confirmations_come_from_the_newsletter_they_are_about(
    app: App, other: App, mail_server: MailServer
) -> None:
    for one in (app, other):
        add_reader(one, state=SubscriptionState.PENDING)
    with app.database.writing() as session:
        session.execute(sa.update(Subscription).values(optin_due_at=app.clock()))
    # The worker is started for all; each mail is made from its row alone.
    assert post.has_confirmations_due(app)
    assert post.queue_confirmations(app) == 2

    asyncio.run(post.empty(app))

    assert sorted(mail["From"] for mail in letters(mail_server)) == [
        "Externa relationer <nyhetsbrev@example.org>", "Forskning <forskning@example.net>",
    ]  # fmt: skip


def test_without_its_settings_a_newsletter_asks_nobody(app: App, other: App) -> None:
    add_reader(other, state=SubscriptionState.PENDING)
    with app.database.writing() as session:
        session.execute(sa.update(Subscription).values(optin_due_at=app.clock()))
        assert session.scalar(sa.select(sa.func.count(Subscriber.id))) == 1
    alone = replace(app, settings=app.settings.model_copy(update={"newsletters": []}))

    assert not post.has_confirmations_due(alone)
    assert post.queue_confirmations(alone) == 0
