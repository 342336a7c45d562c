"""Run the main job once: from a news page to mails in mailboxes, and out again.

Every step is a command anybody can type, shown before it runs. A demo that was stopped half-way
goes on where it stood; one that is done says so and sends nothing again.
"""

from __future__ import annotations

import shlex
import socket
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
from cyclopts import Parameter

from newsletter.app import App, app_with
from newsletter.cli import main, subscribers
from newsletter.cli.command import Output, run
from newsletter.cli.demo import sample
from newsletter.cli.demo.mailbox import Mailbox
from newsletter.cli.init import write_starter
from newsletter.errors import ExplainedError
from newsletter.issues import composing
from newsletter.models import Issue, IssueState, Item
from newsletter.settings import load
from newsletter.templates_folder import TemplatesFolder
from newsletter.web import server

HOST = "127.0.0.1"
#: The invented page is of the autumn of 2026; so are its issues.
ISSUED_ON, NEWS_SINCE, NEXT_ON = "2026-11-25", "2026-10-23", "2026-12-16"


def demo(folder: Path = Path("demo"), /, *, lang: Annotated[str, Parameter()] = "sv") -> None:
    """Run the main job on invented data, with no server, no key and no question.

    Example: newsletter demo

    Parameters
    ----------
    folder
        Where everything is kept; take it away to start over.
    lang
        Language of the output: sv or en.
    """
    Demo(folder, lang).run()


class Demo:
    """One demo in one folder."""

    def __init__(self, folder: Path, lang: str) -> None:
        self.folder = folder
        self.lang = lang
        self.config = folder / "newsletter.toml"
        self.templates = TemplatesFolder()
        self.out = Output(self.templates.language(lang))

    def run(self) -> None:
        """Do whatever is not done yet, then show how a reader leaves."""
        began = time.monotonic()
        self._prepare()
        app = app_with(load(self.config))
        if self._is_sent(app):
            self.out.say(
                "The demo has been run before: its issue is sent, and nothing is sent twice."
            )
            self._what_next(app)
            return
        port = int(app.settings.base_url.rpartition(":")[2])
        mail_port = int(app.settings.smtp_url.get_secret_value().rpartition(":")[2])
        mailbox = Mailbox(self.folder / "mailbox", host=HOST, port=mail_port)
        with mailbox, server.running(app, HOST, port):
            self._heading("1. News from a page")
            self._newsletter("items", "import", str(self.templates.find(sample.PAGE)))
            self._heading("2. An issue of what is new")
            issue = self._compose(app)
            self._heading("3. What an editor does: whole texts, links, a picture that is described")
            self._newsletter("issues", "check", issue, may_refuse=True)
            self._edit(app, issue)
            self._newsletter("issues", "check", issue)
            self._newsletter("issues", "preview", issue, "--folder", str(self.folder / "preview"))
            self._newsletter("issues", "approve", issue, "--name", "Robin Exempel")
            self._heading("4. Readers")
            self._subscribe()
            self._heading("5. Sending")
            self._newsletter("issues", "send", issue, "--yes")
            self._heading("6. A reader leaves with one press")
            self._leave(app, mailbox)
        self._what_next(app)
        self.out.say("All of it took {seconds} seconds.", seconds=f"{time.monotonic() - began:.1f}")

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.config.exists():
            return
        with _free_port() as web_port, _free_port() as mail_port:
            text = write_starter(self.config, self.templates)
            text = text.replace(':8025"', f':{web_port}"\nlisten_port = {web_port}')
            text = text.replace('smtp_url = ""', f'smtp_url = "smtp+plain://{HOST}:{mail_port}"')
            text = text.replace('address = ""', 'address = "avsluta@example.org"')
            text = text.replace("om VGR:s externa", "om Exempelregionens externa")
            self.config.write_text(text, encoding="utf-8")
        sample.write_picture(self.folder / "picture.png")
        sample.write_readers(self.folder / "readers.csv")

    def _compose(self, app: App) -> str:
        with app.database.reading() as session:
            issues = composing.every(session, app.newsletter_id)
            if issues:
                return issues[0].name
        self._newsletter("issues", "create", "--date", ISSUED_ON, "--since", NEWS_SINCE)
        with app.database.reading() as session:
            return composing.every(session, app.newsletter_id)[0].name

    def _edit(self, app: App, issue: str) -> None:
        edits = sample.read_edits(self.templates)
        with app.database.reading() as session:
            found = session.scalars(sa.select(Item)).all()

        def told(options: dict[str, str]) -> tuple[str, list[str]]:
            rest = dict(options)
            words = rest.pop("about")
            # The title may have been edited before the demo was stopped; the identity stays.
            item = next(item for item in found if words in item.identity)
            return str(item.id), [*_options(rest)]

        for options in edits.items:
            item, words = told(options)
            self._newsletter("items", "edit", item, *words)
        picture = dict(edits.picture)
        file = str(self.folder / picture.pop("file"))
        item, words = told(picture)
        self._newsletter("items", "add-picture", item, file, *words)
        self._newsletter("issues", "edit", issue, *_options(edits.issue))
        for options in edits.stories:
            item, words = told(options)
            self._newsletter("issues", "edit", issue, "--item", item, *words)

    def _subscribe(self) -> None:
        ground = ("--basis", "samtycke", "--source", "demo")
        self._subscribers("import", str(self.folder / "readers.csv"), *ground)
        for number in sample.LEFT:
            self._subscribers("remove", sample.address(number), "--reason", "demo")
        for number in sample.SUPPRESSED:
            self._subscribers("suppress", "add", sample.address(number), "--reason", "demo")

    def _leave(self, app: App, mailbox: Mailbox) -> None:
        message = mailbox.messages()[0]
        link = one_click_link(message)
        self.out.say("{address} presses “unsubscribe” in the mail program:", address=message["To"])
        self.out.plain(f"  POST {link[: link.rindex('/') + 9]}…  List-Unsubscribe=One-Click")
        self.out.plain(f"  {press(link)}")
        self._subscribers("show", message["To"])
        self._newsletter("issues", "create", "--date", NEXT_ON)
        with app.database.reading() as session:
            following = composing.every(session, app.newsletter_id)[0].name
        self._newsletter("issues", "send", following, "--dry-run")

    def _is_sent(self, app: App) -> bool:
        with app.database.reading() as session:
            states = session.scalars(sa.select(Issue.state)).all()
        return IssueState.SENT in states

    def _what_next(self, app: App) -> None:
        self.out.plain()
        self.out.say("Look at it:")
        self.out.plain(f"  {self.folder}/preview/   HTML, text, .eml")
        self.out.plain(f"  {self.folder}/mailbox/   .eml")
        self.out.plain(
            f"  newsletter serve --config {self.config}   {app.settings.base_url}/nyhetsbrev"
        )
        self.out.say("Try next: newsletter items list --config {config}", config=str(self.config))
        self.out.say("To start over, take the folder {folder} away.", folder=str(self.folder))

    def _heading(self, message: str) -> None:
        self.out.plain()
        self.out.console.print(self.out.language.gettext(message), style="bold")

    def _newsletter(self, *words: str, may_refuse: bool = False) -> None:
        self._command("newsletter", words, may_refuse=may_refuse)

    def _subscribers(self, *words: str) -> None:
        self._command("subscribers", words, may_refuse=False)

    def _command(self, name: str, words: tuple[str, ...], *, may_refuse: bool) -> None:
        shown = " ".join([name, *map(shlex.quote, words)]).replace("\n", " ")
        self.out.console.print(f"$ {shown}", style="cyan", no_wrap=True, overflow="ellipsis",
                               crop=True, soft_wrap=False)  # fmt: skip
        program = (main if name == "newsletter" else subscribers).program
        code = run(program, [*words, "--config", str(self.config), "--lang", self.lang])
        if code and not may_refuse:
            raise ExplainedError(
                "The demo stopped at: {command} (exit code {code}). What was done is kept. "
                "Mend what it says above and run the demo again; it goes on from there.",
                command=shown,
                code=code,
            )


def one_click_link(message: EmailMessage) -> str:
    """Return the https (here http) address in a message's List-Unsubscribe."""
    return str(message["List-Unsubscribe"]).partition("<")[2].partition(">")[0]


def press(link: str) -> str:
    """Post what a mail program posts (RFC 8058, 3.2) and return how it was answered."""
    body = urllib.parse.urlencode({"List-Unsubscribe": "One-Click"}).encode()
    with urllib.request.urlopen(link, body, timeout=30) as answer:  # noqa: S310  # our own page
        return f"{answer.status} {answer.reason}"


def _options(values: dict[str, str]) -> Iterator[str]:
    """Yield the words of options; an empty value makes a flag."""
    for name, value in values.items():
        yield f"--{name}"
        if value:
            yield value


@contextmanager
def _free_port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        yield probe.getsockname()[1]
