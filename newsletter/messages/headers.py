"""Header fields as exact bytes (RFC 5322), each with its final CRLF.

Python's own `email` package is not used to write them: it turns a long List-Unsubscribe into
encoded-words, which no mailbox provider reads, and loses the quotes of a display name it folds,
which makes two senders of one. Lines are folded only where every reader copes: between the words
of a Subject, between encoded-words, before "<", and between two URIs.

Control characters are refused, never taken out: whoever wrote them meant something we did not
understand. That holds for encoded ones too, since some reader will decode them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsletter.errors import HeaderError
from newsletter.messages import encoded_words

#: Characters that a line should have at most, CRLF not counted (RFC 5322, 2.1.1).
PREFERRED_LINE = 78
#: Characters that a line must not exceed (RFC 5322, 2.1.1).
LONGEST_LINE = 998
#: Octets of the part before the @ (RFC 5321, 4.5.3.1.1).
LONGEST_LOCAL_PART = 64
#: Octets of the part after it: what fits in the DNS (RFC 1035, 2.3.4), no dot at the end.
LONGEST_DOMAIN = 253

# C0, DEL, C1, the two Unicode line ends, and halves of characters.
_REFUSED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Narrower than RFC 5322, 2.2, and short enough for an encoded-word on the first line.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
# Words with one blank between them: nothing that a reader could tidy away.
_PRINTABLE = re.compile(r"[!-~]+(?: [!-~]+)*")
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ATOMS = re.compile(rf"{_ATEXT}(?: {_ATEXT})*")
_DOT_ATOM = rf"{_ATEXT}(?:\.{_ATEXT})*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"
_BRACKETED = re.compile(rf"{_DOT_ATOM}(?:@{_DOMAIN})?")
_ADDRESS = re.compile(rf"{_DOT_ATOM}@{_DOMAIN}")
# RFC 3986 without the comma, which parts one URI from the next (RFC 2369, 2).
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+;=%-]+")


def unstructured(name: str, text: str) -> bytes:
    r"""Return a field whose value is running text, as Subject.

    What a reader decodes is `text` to the letter, its blanks included.

    >>> unstructured("Subject", "Årets två")
    b'Subject: =?utf-8?q?=C3=85rets_tv=C3=A5?=\r\n'

    Raises HeaderError: the text holds a control character, as it stands or encoded.
    """
    refuse_controls(name, text)
    if _PRINTABLE.fullmatch(text) and "=?" not in text:
        lines = _folded(name, text.split(" "))
        if max(map(len, lines)) <= PREFERRED_LINE:
            return _field(name, lines)
    return _field(name, _folded(name, _encoded(name, text)))


def phrase(name: str, text: str, bracketed: str) -> bytes:
    r"""Return a field that says what something is called: `text <bracketed>`, as List-Id.

    >>> phrase("List-Id", "Nyheter, varje vecka", "nyheter.example.org")
    b'List-Id: "Nyheter, varje vecka" <nyheter.example.org>\r\n'

    Raises HeaderError: either part holds what must not stand there.
    """
    refuse_controls(name, text)
    _refuse_unless(_BRACKETED.fullmatch(bracketed), name, bracketed)
    words, longest = _phrase_words(name, text)
    lines = _folded(name, words)
    if len(f"{lines[-1]} <{bracketed}>") <= longest:
        lines[-1] += f" <{bracketed}>"
    else:
        lines.append(f" <{bracketed}>")
    return _field(name, lines)


def mailbox(name: str, display_name: str, address: str) -> bytes:
    r"""Return a field with one address and the name that goes with it, as From.

    >>> mailbox("From", "Externa relationer", "nyhetsbrev@example.org")
    b'From: Externa relationer <nyhetsbrev@example.org>\r\n'

    Raises HeaderError: `address` is not in wire form, or the name holds a control character.
    """
    wire_form(name, address)
    return phrase(name, display_name, address) if display_name else structured(name, address)


def structured(name: str, *parts: str) -> bytes:
    r"""Return a field whose value has a grammar of its own; it is written as it stands.

    The line may be folded between two parts, nowhere else.

    >>> structured("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    b'List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n'

    Raises HeaderError: a part is not plain printable ASCII.
    """
    for part in parts:
        _refuse_unless(_PRINTABLE.fullmatch(part), name, part)
    return _field(name, _folded(name, parts))


def uris(name: str, *values: str) -> bytes:
    r"""Return a field of URIs in angle brackets, the preferred one first (RFC 2369, 2).

    >>> uris("List-Owner", "mailto:redaktionen@example.org")
    b'List-Owner: <mailto:redaktionen@example.org>\r\n'

    Raises HeaderError: a value is no URI in ASCII.
    """
    for value in values:
        _refuse_unless(_URI.fullmatch(value), name, value)
    # One line for each: a URI that is put in later must not change where the others stand.
    *others, last = [f" <{value}>" for value in values]
    first, *more = [*(f"{uri}," for uri in others), last]
    return _field(name, [f"{name}:{first}", *more])


def wire_form(name: str, address: str) -> str:
    """Return an address if it may stand on the wire: ASCII, its domain as A-labels.

    Raises HeaderError: it may not, naming the header it was meant for.
    """
    local, _, domain = address.rpartition("@")
    short = len(local) <= LONGEST_LOCAL_PART and len(domain) <= LONGEST_DOMAIN
    _refuse_unless(short and _ADDRESS.fullmatch(address), name, address)
    return address


def message_id(value: str) -> str:
    """Return a Message-ID, angle brackets and all, if it is one (RFC 5322, 3.6.4).

    Raises HeaderError: it is not.
    """
    _refuse_unless(value[:1] == "<" and value[-1:] == ">", "Message-ID", value)
    wire_form("Message-ID", value[1:-1])
    return value


def message_id_for(name: str, from_address: str) -> str:
    """Return the Message-ID with `name` before the @ and the domain of the from address after.

    >>> message_id_for("x7", "nyhetsbrev@example.org")
    '<x7@example.org>'

    Raises HeaderError: the two do not make a Message-ID.
    """
    domain = wire_form("From", from_address).rpartition("@")[2]
    return message_id(f"<{name}@{domain}>")


def refuse_controls(name: str, text: str) -> None:
    """Do nothing if `text` may stand in the header called `name`.

    Raises HeaderError: the text, or what a reader may decode it to, holds a control character or
    half a character.
    """
    for reading in encoded_words.readings(text):
        if found := _REFUSED.search(reading):
            raise HeaderError(
                "The header {header} would hold the control character {character}, "
                "as it stands or in encoded text. No message was made. "
                "Write the text anew without it; such characters often come along when text "
                "is copied.",
                header=name,
                character=f"U+{ord(found[0]):04X}",
            )


def _phrase_words(name: str, text: str) -> tuple[Sequence[str], int]:
    # The words to fold between, and how long a line with the last of them may be.
    if _PRINTABLE.fullmatch(text) and "=?" not in text:
        escaped = re.sub(r'(["\\])', r"\\\1", text)
        plain = text if _ATOMS.fullmatch(text) else f'"{escaped}"'
        if len(f"{name}: {plain}") <= PREFERRED_LINE:
            return [plain], PREFERRED_LINE
    return _encoded(name, text), encoded_words.LONGEST_LINE


def _encoded(name: str, text: str) -> list[str]:
    return encoded_words.encode(text, room=encoded_words.LONGEST_LINE - len(f"{name}: "))


def _folded(name: str, words: Sequence[str]) -> list[str]:
    lines = [f"{name}:"]
    for position, word in enumerate(words):
        # The first word stays beside the name: some readers see no value on an empty first line.
        if position == 0 or len(f"{lines[-1]} {word}") <= PREFERRED_LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(f" {word}")
    return lines


def _field(name: str, lines: Sequence[str]) -> bytes:
    if not _NAME.fullmatch(name):
        raise HeaderError(
            "No header can be called {header}. No message was made. "
            "This is a fault in the program; please report it.",
            header=ascii(name),
        )
    if max(map(len, lines)) > LONGEST_LINE:
        raise HeaderError(
            "The header {header} would have a line of more than {n} characters. "
            "No message was made. Use a shorter address.",
            header=name,
            n=LONGEST_LINE,
        )
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _refuse_unless(right: object, name: str, value: str) -> None:
    if right and "=?" not in value:
        return
    refuse_controls(name, value)
    # The value is not shown: it may be somebody's address, which has no place in a log.
    raise HeaderError(
        "The header {header} cannot hold the address it was given. No message was made. "
        "Write addresses without blanks, brackets or letters such as å, ä and ö; "
        "a domain that has them is written in its xn-- form.",
        header=name,
    )
