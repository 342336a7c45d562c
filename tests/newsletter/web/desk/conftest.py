"""Users of the desk, and browsers they are signed in with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TypeAlias
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from newsletter.app import App
from newsletter.models import Role
from newsletter.users import accounts, one_time_codes, passwords, signing_in
from newsletter.web.desk.addresses import DESK, SIGN_IN
from newsletter.web.desk.visitors import Visitor
from tests.newsletter.web.conftest import client_of

PASSWORD = "fyra ord på en rad"
HASH = passwords.hashed(PASSWORD, address="x@example.org")
SECRET = one_time_codes.new_secret()


class Editor:
    """Somebody at a browser of their own."""

    def __init__(self, app: App, client: TestClient, address: str) -> None:
        self.app = app
        self.client = client
        self.address = address
        self.answer = ""

    def come_in(self) -> None:
        """Be signed in, past the door, which takes its time on purpose."""
        with self.app.database.writing() as session:
            user = accounts.find(session, self.address)
            token = signing_in.begin(session, user, at=self.app.clock()).token
            self.answer = Visitor(user, token).answer
        url = urlsplit(self.app.settings.base_url)
        name = "__Secure-desk" if url.scheme == "https" else "desk"
        self.client.cookies.set(name, token, domain=url.hostname or "", path=DESK)

    def sign_in(self, **typed: str) -> int:
        """Sign in at the door, remember what forms must carry, and return the status."""
        code = one_time_codes.code(SECRET, self.app.clock())
        response = self.client.post(
            SIGN_IN, data={"adress": self.address, "losenord": PASSWORD, "kod": code} | typed
        )
        if response.status_code == 303:
            page = self.client.get("/redaktion").text
            self.answer = re.findall(r'name="svar" value="(\w+)"', page)[0]
        return response.status_code

    def post(self, path: str, **fields: str) -> str:
        """Post a form and return where it leads."""
        response = self.client.post(path, data={"svar": self.answer} | fields)
        assert response.status_code == 303, response.text
        return response.headers["location"]

    def see(self, path: str) -> str:
        """Return a page."""
        response = self.client.get(path)
        assert response.status_code == 200, response.text
        return response.text.replace("\N{NO-BREAK SPACE}", " ")


Hire: TypeAlias = Callable[..., Editor]


@pytest.fixture
def hire(app: App) -> Iterator[Hire]:
    """Make somebody a user; they are not signed in yet."""
    with ExitStack() as clients:

        def make(
            address: str = "kim.exempel@example.org",
            *,
            name: str = "Kim Exempel",
            role: Role = Role.EDITOR,
        ) -> Editor:
            with app.database.writing() as session:
                user, _ = accounts.invite(
                    session, address, name=name, role=role, at=app.clock(), actor="tester"
                )
                accounts.accept(session, user, password_hash=HASH, secret=SECRET, at=app.clock())
            return Editor(app, clients.enter_context(client_of(app)), address)

        yield make


@pytest.fixture
def editor(hire: Hire) -> Editor:
    """An editor who is signed in."""
    editor = hire()
    editor.come_in()
    return editor
