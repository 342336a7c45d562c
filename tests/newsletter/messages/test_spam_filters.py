"""Filters that decide what reaches an inbox, run on every mail we send; none asks the network.

The limits are far below what the filters themselves call spam (5 for SpamAssassin, 6 for rspamd
to mark a message), so that something new is noticed while it is small.
"""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests.golden_mails import golden_mails
from tests.tools import found, needs

#: What a message may score at most.
SPAMASSASSIN_LIMIT = 1.0
RSPAMD_LIMIT = 2.0

#: What costs points and is meant to be so, with why.
MEANT = {
    "AUTH_NA_OR_FAIL": "whether SPF and DKIM hold, only the DNS can tell",
    "FORGED_SENDER": "bounces go to an address of their own, not to the one readers see",
    "MANY_INVISIBLE_PARTS": "the preheader is hidden, or a reader would read it twice",
    "URI_COUNT_ODD": "a picture has an address in the HTML and none in the text",
}

#: What the server before us would have told: a sender with a name in the DNS.
SENT_BY = {
    "IP": "192.0.2.25",
    "Hostname": "mail.example.org",
    "Helo": "mail.example.org",
    "From": "studsar@example.org",
    "Rcpt": "kim.exempel@example.com",
    # These judge that server, and by the DNS alone.
    "Settings": '{"groups_disabled": ["hfilter"]}',
}

RSPAMD_SETTINGS = """
.include "$CONFDIR/common.conf"
options {
    .include "$CONFDIR/options.inc"
    pidfile = "FOLDER/pid";
    # Compiling takes longer than reading a few messages does.
    disable_hyperscan = true;
    # Nobody answers there: tests ask no network.
    dns { nameserver = ["127.0.0.1:1"]; timeout = 0.05s; retransmits = 1; }
}
logging { type = "file"; filename = "FOLDER/log"; level = "warning"; }
worker "normal" { bind_socket = "127.0.0.1:PORT"; count = 1; }
"""


@needs("spamassassin")
def test_spamassassin_finds_nothing_odd(tmp_path: Path) -> None:
    for number, mail in enumerate(golden_mails()):
        (tmp_path / f"{number:02}.eml").write_bytes(mail.message)
    program = found("spamassassin")
    assert program, "spamassassin is not installed: apt-get install spamassassin"

    # It takes a second to start, so it starts once.
    ran = subprocess.run(
        [program, "-L", "-t", *sorted(map(str, tmp_path.glob("*.eml")))],
        capture_output=True,
        check=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )

    statuses = re.findall(rb"^X-Spam-Status: .*?(?=^\S)", ran.stdout, re.MULTILINE | re.DOTALL)
    assert len(statuses) == len(golden_mails())
    for mail, status in zip(golden_mails(), statuses, strict=True):
        score = re.search(rb"score=(-?[0-9.]+)", status)
        assert score
        assert float(score[1]) < SPAMASSASSIN_LIMIT, (mail.name, status.decode())


@pytest.fixture(scope="module")
def rspamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An rspamd of our own; its address."""
    program = found("rspamd")
    assert program, "rspamd is not installed: apt-get install rspamd"
    folder = tmp_path_factory.mktemp("rspamd")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = folder / "rspamd.conf"
    settings.write_text(RSPAMD_SETTINGS.replace("FOLDER", str(folder)).replace("PORT", str(port)))
    process = subprocess.Popen(
        [program, "--no-fork", "--insecure", "--config", str(settings)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    wait_for(address, process)
    yield address
    process.terminate()
    process.wait()


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            httpx.get(f"{address}/ping")
        except httpx.TransportError:
            assert process.poll() is None, "rspamd did not start"
            assert time.monotonic() < deadline, "rspamd does not answer"
            time.sleep(0.1)
        else:
            return


@needs("rspamd")
def test_rspamd_finds_nothing_odd(rspamd: str) -> None:
    for mail in golden_mails():
        verdict = judged(rspamd, mail.message)
        costly = {
            name: symbol["score"]
            for name, symbol in verdict["symbols"].items()
            if symbol["score"] > 0 and name not in MEANT
        }

        assert costly == {}, mail.name
        assert verdict["score"] < RSPAMD_LIMIT, mail.name


@needs("rspamd")
def test_rspamd_is_awake(rspamd: str) -> None:
    # A filter that finds nothing anywhere would pass everything.
    spam = golden_mails()[0].message.replace(b"\r\nSubject: ", b"\r\nSubject: URGENT!!! ", 1)
    bare = re.sub(rb"(?m)^(Date|Message-ID): .*\r\n", b"", spam)

    assert judged(rspamd, bare)["score"] > RSPAMD_LIMIT


def judged(address: str, message: bytes) -> dict[str, Any]:
    answer = httpx.post(f"{address}/checkv2", content=message, headers=SENT_BY, timeout=60)
    verdict: dict[str, Any] = answer.raise_for_status().json()
    return verdict
