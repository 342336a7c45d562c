"""The site over real HTTP, as mail programs and proxies meet it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from newsletter.app import App
from newsletter.errors import ListeningError
from newsletter.web import server
from newsletter.web.limits import LARGEST_BODY, LARGEST_HEADERS
from subscribers.models import SubscriptionState
from tests.newsletter.web.conftest import Reader, add_reader

ROOT = Path(__file__).parents[3]
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def address(app: App) -> Iterator[str]:
    with server.running(app) as address:
        yield address


def ask(
    address: str,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (FORM, b"List-Unsubscribe=One-Click"),
        (
            "multipart/form-data; boundary=---------------------------6161",
            b"-----------------------------6161\r\n"
            b'Content-Disposition: form-data; name="List-Unsubscribe"\r\n'
            b"\r\n"
            b"One-Click\r\n"
            b"-----------------------------6161--\r\n",
        ),
    ],
    ids=["urlencoded", "multipart"],
)
def test_one_click_over_http_unsubscribes_and_can_be_repeated(
    address: str, reader: Reader, media_type: str, body: bytes
) -> None:
    answers = [
        ask(address, "POST", reader.link, body, {"Content-Type": media_type})[0] for _ in range(3)
    ]

    for answer in answers:
        assert answer.status == 200
        assert answer.getheader("Location") is None
        assert answer.getheader("Set-Cookie") is None
        assert answer.getheader("Server") is None
    assert reader.state is SubscriptionState.UNSUBSCRIBED


def test_head_over_http_has_no_body(address: str, reader: Reader) -> None:
    answer, body = ask(address, "HEAD", reader.link)

    assert answer.status == 200
    assert int(answer.getheader("Content-Length") or 0) > 500
    assert body == b""
    assert reader.state is SubscriptionState.ACTIVE


def test_a_body_over_the_limit_is_refused_before_it_is_sent(address: str, reader: Reader) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(address).port or 0), 30) as connection:
        head = (
            f"POST {reader.link} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n"
            f"Content-Length: {LARGEST_BODY + 1}\r\n\r\n"
        )
        connection.sendall(head.encode())
        answer = connection.recv(4096)

    assert answer.startswith(b"HTTP/1.1 413")


def test_headers_without_end_are_refused(address: str) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(address).port or 0), 30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        connection.sendall(b"x" * LARGEST_HEADERS * 2)
        answer = connection.recv(4096)

    assert answer.startswith(b"HTTP/1.1 400")


def test_a_connection_that_dawdles_is_closed(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LONGEST_CONNECTION", 0.05)

    with (
        server.running(app) as address,
        socket.create_connection(("127.0.0.1", urlsplit(address).port or 0), 30) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        answer = connection.recv(4096)

    assert answer == b""


def test_many_readers_leave_at_once(address: str, app: App) -> None:
    readers = [add_reader(app, f"reader-{n}@example.org") for n in range(30)]

    def leave(reader: Reader) -> int:
        body = b"List-Unsubscribe=One-Click"
        return ask(address, "POST", reader.link, body, {"Content-Type": FORM})[0].status

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(leave, readers))

    assert statuses == [200] * 30
    assert {reader.state for reader in readers} == {SubscriptionState.UNSUBSCRIBED}


def test_a_port_that_is_taken_is_explained() -> None:
    with (
        server.listen("127.0.0.1", 0) as taken,
        pytest.raises(ListeningError, match="No page is served"),
    ):
        server.listen("127.0.0.1", taken.getsockname()[1])


def test_a_host_that_is_not_ours_is_explained() -> None:
    with pytest.raises(ListeningError, match=r"192\.0\.2\.1"):
        server.listen("192.0.2.1", 0)


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """`newsletter serve` in a folder of its own, in English."""
    settings = tmp_path / "newsletter.toml"
    settings.write_text(
        'language = "en"\n'
        'secret = "test secret, not for use anywhere"\n'
        'suppression_secret = "another test secret, not for use"\n'
    )
    program = [sys.executable, "-m", "newsletter", "serve"]
    return [*program, "--config", str(settings), "--lang", "en"]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_told_to_stop_and_ends_well(
    command: list[str], ending: signal.Signals
) -> None:
    with subprocess.Popen(
        [*command, "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
    ) as program:
        assert program.stdout
        first_line = program.stdout.readline()
        address = first_line.split()[4].rstrip(".")
        answer, _ = ask(address, "GET", "/health")
        program.send_signal(ending)
        output, log = program.communicate(timeout=60)

    assert first_line.startswith("Serving the pages on http://127.0.0.1:")
    assert answer.status == 200
    assert program.returncode == 0
    assert output == "Stopped.\n"
    assert "GET /health 200" in log
    assert "Traceback" not in log


def test_the_command_says_in_one_sentence_that_the_port_is_taken(command: list[str]) -> None:
    with server.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        program = subprocess.run(
            [*command, "--port", str(port)],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert program.returncode == 1
    assert program.stdout == ""
    assert program.stderr.startswith(f"Error: Cannot listen on 127.0.0.1, port {port} (")
    assert program.stderr.count("\n") == 1


def test_the_commands_help_has_an_example() -> None:
    program = subprocess.run(
        [sys.executable, "-m", "newsletter", "serve", "--help"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert "newsletter serve --port 8025" in program.stdout
