"""Leave by the button of a mail program: a real POST to a running server (RFC 8058)."""

from __future__ import annotations

import http.client
import time
import urllib.parse

from benchmarks import readers
from subscribers.tokens import Claim, Purpose

_BODY = urllib.parse.urlencode({"List-Unsubscribe": "One-Click"})


def leave(web: int, subscriber_id: int, newsletter_id: int = 1) -> float:
    """Let one person leave at the server on this port; return the seconds until it answered."""
    token = readers.KEYS.sign(Claim(Purpose.UNSUBSCRIBE, subscriber_id, newsletter_id, readers.NOW))
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", web, timeout=60)
    connection.request(
        "POST",
        f"/avsluta/{token}",
        _BODY,
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    answer = connection.getresponse()
    answer.read()
    connection.close()
    took = time.perf_counter() - began
    if answer.status != http.client.OK:
        raise SystemExit(f"unsubscribing was answered with {answer.status}")
    return took
