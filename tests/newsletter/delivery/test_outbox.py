"""A service mail goes to one person, once, while it has a point; nothing of it is forgotten."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.app import App
from newsletter.database import Database
from newsletter.delivery import confirmations, outbox
from newsletter.delivery.pauses import Pause
from newsletter.delivery.posting import send_outbox
from newsletter.delivery.reasons import Reason
from newsletter.delivery.sending import Limits
from newsletter.delivery.servers import Server
from newsletter.delivery.service_mails import Links
from newsletter.delivery.stationery import Stationery
from newsletter.delivery.transport import Transport
from newsletter.errors import StorageError
from newsletter.models import DeliveryState, ServiceMail
from newsletter.templates_folder import TemplatesFolder
from subscribers import addresses, consent, erasing, suppression
from subscribers.models import (
    ConsentBasis,
    Subscriber,
    Subscription,
    SubscriptionState,
    SuppressionReason,
)
from subscribers.tokens import Purpose
from tests.conftest import Clock
from tests.dkim_judge import SIGNER, verdicts
from tests.mail_server import MailServer
from tests.newsletter.delivery.approved import smtp
from tests.newsletter.delivery.scripted_server import Fault, ScriptedServer
from tests.newsletter.rendering.conftest import OwnTemplates, own_templates, templates

__all__ = ["own_templates", "templates"]

KIM = addresses.read("kim.exempel@example.org")
Post = Callable[[Transport], Awaitable[Pause | None]]


@pytest.fixture
def post(app: App) -> Post:
    """Send what is due; the tests say over what."""
    return lambda transport: send(app, transport)


async def send(app: App, transport: Transport) -> Pause | None:
    return await send_outbox(
        app.database,
        links=Links(app.keys, app.settings.base_url),
        stationery=Stationery(app.press, SIGNER),
        clock=app.clock,
        servers=[Server(transports=[transport])],
        limits=Limits(back_off=(0.0, 0.0)),
    )


@pytest.fixture
def signed_up(app: App) -> int:
    """Somebody who signed up, and is to be asked to confirm; their row."""
    with app.database.writing() as session:
        added = consent.add(
            session,
            KIM,
            app.newsletter_id,
            keys=app.keys,
            basis=ConsentBasis.CONSENT,
            source="web form",
            language="sv",
            at=app.clock(),
            actor="subscriber",
            state=SubscriptionState.PENDING,
        )
        session.execute(sa.update(Subscription).values(optin_due_at=app.clock()))
    assert added.subscriber_id is not None
    return added.subscriber_id


@pytest.fixture
def queued(app: App, signed_up: int) -> int:
    """The same, with the confirmation in the outbox."""
    queue(app)
    return signed_up


def queue(app: App) -> int:
    with app.database.writing() as session:
        return confirmations.queue_due(
            session, {app.newsletter_id: app.settings.sender}, keys=app.keys, now=app.clock()
        )


def mails(database: Database) -> list[ServiceMail]:
    with database.reading() as session:
        return list(session.scalars(sa.select(ServiceMail).order_by(ServiceMail.id)))


# From a row that is due to a mail in a mailbox


async def test_who_signed_up_is_asked_once_to_confirm(
    app: App, signed_up: int, post: Post, mail_server: MailServer
) -> None:
    assert queue(app) == 1
    assert queue(app) == 0

    pause = await post(smtp(mail_server.url))
    await post(smtp(mail_server.url))

    [received] = mail_server.received
    assert pause is None
    assert received.rcpt_to == [KIM.wire]
    message = message_from_bytes(received.content, policy=policy.default)
    assert message["To"] == KIM.wire
    assert message["Subject"] == f"Bekräfta din prenumeration på {app.settings.newsletter.name}"
    assert message["Auto-Submitted"] == "auto-generated"
    assert [name for name in message if name.startswith("List-")] == []
    assert verdicts(received.content) == [True] * len(SIGNER.keys)
    words = message.get_body(("plain",))
    assert words is not None
    token = words.get_content().partition("/bekrafta/")[2].split()[0]
    claim = app.keys.read(token, Purpose.CONFIRM)
    assert claim is not None
    assert claim.subscriber_id == signed_up


@pytest.mark.usefixtures("queued")
async def test_neither_token_nor_address_is_left_in_the_outbox(
    app: App, post: Post, mail_server: MailServer
) -> None:
    await post(smtp(mail_server.url))

    [mail] = mails(app.database)
    assert (mail.state, mail.address, mail.fields) == (DeliveryState.ACCEPTED, "", {})
    assert "@" not in mail.last_reply


async def test_nothing_due_makes_no_connection(post: Post) -> None:
    await post(smtp("smtp+plain://127.0.0.1:1"))


# Only while it has a point


def confirm(app: App, subscriber_id: int) -> None:
    with app.database.writing() as session:
        session.execute(
            sa.update(Subscription)
            .where(Subscription.subscriber_id == subscriber_id)
            .values(state=SubscriptionState.ACTIVE)
        )


def erase(app: App, subscriber_id: int) -> None:
    with app.database.writing() as session, erasing.permitted(session, [subscriber_id]):
        session.execute(sa.delete(Subscriber).where(Subscriber.id == subscriber_id))


def suppress(app: App, reason: SuppressionReason, *, earlier: timedelta = timedelta()) -> None:
    with app.database.writing() as session:
        suppression.add(session, app.keys, reason=reason, at=app.clock() - earlier, address=KIM)


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (confirm, Reason.SETTLED),
        (erase, Reason.ERASED),
        (lambda app, _: suppress(app, SuppressionReason.MANUAL), Reason.SUPPRESSED),
        (lambda app, _: suppress(app, SuppressionReason.COMPLAINT), Reason.SUPPRESSED),
    ],
)
async def test_what_has_become_pointless_is_not_sent(
    app: App,
    queued: int,
    post: Post,
    mail_server: MailServer,
    meanwhile: Callable[[App, int], None],
    reason: Reason,
) -> None:
    meanwhile(app, queued)

    await post(smtp(mail_server.url))

    [mail] = mails(app.database)
    assert mail_server.received == []
    assert (mail.state, mail.reason, mail.address) == (DeliveryState.SKIPPED, reason.value, "")


@pytest.mark.usefixtures("queued")
async def test_who_once_complained_can_sign_up_again(
    app: App, post: Post, mail_server: MailServer
) -> None:
    suppress(app, SuppressionReason.COMPLAINT, earlier=timedelta(days=400))

    await post(smtp(mail_server.url))

    assert len(mail_server.received) == 1


# Whatever the server does


@pytest.mark.usefixtures("queued")
async def test_a_deferred_mail_is_the_same_bytes_when_it_is_tried_again(
    app: App, post: Post, clock: Clock
) -> None:
    async with ScriptedServer({(1, "DOT"): b"451 4.3.0 later\r\n"}) as server:
        await post(smtp(server.url))
        await post(smtp(server.url))
        [waiting] = mails(app.database)
        clock.forward(minutes=10)

        await post(smtp(server.url))

        assert waiting.state is DeliveryState.DEFERRED
        assert [mail.state for mail in mails(app.database)] == [DeliveryState.ACCEPTED]
        assert [taken.content for taken in server.taken] == [
            refused.content for refused in server.refused
        ]


@pytest.mark.usefixtures("queued")
async def test_a_mail_with_no_answer_is_listed_and_sent_again_only_on_command(
    app: App, post: Post, clock: Clock
) -> None:
    async with ScriptedServer({(1, "DOT"): Fault.DROP}) as server:
        await post(smtp(server.url))
        clock.forward(days=1)
        await post(smtp(server.url))
        with app.database.reading() as session:
            [listed] = outbox.open_mails(session, limit=10)

        assert (listed.state, listed.address) == (DeliveryState.UNCERTAIN, KIM.wire)
        assert len(server.taken) == 1

        with app.database.writing() as session:
            assert outbox.resend(session, listed.id, now=clock())
        await post(smtp(server.url))

        assert [mail.state for mail in mails(app.database)] == [DeliveryState.ACCEPTED]
        assert len({taken.content for taken in server.taken}) == 1


@pytest.mark.usefixtures("queued")
async def test_what_a_dead_worker_had_in_flight_is_uncertain(
    app: App, post: Post, clock: Clock, mail_server: MailServer
) -> None:
    with app.database.writing() as session:
        session.execute(
            sa.update(ServiceMail).values(
                state=DeliveryState.IN_FLIGHT, lease_owner="gone", lease_until=clock()
            )
        )
    clock.forward(seconds=1)

    await post(smtp(mail_server.url))

    [mail] = mails(app.database)
    assert (mail.state, mail.reason) == (DeliveryState.UNCERTAIN, Reason.CRASHED.value)
    assert mail_server.received == []


@pytest.mark.usefixtures("queued")
async def test_what_a_lost_answer_put_in_flight_is_given_back_and_sent_once(
    app: App, mail_server: MailServer
) -> None:
    class Losing(Database):
        """A database that commits, and whose answer then does not come."""

        losses = 2

        @contextmanager
        def writing(self) -> Iterator[Session]:
            with super().writing() as session:
                yield session
            if self.losses and mails(app.database)[0].state is DeliveryState.IN_FLIGHT:
                self.losses -= 1
                raise StorageError("Lost.")

    losing = Losing(app.database.url.render_as_string(hide_password=False))
    await send(replace(app, database=losing), smtp(mail_server.url))
    losing.close()

    [mail] = mails(app.database)
    assert losing.losses == 0
    assert (mail.state, mail.attempts) == (DeliveryState.ACCEPTED, 1)
    assert len(mail_server.received) == 1


@pytest.mark.usefixtures("queued")
async def test_a_broken_template_holds_up_only_its_own_kind_until_it_is_mended(
    app: App, clock: Clock, mail_server: MailServer, own_templates: OwnTemplates
) -> None:
    name = "email/confirmation/body.mjml"
    broken = App(
        app.settings,
        app.database,
        app.keys,
        own_templates(name, "{% block words %}", "{% block words %}{{ nothing }}"),
        clock,
    )
    await send(broken, smtp(mail_server.url))
    [waiting] = mails(app.database)
    clock.forward(minutes=10)

    await send(app, smtp(mail_server.url))

    assert (waiting.state, waiting.reason) == (DeliveryState.DEFERRED, Reason.TEMPLATE.value)
    assert name in waiting.last_reply
    assert len(mail_server.received) == 1


def test_a_kind_that_does_not_exist_is_a_fault(app: App) -> None:
    with app.database.writing() as session, pytest.raises(ValueError, match="no kind"):
        outbox.add(
            session,
            "confirmaton",
            to=KIM,
            newsletter_id=app.newsletter_id,
            language="sv",
            sender=app.settings.sender,
            keys=app.keys,
            now=app.clock(),
        )


def test_every_kind_has_its_three_templates() -> None:
    from newsletter.delivery.service_mails import KINDS

    for kind in KINDS:
        for file in ("subject.txt", "body.mjml", "body.txt"):
            assert TemplatesFolder().find(f"email/{kind}/{file}")
