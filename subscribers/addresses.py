"""Read e-mail addresses: what was written, what goes on the wire, what they are matched by.

Pure: no database, no DNS. Text that is not one single address is refused with a reason.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass

import email_validator

from subscribers.errors import AddressError
from subscribers.wording import Sentence

#: RFC 5321, 4.5.3.1.3, without the angle brackets; in octets, so never more characters.
LONGEST_ADDRESS = 254
#: RFC 5321, 4.5.3.1.1.
LONGEST_LOCAL_PART = 64
#: What the column `Subscriber.address_key` holds; case folding can make text longer.
_LONGEST_KEY = 320
#: Slips of well-known domains, and what was probably meant.
SLIPS = {
    "gamil.com": "gmail.com",
    "gmai.com": "gmail.com",
    "gmail.co": "gmail.com",
    "gmail.con": "gmail.com",
    "gmail.se": "gmail.com",
    "gmial.com": "gmail.com",
    "gnail.com": "gmail.com",
    "hotamil.com": "hotmail.com",
    "hotmail.con": "hotmail.com",
    "hotmal.com": "hotmail.com",
    "hotmial.com": "hotmail.com",
    "icloud.con": "icloud.com",
    "iclod.com": "icloud.com",
    "live.con": "live.com",
    "oulook.com": "outlook.com",
    "outlok.com": "outlook.com",
    "outlook.con": "outlook.com",
    "tele2.com": "tele2.se",
    "telia.co": "telia.com",
    "telia.con": "telia.com",
    "yahoo.con": "yahoo.com",
    "yaho.com": "yahoo.com",
}
#: Where dots before the @ mean nothing, and by which name we call it.
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}
#: Domains for which likeness is more than the key without its +tag.
LOOSE_DOMAINS = (*SLIPS, *_DOTLESS)
#: What nearly everybody has before the @ (RFC 5322, dot-atom), in ASCII.
_PLAIN_LOCAL_PART = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
)
#: Domains remembered; a list of a million people has some thousands.
_REMEMBERED_DOMAINS = 20_000
_ADDRESS_IN_TEXT = re.compile(r"[^\s<>()\",;:]*@[^\s<>()\",;:]*")


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox."""

    #: As the person wrote it, without blanks around it; the local part composed (NFC).
    written: str
    #: What RCPT TO and To take: the domain as A-labels (RFC 5891).
    wire: str
    #: For matching only: case folded, no Gmail tricks with dots and plus signs.
    key: str
    #: The part after the @, as A-labels.
    domain: str
    #: The local part is not ASCII: only servers with SMTPUTF8 (RFC 6531) can take it.
    needs_smtputf8: bool


def read(text: str) -> Address:
    """Return the address a text holds; blanks around it are ignored.

    Nobody is asked whether the mailbox exists. The example names of RFC 2606 are taken; names that
    can have no mailbox on the internet (.local, .test, …) are not.

    Raises AddressError: the text is not exactly one address.

    >>> read(" Kim.Exempel@Västra.EXAMPLE ").wire
    'Kim.Exempel@xn--vstra-gra.example'
    """
    trimmed = text.strip()
    if len(trimmed) > LONGEST_ADDRESS or not trimmed.isprintable() or trimmed.count("@") != 1:
        raise _refused(trimmed)
    local_part, _, written_domain = trimmed.rpartition("@")
    # Reading one from scratch takes 70 µs, and a list has a million of few domains.
    if len(local_part) <= LONGEST_LOCAL_PART and _PLAIN_LOCAL_PART.fullmatch(local_part):
        domain = _plain_domain(written_domain)
        if domain is not None and len(local_part) + 1 + len(domain) <= LONGEST_ADDRESS:
            return Address(
                written=trimmed,
                wire=f"{local_part}@{domain}",
                key=f"{local_part.lower()}@{domain}",
                domain=domain,
                needs_smtputf8=False,
            )
    return _read_anything(trimmed)


def _read_anything(trimmed: str) -> Address:
    try:
        valid = email_validator.validate_email(
            trimmed,
            check_deliverability=False,
            strict=True,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
        )
    except email_validator.EmailNotValidError:
        raise _refused(trimmed) from None
    domain = (valid.ascii_domain or "").lower()
    local_part = valid.local_part
    key = f"{folded(local_part)}@{domain}"
    if not domain or len(key) > _LONGEST_KEY:
        raise _refused(trimmed)
    return Address(
        written=f"{local_part}@{trimmed.rpartition('@')[2]}",
        wire=f"{local_part}@{domain}",
        key=key,
        domain=domain,
        needs_smtputf8=not local_part.isascii(),
    )


@functools.lru_cache(maxsize=_REMEMBERED_DOMAINS)
def _plain_domain(written: str) -> str | None:
    """Return a domain as A-labels; None if no address of it can be read."""
    try:
        return _read_anything(f"a@{written}").domain
    except AddressError:
        return None


def hint(address: Address) -> str | None:
    """Return the domain that was probably meant; None if nothing looks like a slip.

    A hint to show, never a reason to refuse: somebody may own the other name.

    >>> hint(read("kim@gmial.com"))
    'gmail.com'
    """
    return SLIPS.get(address.domain)


def read_domain(text: str) -> str:
    """Return a domain as A-labels, lower case.

    Raises AddressError: mail cannot go to a domain of that name.

    >>> read_domain("Västra.example")
    'xn--vstra-gra.example'
    """
    return read(f"anybody@{text.strip()}").domain


def wire_form(written: str, domain: str) -> str:
    """Return what goes on the wire for a stored address and its domain as A-labels."""
    return f"{written.rpartition('@')[0]}@{domain}"


def folded(text: str) -> str:
    """Return text as it is matched, whatever its case and however its letters are composed.

    >>> folded("Pär") == folded("PA\N{COMBINING DIAERESIS}R")
    True
    """
    # Canonical caseless matching (Unicode, definition D145), composed again at the end.
    for _ in range(2):
        text = unicodedata.normalize("NFD", text).casefold()
    return unicodedata.normalize("NFC", text)


def likeness(key: str) -> str:
    """Return what two keys share that are probably one person's: a guess, never for matching.

    >>> likeness("k.im+nyheter@gmial.com")
    'kim@gmail.com'
    """
    local_part, _, domain = key.rpartition("@")
    domain = SLIPS.get(domain, domain)
    local_part = local_part.partition("+")[0] or local_part
    if domain in _DOTLESS:
        return f"{local_part.replace('.', '')}@{_DOTLESS[domain]}"
    return f"{local_part}@{domain}"


def masked(address: str) -> str:
    """Return an address as lists and logs may show it.

    >>> masked("kim.exempel@example.org"), masked("ab@example.org")
    ('k…l@example.org', 'a…@example.org')
    """
    local_part, at, domain = address.rpartition("@")
    # The last letter of a short one would tell all of it.
    last = local_part[-1] if len(local_part) > 2 else ""
    return f"{local_part[:1]}…{last}@{domain}" if at else "…"


def without_addresses(text: str) -> str:
    """Return free text with every address in it taken out, for what outlives the person.

    >>> without_addresses("asked by kim@example.org, by phone")
    'asked by …, by phone'
    """
    return _ADDRESS_IN_TEXT.sub("…", text)


def _refused(trimmed: str) -> AddressError:
    return AddressError(
        "That cannot be mailed: {problem}. Nothing was done. "
        "Write one address, like kim.exempel@example.org.",
        problem=_problem(trimmed),
    )


def _problem(trimmed: str) -> Sentence:
    local_part, at, domain = trimmed.rpartition("@")
    ending = domain.rpartition(".")[2].lower()
    # The first that holds is told; the order goes from the whole to the parts.
    checks = (
        (not trimmed, Sentence("the address is missing")),
        (
            trimmed.count("@") > 1 or (bool(at) and bool(set(trimmed) & set(",;"))),
            Sentence("two addresses in one place"),
        ),
        (not trimmed.isprintable(), Sentence("a character in it cannot be seen")),
        (not at, Sentence("the @ is missing")),
        (bool(set(trimmed) & set('<>"()')), Sentence("something stands around the address")),
        (" " in trimmed, Sentence("a blank stands in the middle")),
        (not local_part, Sentence("nothing stands before the @")),
        (not domain, Sentence("nothing stands after the @")),
        (
            len(trimmed) > LONGEST_ADDRESS or len(local_part) > LONGEST_LOCAL_PART,
            Sentence("it is too long"),
        ),
        (".." in trimmed, Sentence("two dots in a row")),
        (
            "." in (local_part[0:1], local_part[-1:], domain[0:1], domain[-1:]),
            Sentence("a dot stands first or last in its part"),
        ),
        ("." not in domain, Sentence("the top-level domain is missing")),
        (
            ending in email_validator.SPECIAL_USE_DOMAIN_NAMES,
            Sentence("no mail goes to names that end in .{ending}", ending=ending),
        ),
    )
    return next(
        (sentence for wrong, sentence in checks if wrong),
        Sentence("it has a character or a name that no address can have"),
    )
