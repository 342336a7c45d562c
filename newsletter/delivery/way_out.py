"""See to it that readers can leave before anything is sent to them."""

from __future__ import annotations

import http.client
import ipaddress
import urllib.error
import urllib.request
from datetime import datetime
from urllib.parse import urlsplit

from newsletter.errors import UnsafeError
from subscribers.tokens import Claim, Keys, Purpose

#: Seconds the page may take.
TIMEOUT = 15


def check(base_url: str, *, smtp_host: str, keys: Keys, now: datetime) -> None:
    """Ask the unsubscribe page, with a token of a test mail, whether it answers.

    A base address on this machine is fine only as long as the mail stays on this machine too;
    then nobody real is written to and nothing is asked.

    Raises UnsafeError: the page does not answer, or readers could not reach it.
    """
    host = urlsplit(base_url).hostname or ""
    if is_loopback(host):
        if is_loopback(smtp_host):
            return
        raise UnsafeError(
            "The setting base_url ({base_url}) is an address that only this machine can reach, "
            "so nobody could unsubscribe. Nothing was sent. Set it to the public address.",
            base_url=base_url,
        )
    if not base_url.startswith("https://"):
        raise UnsafeError(
            "The setting base_url ({base_url}) does not begin with https://, so mail programs "
            "would not offer to unsubscribe. Nothing was sent. Serve the pages over https.",
            base_url=base_url,
        )
    token = keys.sign(Claim(Purpose.TEST, 0, 0, now))
    try:
        with urllib.request.urlopen(f"{base_url}/avsluta/{token}", timeout=TIMEOUT) as answer:  # noqa: S310
            answered = f"{answer.status}"
            if answer.status == http.HTTPStatus.OK:
                return
    except (OSError, urllib.error.URLError, http.client.HTTPException) as error:
        answered = str(error)
    raise UnsafeError(
        "The page where readers unsubscribe did not answer at {base_url} ({answered}). "
        "Nothing was sent. Start the pages with newsletter serve, or mend what stands before them.",
        base_url=base_url,
        answered=answered,
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
