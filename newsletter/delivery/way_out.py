"""See to it that readers can leave before anything is sent to them."""

from __future__ import annotations

import http.client
import ipaddress
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from newsletter.delivery.servers import Server
from newsletter.delivery.smtp_url import SmtpServer
from newsletter.errors import UnsafeError
from newsletter.issues.approval import FrozenIssue
from subscribers.tokens import Claim, Keys, Purpose

#: Seconds the page may take.
TIMEOUT = 15
#: What the pages say to one-click with the token of a test mail; nothing else in the world does.
ANSWER = ("X-Newsletter-Way-Out", "test")
#: Mail servers that reach real people listen below this port; sinks for trying out do not.
_FIRST_UNPRIVILEGED_PORT = 1024
#: Nobody reads mail there (RFC 2606, 3).
_EXAMPLES = ("example.org", "example.com", "example.net", "example")


def check(
    frozen: FrozenIssue,
    *,
    base_url: str,
    servers: Sequence[Server],
    keys: Keys,
    now: datetime,
) -> None:
    """Unsubscribe nobody, with the token of a test mail, at the address readers will get.

    A base address on this machine will do for trying things out, as long as the mail stays here
    too: a mail server on this machine, on a port no real one has. Then nothing is asked.

    Raises UnsafeError: the page does not answer, readers could not reach it, or the issue carries
    another address or the sender of the example.
    """
    theirs = frozen.content.base_url
    if theirs != base_url:
        raise UnsafeError(
            "The issue was approved with the address {theirs}, but base_url is {base_url} now. "
            "Nothing was sent. Approve the issue again, so that its links lead to the right place.",
            theirs=theirs,
            base_url=base_url,
        )
    if is_loopback(urlsplit(base_url).hostname or ""):
        if all(_reaches_nobody(server.address) for server in servers):
            return
        raise UnsafeError(
            "The setting base_url ({base_url}) is an address that only this machine can reach, "
            "so nobody could unsubscribe. Nothing was sent. Set it to the public address.",
            base_url=base_url,
        )
    domain = frozen.sender.from_address.rpartition("@")[2].lower()
    if domain in _EXAMPLES or domain.endswith(tuple(f".{example}" for example in _EXAMPLES)):
        raise UnsafeError(
            "The sender is still the one of the example ({domain}). Nothing was sent. Fill in "
            "[organisation] and [newsletter] in the settings, then approve the issue again.",
            domain=domain,
        )
    if not base_url.startswith("https://"):
        raise UnsafeError(
            "The setting base_url ({base_url}) does not begin with https://, so mail programs "
            "would not offer to unsubscribe. Nothing was sent. Serve the pages over https.",
            base_url=base_url,
        )
    press(base_url, keys.sign(Claim(Purpose.TEST, 0, 0, now)))


def _reaches_nobody(address: SmtpServer | None) -> bool:
    return address is None or (
        is_loopback(address.host) and address.port >= _FIRST_UNPRIVILEGED_PORT
    )


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by its very name.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("smtp.example.org")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A mail program follows none (RFC 8058, 3.1), so neither do we."""

    def redirect_request(self, *_arguments: Any) -> None:
        return None


def press(base_url: str, token: str) -> None:
    """Post what a mail program posts, with a test's token, and see that our pages answer it.

    Raises UnsafeError: nobody answers, somebody else does, or the answer is a redirect.
    """
    body = urllib.parse.urlencode({"List-Unsubscribe": "One-Click"}).encode()
    name, said = ANSWER
    try:
        opener = urllib.request.build_opener(_NoRedirects)
        with opener.open(f"{base_url}/avsluta/{token}", body, timeout=TIMEOUT) as answer:
            if answer.status == http.HTTPStatus.OK and answer.headers.get(name) == said:
                return
            answered = f"{answer.status}, {answer.headers.get('Server', '?')}"
    except (OSError, urllib.error.URLError, http.client.HTTPException) as error:
        answered = str(error)
    raise UnsafeError(
        "One press to unsubscribe was not answered by our pages at {base_url} ({answered}). "
        "Nothing was sent. Start the pages with newsletter serve, with the same settings, or mend "
        "what stands before them.",
        base_url=base_url,
        answered=answered,
    )
