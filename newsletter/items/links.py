"""Addresses of web pages: which may stand in an issue, and which are the same page."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from newsletter.errors import UsageError

#: Characters. Longer ones break in mail programs, and in the index of identities.
LONGEST_URL = 2000

#: Parts of a query that say how a visitor came, not which page it is.
_TRACKING = re.compile(
    r"utm_\w+|mtm_\w+|fbclid|gclid|msclkid|mc_[ce]id|mkt_tok|_ga|jsessionid|phpsessid|aspsessionid\w*",
    re.IGNORECASE,
)
_SESSION = re.compile(r";jsessionid=[^/?#;]*", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def checked(url: str) -> str:
    """Return an address that may stand in an issue, outer blanks taken off; empty stays empty.

    Raises UsageError: not http or https, no host, a name or password in it, or characters that
    no address has.
    """
    url = url.strip()
    if not url:
        return ""
    if len(url) > LONGEST_URL:
        raise UsageError(
            "The address of the link is longer than {n} characters. Nothing was changed. "
            "Use a shorter one.",
            n=LONGEST_URL,
        )
    # Tested before urlsplit, which drops tabs and line feeds without a word.
    if any(unicodedata.category(sign)[0] in "CZ" or sign in '"<>\\^`{|}' for sign in url):
        raise UsageError(
            "The address of the link holds a blank, a control character, a quote or a bracket. "
            "Nothing was changed. Copy it once more from the browser's address field."
        )
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https"):
        raise UsageError(
            "The address {url} does not begin with https:// and a host. Nothing was changed. "
            "Write it like https://www.example.org/nyheter/1",
            url=url,
        )
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "The address of the link holds a name or a password. Nothing was changed. "
            "Take away what stands between // and @."
        )
    return url


def canonical(url: str) -> str:
    """Return the one way to write a page's address: for telling pages apart, not for readers.

    Raises ValueError: not an address at all.

    >>> canonical("HTTPS://WWW.Example.org:443/a;jsessionid=1F?utm_source=x&id=7#top")
    'https://www.example.org/a?id=7'
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port is not None and parts.port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{parts.port}"
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.fullmatch(name)
    ]
    path = _SESSION.sub("", parts.path) or "/"
    return urlunsplit((parts.scheme, host, path, urlencode(query), ""))


def untracked(url: str) -> str:
    """Return an address without what says how somebody came to it, the rest as it was written.

    Raises ValueError: not an address at all.

    >>> untracked("https://Example.org/a;jsessionid=1F?utm_source=x&id=7%20b#top")
    'https://Example.org/a?id=7%20b'
    """
    parts = urlsplit(url)
    query = [
        pair for pair in parts.query.split("&") if not _TRACKING.fullmatch(pair.partition("=")[0])
    ]
    path = _SESSION.sub("", parts.path)
    return urlunsplit((parts.scheme, parts.netloc, path, "&".join(query), ""))


def is_same(one: str, other: str) -> bool:
    """Say whether two addresses are of the same page."""
    return bool(one and other) and canonical(one) == canonical(other)
