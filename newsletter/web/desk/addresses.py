"""Where the rooms of the desk are."""

from __future__ import annotations

from typing import Final

#: Everything of the desk is below this.
DESK: Final = "/redaktion"
SIGN_IN: Final = f"{DESK}/logga-in"
SIGN_OUT: Final = f"{DESK}/logga-ut"
#: With the organisation's own account: to its provider, back from there, and out of there.
ORGANISATION: Final = f"{SIGN_IN}/organisationen"
ORGANISATION_ANSWER: Final = f"{ORGANISATION}/svar"
ORGANISATION_SIGN_OUT: Final = f"{SIGN_OUT}/organisationen"
SIGN_INS: Final = f"{DESK}/inloggningar"
WELCOME: Final = f"{DESK}/valkommen"


def welcome_path(token: str) -> str:
    """Return the address of an invitation."""
    return f"{WELCOME}/{token}"


def is_in_the_desk(path: str) -> bool:
    """Tell whether a path leads to the desk and nowhere else, so that one may be sent on to it.

    >>> is_in_the_desk("/redaktion/2026-02/skriv?nyhet=3"), is_in_the_desk("//example.org")
    (True, False)
    """
    return (path == DESK or path.startswith((f"{DESK}/", f"{DESK}?"))) and not any(
        sign in path for sign in ("//", "\\", "\n", "\r", "..")
    )


def issue_path(name: str, room: str) -> str:
    """Return the address of a step of an issue.

    >>> issue_path("2026-02", "valj")
    '/redaktion/2026-02/valj'
    """
    return f"{DESK}/{name}/{room}"
