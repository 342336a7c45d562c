from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.newsletter.fetching.web_server import WebServer, web_server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server
