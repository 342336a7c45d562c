"""Hints about e-mail addresses in what everybody will read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.issues.hints import texts
from newsletter.issues.hints.hint import Checked, Hint, Severity
from subscribers.addresses import masked
from subscribers.wording import Sentence

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
#: A first and a last name: what people are called, and functions seldom.
_NAMES = re.compile(r"[^\W\d_]{2,}(?:[.-][^\W\d_]+)+", re.IGNORECASE)


def email(checked: Checked) -> Iterator[Hint]:
    """Find EMAIL: an address that seems to belong to a person, who may leave."""
    for text in texts.every(checked.content):
        for address in dict.fromkeys(_ADDRESS.findall(text.words)):
            local_part = address.partition("@")[0].partition("+")[0].casefold()
            is_function = any(mailbox in local_part for mailbox in checked.words.mailboxes)
            if _NAMES.fullmatch(local_part) and not is_function:
                yield Hint(
                    code="EMAIL",
                    severity=Severity.YELLOW,
                    place=text.place,
                    message=Sentence(
                        "{address} seems to be a person's own address. Use the address of a "
                        "function, which others can read when somebody is away.",
                        address=masked(address),
                    ),
                    about=address,
                )
