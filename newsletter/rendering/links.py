"""Links as they stand in a mail: to where a reader may be led, in ASCII."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

#: A link may lead to a page, a mailbox or a telephone, never to a script.
LINK_SCHEMES = ("http", "https", "mailto", "tel")

#: What a link keeps as it is; the rest is percent-encoded. "%" stays: what is encoded already.
_KEPT_IN_LINKS = "/:@?&=+$,;!~*'()%#-._"
_HOST = re.compile(r"[a-z0-9._-]+")


def link(url: str) -> str | None:
    """Return an address in ASCII, as every mail program can follow it; None if it is none.

    >>> link("https://västra.example/nyhet å?q=ä")
    'https://xn--vstra-gra.example/nyhet%20%C3%A5?q=%C3%A4'
    >>> link("javascript:alert(1)")
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        # A name before the host is how a link is made to look as if it led elsewhere.
        if parts.scheme not in LINK_SCHEMES or "@" in parts.netloc or re.search(r"[\n\t]", url):
            return None
        on_the_web = parts.scheme in ("http", "https")
        if on_the_web != bool(parts.hostname) or not (parts.hostname or parts.path):
            return None
        host = (parts.hostname or "").encode("idna").decode("ascii")
        netloc = f"{host}:{parts.port}" if parts.port else host
    except (UnicodeError, ValueError):
        return None
    if on_the_web and not _HOST.fullmatch(host):
        return None
    path, query, fragment = (
        quote(part, safe=_KEPT_IN_LINKS) for part in (parts.path, parts.query, parts.fragment)
    )
    return urlunsplit((parts.scheme, netloc, path, query, fragment))
