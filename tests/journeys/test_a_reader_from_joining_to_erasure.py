"""One reader's whole way, over real SMTP and HTTP, by what stands in the mails and pages alone.

Before each step every link of every mail is opened by scanners, which must change nothing.
"""

from __future__ import annotations

import email
import email.policy
import html
import re
import urllib.parse
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from newsletter.app import App
from newsletter.database import Database
from newsletter.models import ServiceMail
from newsletter.settings import Settings
from newsletter.templates_folder import TemplatesFolder
from newsletter.web import server
from newsletter.worker import post
from subscribers.models import Subscriber, Subscription, SubscriptionState
from subscribers.tokens import Keys
from tests.conftest import Clock
from tests.journeys.test_links_of_a_mail import SCANNERS, Letter, free_port, opened, send
from tests.mail_server import MailServer
from tests.newsletter.web.conftest import everything_in

KIM = "kim.exempel@example.org"
MOVED = "kim@exempel.example.net"
INPUT = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@dataclass
class Mailbox:
    """What came by mail, read in the order it came."""

    app: App
    server: MailServer
    seen: int = 0
    #: Every link below our own address that any mail held.
    links: set[str] = field(default_factory=set)

    async def next(self, to: str, subject: str) -> Letter:
        """Send what waits, and return the one mail that came."""
        await post.empty(self.app)
        [received] = self.server.received[self.seen :]
        self.seen += 1
        letter = Letter(email.message_from_bytes(received.content, policy=email.policy.default))
        assert received.rcpt_to == [to]
        assert letter.message["Subject"].startswith(subject)
        self.links |= letter.links(self.app.settings.base_url)
        self.scan()
        return letter

    def scan(self) -> None:
        """Open every link as those programs do that look at mail before its reader."""
        before = everything_in(self.app.database)
        for link in sorted(self.links):
            for agent in SCANNERS:
                opened(link, agent=agent, anything=True)
                opened(link, agent=agent, method="HEAD", anything=True)
        assert everything_in(self.app.database) == before

    def link(self, letter: Letter, page: str) -> str:
        [link] = {link for link in letter.links(self.app.settings.base_url) if f"/{page}/" in link}
        return link


def press(page_url: str, **filled: str) -> str:
    """Fill in the form of a page as a browser would, and return the page that answers."""
    page = opened(page_url)
    form = re.findall(r'<form method="post"[^>]*>.*?</form>', page, re.DOTALL)[0]
    hidden = {name: html.unescape(value) for name, value in INPUT.findall(form)}
    action = re.match(r'<form method="post"[^>]*action="([^"]+)"', form)
    url = urllib.parse.urljoin(page_url, action[1]) if action else page_url
    return opened(url, method="POST", body=urllib.parse.urlencode(hidden | filled).encode())


@pytest.fixture
def app(
    settings: Settings, database: Database, keys: Keys, clock: Clock, mail_server: MailServer
) -> App:
    port = free_port()
    ours = settings.model_copy(
        update={
            "base_url": f"http://127.0.0.1:{port}",
            "listen_port": port,
            "smtp_url": SecretStr(mail_server.url),
        }
    )
    return App(ours, database, keys, TemplatesFolder(), clock)


def state(app: App) -> SubscriptionState:
    with app.database.reading() as session:
        return session.scalars(sa.select(Subscription.state)).one()


async def test_join_confirm_read_leave_undo_move_look_and_be_erased(
    app: App, clock: Clock, mail_server: MailServer
) -> None:
    inbox = Mailbox(app, mail_server)
    with server.running(app, port=app.settings.listen_port) as site:
        asked = press(f"{site}/nyhetsbrev/prenumerera", email=KIM, language="sv")
        assert KIM in asked
        confirmation = await inbox.next(KIM, "Bekräfta din prenumeration")
        assert state(app) is SubscriptionState.PENDING

        clock.forward(hours=2)
        assert "Välkommen!" in press(inbox.link(confirmation, "bekrafta"))
        welcome = await inbox.next(KIM, "Välkommen till")
        assert state(app) is SubscriptionState.ACTIVE

        clock.forward(days=3)
        letters = await send(app, mail_server)
        letter = letters[KIM]
        inbox.seen += 1
        inbox.links |= letter.links(site)
        inbox.scan()

        opened(letter.one_click, method="POST", body=b"List-Unsubscribe=One-Click")
        assert state(app) is SubscriptionState.UNSUBSCRIBED
        left = opened(letter.one_click)
        [undo] = re.findall(r'action="(/angra/[^"]+)"', left)
        assert "Du prenumererar igen" in opened(f"{site}{undo}", method="POST", body=b"answer=ja")
        assert state(app) is SubscriptionState.ACTIVE

        # The link of the welcome is old by now, and that of the letter may have been passed on:
        # both give a fresh one, to the reader alone.
        old = inbox.link(welcome, "nyhetsbrev/installningar")
        assert "Skicka en ny länk" in opened(f"{old}/adress", anything=True)
        press(f"{site}/nyhetsbrev/ny-lank/{letter.one_click.rpartition('/')[2]}")
        fresh = await inbox.next(KIM, "Dina inställningar")
        settings = inbox.link(fresh, "nyhetsbrev/installningar")

        assert MOVED in press(f"{settings}/adress", email=MOVED)
        moving = await inbox.next(MOVED, "Bekräfta din nya adress")
        press(inbox.link(moving, "ny-adress"))
        moved = await inbox.next(KIM, "Din adress")
        assert address(app) == MOVED
        assert inbox.link(moved, "gammal-adress")

        press(f"{settings}/uppgifter")
        data = await inbox.next(MOVED, "Dina uppgifter")
        assert MOVED in opened(inbox.link(data, "mina-uppgifter"))

        assert "Dina uppgifter är raderade" in press(f"{settings}/radera")
        inbox.scan()

    everything = repr(everything_in(app.database))
    assert KIM not in everything
    assert MOVED not in everything
    with app.database.reading() as session:
        kinds = session.scalars(sa.select(ServiceMail.kind).distinct()).all()
        assert session.scalars(sa.select(Subscriber)).all() == []
    assert set(kinds) <= {
        "confirmation", "welcome", "settings_link", "new_address", "old_address", "data_link",
    }  # fmt: skip


def address(app: App) -> str:
    with app.database.reading() as session:
        return session.scalars(sa.select(Subscriber.address)).one()
