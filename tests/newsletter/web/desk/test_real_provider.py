"""The organisation's own sign-in against a provider that is not ours: oidc-provider, certified."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest
from pydantic import SecretStr

from newsletter.app import App
from newsletter.models import Role
from newsletter.settings import DeskSettings, OidcSettings
from newsletter.users import accounts
from newsletter.web.desk.addresses import DESK, ORGANISATION, ORGANISATION_ANSWER
from tests.conftest import Clock
from tests.newsletter.web.conftest import client_of
from tests.tools import OIDC_PROVIDER, found, needs, needs_file

ADDRESS = "kim.exempel@example.org"


@pytest.fixture
def issuer(app: App) -> Iterator[str]:
    """A provider in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{probe.getsockname()[1]}"
    script = Path(__file__).with_name("provider.mjs")
    back = f"{app.settings.base_url}{ORGANISATION_ANSWER}"
    with subprocess.Popen(
        [found("node") or "node", str(script), str(OIDC_PROVIDER), issuer, back],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"listening\n"
        yield issuer
        process.terminate()


@needs("node")
@needs_file(OIDC_PROVIDER)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_somebody_signs_in_at_a_certified_provider(app: App, issuer: str, clock: Clock) -> None:
    # It dates what it signs by the clock of this machine.
    clock.at = datetime.now(UTC)
    with app.database.writing() as session:
        accounts.invite(
            session, ADDRESS, name="Kim Exempel", role=Role.EDITOR, at=app.clock(), actor="tester"
        )
    secret = SecretStr("a secret of the tests")
    oidc = OidcSettings(issuer=issuer, client_id="newsletter", client_secret=secret)
    desk = app.settings.model_copy(update={"desk": DeskSettings(oidc=oidc)})
    with client_of(replace(app, settings=desk)) as client:
        back = urlsplit(consent(client.get(ORGANISATION).headers["location"]))
        answer = client.get(f"{back.path}?{back.query}")

        assert answer.headers["location"] == DESK
        assert "Kim Exempel" in client.get(DESK).text


def consent(url: str) -> str:
    """Sign in at the provider's own pages and say yes; return where it leads back to."""
    with httpx2.Client() as browser:
        answer = browser.get(url)
        while True:
            if answer.is_redirect:
                leads_to = urljoin(str(answer.url), answer.headers["location"])
                if ORGANISATION_ANSWER in leads_to:
                    return leads_to
                answer = browser.get(leads_to)
                continue
            action = re.findall(r'action="([^"]+)"', answer.text)[0]
            prompt = re.findall(r'name="prompt" value="(\w+)"', answer.text)[0]
            typed = {"login": ADDRESS, "password": "x"} if prompt == "login" else {}
            answer = browser.post(action, data={"prompt": prompt} | typed)
