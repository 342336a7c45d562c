"""Read what a form of the desk says."""

from __future__ import annotations

from starlette.datastructures import FormData

#: Digits of the largest number; a column of the database holds a few more.
_LONGEST_NUMBER = 18


def text(form: FormData, name: str) -> str:
    """Return the text of a field, its line ends as Python has them; empty if there is none."""
    value = form.get(name, "")
    # Browsers send line ends as the network has them.
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def texts(form: FormData, name: str) -> list[str]:
    """Return the texts of all fields of a name."""
    return [value for value in form.getlist(name) if isinstance(value, str)]


def asked(form: FormData, name: str) -> bool:
    """Tell whether a button or a box was pressed."""
    return bool(form.get(name))


def whole_number(value: str) -> int | None:
    """Return the number that a text writes; None: it writes none that a row could have."""
    return int(value) if value.isdecimal() and len(value) <= _LONGEST_NUMBER else None
