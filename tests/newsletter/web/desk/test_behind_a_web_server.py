"""The examples in docs, tried: nginx and Caddy before the program, as readers meet them."""

from __future__ import annotations

import contextlib
import io
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
import trustme
from PIL import Image

from newsletter.app import App
from newsletter.items.pictures import LARGEST_FILE
from newsletter.web import server
from newsletter.web.limits import LARGEST_AT_THE_DESK, LARGEST_BODY
from subscribers.models import SubscriptionState
from tests.newsletter.web.conftest import Reader
from tests.newsletter.web.desk.conftest import Editor
from tests.newsletter.web.desk.test_rooms import ISSUE, form_of
from tests.newsletter.web.desk.test_start import store_items
from tests.tools import found, needs

# What stands before the program does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

EXAMPLES = Path(__file__).parents[4] / "docs" / "examples"
NAME = "nyhetsbrev.example.org"
#: Lays a web server out in a folder; gives the command that starts it, and where it answers.
Prepare = Callable[[Path, int], tuple[list[str], str]]


def nginx(folder: Path, behind: int) -> tuple[list[str], str]:
    """Lay out the example with a certificate made for it."""
    port = free_port()
    certificate = trustme.CA().issue_cert(NAME)
    certificate.cert_chain_pems[0].write_to_path(folder / f"{NAME}.pem")
    certificate.private_key_pem.write_to_path(folder / f"{NAME}.key")
    site = (EXAMPLES / "nginx.conf").read_text("utf-8")
    for written, here in {
        "127.0.0.1:8025": f"127.0.0.1:{behind}",
        r"listen (\[::\]:)?80;": f"listen 127.0.0.1:{free_port()};",
        r"listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        r"listen \[::\]:443 ssl;": "",
        "/etc/ssl/private/": f"{folder}/",
        "/etc/ssl/": f"{folder}/",
        "/var/log/nginx/": f"{folder}/",
    }.items():
        site, count = re.subn(written, here, site)
        assert count, written
    # One of the two lines of port 80 is enough.
    site = re.sub(r"(listen 127\.0\.0\.1:\d+;\n)\s*listen 127\.0\.0\.1:\d+;\n", r"\1", site)
    (folder / "nginx.conf").write_text(
        f"user root; pid {folder}/pid; events {{}} http {{ client_body_temp_path {folder}/bodies;"
        f" proxy_temp_path {folder}/answers; {site} }}"
    )
    command = ["-p", str(folder), "-c", "nginx.conf", "-e", "start.log", "-g", "daemon off;"]
    return [found("nginx") or "", *command], f"https://127.0.0.1:{port}"


def caddy(folder: Path, behind: int) -> tuple[list[str], str]:
    """Lay out the example without the certificate, which Caddy would fetch from the web."""
    port = free_port()
    site = (EXAMPLES / "Caddyfile").read_text("utf-8")
    for written, here in {
        "127.0.0.1:8025": f"127.0.0.1:{behind}",
        f"{NAME} {{": f"http://{NAME}:{port} {{",
        "{\n\t# Addresses": "{\n\tadmin off\n\t# Addresses",
    }.items():
        assert written in site, written
        site = site.replace(written, here)
    (folder / "Caddyfile").write_text(site)
    command = ["run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return [found("caddy") or "", *command], f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def standing_before(prepare: Prepare, folder: Path, behind: int) -> Iterator[httpx.Client]:
    """Run a web server before the program; gives somebody who asks it."""
    command, address = prepare(folder, behind)
    log = folder / "output.log"
    with log.open("wb") as output:
        program = subprocess.Popen(
            command, stdout=output, stderr=output, env={"HOME": str(folder), "PATH": "/usr/bin"}
        )
        try:
            with httpx.Client(
                base_url=address, headers={"Host": NAME}, verify=False, timeout=60
            ) as client:
                assert answers(client, program), log.read_text()
                yield client
        finally:
            program.terminate()
            program.wait(30)


def answers(client: httpx.Client, program: subprocess.Popen[bytes]) -> bool:
    """Wait until it does; False: it has ended instead."""
    while program.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            client.get("/health")
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    "prepare",
    [pytest.param(nginx, marks=needs("nginx")), pytest.param(caddy, marks=needs("caddy"))],
)
def test_the_examples_let_through_what_they_must_and_nothing_else(
    app: App, editor: Editor, reader: Reader, tmp_path: Path, prepare: Prepare
) -> None:
    store_items(app, "Första nyheten")
    editor.post("/redaktion")
    form = form_of(editor.see(f"{ISSUE}/skriv")) | {"svar": editor.answer}
    [(cookie, token)] = editor.client.cookies.items()
    signed_in = {"Cookie": f"{cookie}={token}"}
    behind = free_port()
    with standing_before(prepare, tmp_path, behind) as client:
        with server.running(app, port=behind):
            uploaded = client.post(
                f"{ISSUE}/skriv", data=form, files={"bild": picture_of(LARGEST_FILE)},
                headers=signed_in,
            )  # fmt: skip
            too_large = client.post(
                f"{ISSUE}/skriv", headers=signed_in, content=b"x" * (LARGEST_AT_THE_DESK + 1)
            )
            too_large_elsewhere = client.post(
                "/nyhetsbrev/prenumerera", content=b"x" * (LARGEST_BODY + 1)
            )
            left = client.post(reader.link, data={"List-Unsubscribe": "One-Click"})
        without_the_program = client.get(reader.link)

    assert uploaded.status_code == 303
    assert "/bilder/" in editor.see(f"{ISSUE}/skriv")
    assert too_large.status_code == 413
    assert too_large_elsewhere.status_code == 413
    assert (left.status_code, left.history) == (200, [])
    assert left.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert reader.state is SubscriptionState.UNSUBSCRIBED
    assert without_the_program.status_code == 502
    for log in tmp_path.glob("*.log"):
        assert reader.link.rpartition("/")[2] not in log.read_text("utf-8")


def picture_of(size: int) -> tuple[str, bytes, str]:
    """Return a picture of so many bytes as a form sends it; what follows its end is nothing."""
    stream = io.BytesIO()
    Image.new("RGB", (900, 600), "#9fb1c4").save(stream, "JPEG")
    return "bild.jpg", stream.getvalue().ljust(size, b"\0"), "image/jpeg"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
