"""Find the photographer whom a caption names."""

from __future__ import annotations

import re

from newsletter.items.sources import tidying

_CREDIT = re.compile(
    r"(?:(?:foto(?:graf)?|bild|photo(?:grapher)?|illustration)\s*:|©|\(c\))\s*(?P<name>[^|\n]{2,100})",
    re.IGNORECASE,
)


def credit_in(text: str) -> tuple[str, str]:
    """Return the photographer a caption names, and the caption without that.

    >>> credit_in("Kontoret i maj. Foto: Robin Exempel")
    ('Robin Exempel', 'Kontoret i maj.')
    """
    found = _CREDIT.search(text)
    if found is None:
        return "", tidying.line(text)
    name = tidying.line(re.sub(r"^(?:20\d\d )", "", found["name"])).rstrip(").")
    rest = f"{text[: found.start()].rstrip(' (')} {text[found.end() :].lstrip(' )')}"
    return name, tidying.line(rest)
