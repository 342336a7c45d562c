"""One way to the organisation's sign-in and back: what is taken along, and what may come back."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.errors import ExplainedError


class ProviderError(ExplainedError):
    """The provider cannot be asked, or is not set up as it must be; `why` is for the log."""

    def __init__(self, *, why: str) -> None:
        super().__init__(
            "The organisation’s sign-in does not work just now. Nobody was signed in. "
            "Try again in a while, or ask whoever manages the newsletter."
        )
        self.why = why


class UnprovenError(ExplainedError):
    """What came back does not prove who somebody is; `why` is for the log."""

    def __init__(self, *, why: str) -> None:
        super().__init__(
            "The organisation’s sign-in did not prove who you are. Nobody was signed in. "
            "Begin again from here; if that does not help, ask whoever manages the newsletter."
        )
        self.why = why


class StoppedError(ExplainedError):
    """The visitor turned back, or the provider said no."""

    def __init__(self) -> None:
        super().__init__(
            "You stopped on the way, or the organisation’s sign-in said no. Nobody was signed in. "
            "Try again, or ask whoever manages accounts in the organisation."
        )


@dataclass(frozen=True, slots=True)
class Errand:
    """One way to the provider and back; everything it is told by comes from one random secret.

    The secret stays in the visitor's browser, so nobody else can bring back the answer.
    """

    secret: str
    #: Where the provider sends the visitor back to.
    returns_to: str

    @property
    def state(self) -> str:
        """Comes back beside the code: this browser has asked for it (RFC 6749, 10.12)."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """Comes back inside what is signed: it was made for this errand (Core 1.0, 15.5.2)."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """Goes with the code: whoever stole that has no use of it (RFC 7636)."""
        return self._derived("verifier")

    def code_in(self, answer: Mapping[str, str], *, issuer: str) -> str:
        """Return the code of an answer to this errand.

        Raises UnprovenError: it answers something else; StoppedError: it brings no code.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), self.state.encode()):
            raise UnprovenError(why="the state is not of this errand")
        if answer.get("iss", issuer) != issuer:
            # Somebody mixed up two providers (RFC 9207, 2.4).
            raise UnprovenError(why="the answer names another issuer")
        if answer.get("error") == "access_denied":
            raise StoppedError
        if "error" in answer or not answer.get("code"):
            raise UnprovenError(
                why=f"the provider answered {answer.get('error', 'without a code')}"
            )
        return answer["code"]

    def _derived(self, purpose: str) -> str:
        return hmac.digest(self.secret.encode(), purpose.encode(), "sha256").hex()
