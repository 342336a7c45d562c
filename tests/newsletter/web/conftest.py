"""A site on a fresh database, somebody who reads the newsletter, and their links."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from newsletter import rendering
from newsletter.app import App
from newsletter.content import IssueContent
from newsletter.database import Database
from newsletter.issues import approval
from newsletter.models import Base, Issue, IssueState
from newsletter.web import server
from newsletter.web.site import create
from subscribers import addresses, consent
from subscribers.models import ConsentBasis, SubscriptionState
from subscribers.tokens import Claim, Purpose
from tests.browser import chromium
from tests.builders import make_issue_content, make_sender
from tests.conftest import Clock
from tests.tools import found

Publish: TypeAlias = Callable[..., IssueContent]


@dataclass(frozen=True)
class Reader:
    """Somebody on the list, and the links only they have."""

    app: App
    id: int

    def token(self, purpose: Purpose = Purpose.UNSUBSCRIBE) -> str:
        return self.app.keys.sign(Claim(purpose, self.id, self.app.newsletter_id, self.app.clock()))

    @property
    def link(self) -> str:
        return f"/avsluta/{self.token()}"

    @property
    def state(self) -> SubscriptionState | None:
        with self.app.database.reading() as session:
            standing = consent.standing(session, self.id, self.app.newsletter_id)
        return standing.state if standing else None


def add_reader(
    app: App,
    address: str = "kim.exempel@example.org",
    *,
    language: str = "sv",
    state: SubscriptionState = SubscriptionState.ACTIVE,
) -> Reader:
    with app.database.writing() as session:
        added = consent.add(
            session,
            addresses.read(address),
            app.newsletter_id,
            keys=app.keys,
            basis=ConsentBasis.CONSENT,
            source="test",
            language=language,
            at=app.clock(),
            actor="tester",
            state=state,
        )
    assert added.subscriber_id is not None
    return Reader(app, added.subscriber_id)


@pytest.fixture
def reader(app: App, clock: Clock) -> Reader:
    """Somebody who came onto the list an hour ago."""
    reader = add_reader(app)
    clock.forward(hours=1)
    return reader


def client_of(app: App) -> TestClient:
    return TestClient(
        create(app),
        base_url=app.settings.base_url,
        follow_redirects=False,
        raise_server_exceptions=True,
    )


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with client_of(app) as client:
        yield client


def publish_issue(
    app: App, state: IssueState = IssueState.SENT, *, begun: bool | None = None, **overrides: Any
) -> IssueContent:
    """Make an issue as it is after approval, in the state that is wanted."""
    if begun is None:
        begun = state in (IssueState.SENDING, IssueState.SENT)
    content = make_issue_content(**({"base_url": app.settings.base_url} | overrides))
    rendered = rendering.render(
        content, theme=rendering.load_theme(app.templates, "saklig"), templates=app.templates
    )
    with app.database.writing() as session:
        issue = Issue(
            newsletter_id=app.newsletter_id,
            year=int(content.name[:4]),
            number=content.number,
            issued_on=content.issued_on,
            created_at=app.clock(),
            subject=content.subject,
        )
        session.add(issue)
        session.flush()
        approval.approve(
            session,
            issue,
            content=content,
            rendered=rendered,
            sender=make_sender(),
            open_hints=[],
            approved_by="tester",
            now=app.clock(),
        )
        issue.state = state
        issue.sending_since = app.clock() if begun else None
    return content


@pytest.fixture
def publish(app: App) -> Publish:
    return partial(publish_issue, app)


def everything_in(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table."""
    with database.reading() as session:
        return {
            table.name: sorted(map(tuple, session.execute(sa.select(table)).all()), key=repr)
            for table in Base.metadata.sorted_tables
        }


def with_settings(app: App, **changes: Any) -> App:
    return replace(app, settings=app.settings.model_copy(update=changes))


def on_loopback(app: App, **changes: Any) -> App:
    """Return the program under an address that a browser on this machine can open."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    here = {"base_url": f"http://127.0.0.1:{port}", "listen_port": port}
    return with_settings(app, **(here | changes))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def address(app: App) -> Iterator[str]:
    """Where the site answers."""
    with server.running(app, port=app.settings.listen_port) as address:
        yield address


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not found("chromium"):
        terminalreporter.write_line(
            "WARNING: the browser tests did not run: there is no Chromium", red=True, bold=True
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Where there is no browser the tests are taken away, not passed; in CI that is a failure.
    if not found("chromium") and not os.environ.get("CI"):
        items[:] = [item for item in items if not item.path.stem.endswith("in_a_browser")]
