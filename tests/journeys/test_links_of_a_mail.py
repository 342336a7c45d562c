"""A letter goes out over real SMTP; whatever it links to is opened over real HTTP."""

from __future__ import annotations

import email
import email.policy
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from newsletter.app import App
from newsletter.database import Database
from newsletter.delivery import smtp_url
from newsletter.delivery.sending import send_issue
from newsletter.delivery.servers import Server
from newsletter.delivery.smtp import SmtpTransport
from newsletter.issues import approval
from newsletter.models import Issue, IssueState
from newsletter.settings import Settings
from newsletter.templates_folder import TemplatesFolder
from newsletter.web import server
from subscribers.models import SubscriptionState
from subscribers.tokens import Keys
from tests.builders import LEAD, STORY
from tests.conftest import Clock
from tests.mail_server import MailServer
from tests.newsletter.web.conftest import Reader, add_reader, everything_in, publish_issue

#: Programs that open every link of a mail before its reader has seen it.
SCANNERS = ("Mozilla/5.0 SafeLinks", "Barracuda Link Protection", "curl/8.5.0")


@dataclass(frozen=True)
class Letter:
    """One message as its reader's mail program sees it."""

    message: EmailMessage

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        assert part is not None
        return str(part.get_content())

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    def links(self, own: str) -> set[str]:
        """Return every address below `own` in the headers, the HTML and the text."""
        everywhere = f"{self.html} {self.text} {self.message['List-Unsubscribe']}"
        return set(re.findall(re.escape(own) + r"[^\s\"'<>)]*", everywhere))

    @property
    def one_click(self) -> str:
        assert self.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        [link] = re.findall(r"<(https?:[^>]+)>", self.message["List-Unsubscribe"])
        return str(link)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def app(settings: Settings, database: Database, keys: Keys, clock: Clock) -> App:
    port = free_port()
    reachable = settings.model_copy(
        update={"base_url": f"http://127.0.0.1:{port}", "listen_port": port}
    )
    return App(reachable, database, keys, TemplatesFolder(), clock)


@pytest.fixture
def address(app: App) -> Iterator[str]:
    with server.running(app, port=app.settings.listen_port) as address:
        yield address


@pytest.fixture
def readers(app: App) -> list[Reader]:
    return [add_reader(app, f"{name}.exempel@example.org") for name in ("kim", "robin")]


async def send(app: App, mail_server: MailServer) -> dict[str, Letter]:
    """Send an issue to everybody on the list; return what each of them got."""
    stories = [replace(LEAD, picture=None), *(replace(STORY, item_id=n) for n in range(2, 7))]
    publish_issue(app, IssueState.APPROVED, stories=stories)
    with app.database.reading() as session:
        issue = session.scalars(sa.select(Issue)).one()
        frozen = approval.thaw(approval.frozen(session, issue))
    status = await send_issue(
        app.database,
        issue_id=issue.id,
        frozen=frozen,
        keys=app.keys,
        clock=app.clock,
        servers=[Server(transports=[SmtpTransport(smtp_url.parse(mail_server.url))])],
    )
    assert status.state is IssueState.SENT
    letters = {}
    for received in mail_server.received:
        letter = Letter(email.message_from_bytes(received.content, policy=email.policy.default))
        # Service mails come from the same server.
        if letter.message["List-Id"]:
            letters[received.rcpt_to[0]] = letter
    return letters


def opened(
    url: str,
    *,
    method: str = "GET",
    agent: str = "reader",
    body: bytes | None = None,
    anything: bool = False,
) -> str:
    """Return the page at an address, which must be there and nowhere else.

    `anything` takes a page that says no, too.
    """
    request = urllib.request.Request(url, body, {"User-Agent": agent}, method=method)  # noqa: S310
    try:
        answer = urllib.request.urlopen(request, timeout=30)  # noqa: S310
    except urllib.error.HTTPError as error:
        if not anything or error.code not in (404, 410):
            raise
        answer = error
    with answer:
        assert anything or answer.status == 200
        assert answer.url == url
        return str(answer.read().decode("utf-8", "replace"))


@pytest.mark.usefixtures("readers")
async def test_every_link_of_a_letter_works_and_opening_it_changes_nothing(
    app: App, address: str, mail_server: MailServer
) -> None:
    letters = await send(app, mail_server)
    before = everything_in(app.database)

    links = letters["kim.exempel@example.org"].links(address)
    for link in sorted(links):
        for agent in SCANNERS:
            opened(link, agent=agent)
            opened(link, agent=agent, method="HEAD")
            opened(link, agent=agent)

    kinds = {urlsplit(link).path.split("/")[1] for link in links}
    assert {"avsluta", "nyhetsbrev", "personuppgifter", "tillganglighet"} <= kinds
    assert everything_in(app.database) == before


@pytest.mark.usefixtures("address")
async def test_one_press_in_the_mail_program_takes_that_reader_off_and_no_other(
    app: App, readers: list[Reader], mail_server: MailServer
) -> None:
    letters = await send(app, mail_server)
    leaving, staying = readers

    body = b"List-Unsubscribe=One-Click"
    opened(letters["kim.exempel@example.org"].one_click, method="POST", body=body)

    assert leaving.state is SubscriptionState.UNSUBSCRIBED
    assert staying.state is SubscriptionState.ACTIVE


async def test_the_letters_own_link_leads_to_a_button_and_the_button_to_undo(
    app: App, address: str, readers: list[Reader], mail_server: MailServer
) -> None:
    letters = await send(app, mail_server)
    letter = letters["kim.exempel@example.org"]
    [link] = {link for link in letter.links(address) if "/avsluta/" in link}

    page = opened(link)
    done = opened(link, method="POST", body=b"answer=ja")
    left = readers[0].state
    [undo] = re.findall(r'action="(/angra/[^"]+)"', done)
    opened(address + undo, method="POST", body=b"answer=ja")

    assert "k…l@example.org" in page
    assert left is SubscriptionState.UNSUBSCRIBED
    assert readers[0].state is SubscriptionState.ACTIVE


@pytest.mark.usefixtures("readers")
async def test_pages_for_all_are_the_same_for_everybody_and_know_nobody(
    app: App, address: str, mail_server: MailServer
) -> None:
    letters = await send(app, mail_server)
    web_links = {
        name: {link for link in letter.links(address) if "/nyhetsbrev/" in link}
        for name, letter in letters.items()
    }

    pages = {link: opened(link) for link in set.union(*web_links.values())}

    assert len(set(map(frozenset, web_links.values()))) == 1
    assert [link for link in pages if not link.endswith("/prenumerera")] == [
        f"{address}/nyhetsbrev/2017-02"
    ]
    for page in pages.values():
        assert "exempel@example.org" not in page
        assert "/avsluta/" not in page
        assert "NLSLOT" not in page
        assert LEAD.title in page
