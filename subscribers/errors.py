"""Errors that can be explained to the person who has to act.

* ExplainedError            root of both packages; carries a `Sentence` and an exit code
  - UsageError              whoever typed the command: exit 2
  - UnsafeError             the same person: refused so that nobody is harmed, exit 4
  - BusyError               nobody: somebody else holds it just now, exit 5
  - AddressError            whoever wrote the address
  - NoSuchSubscriberError   whoever asked for it
  - SheetError              whoever saved the file: it is no list that can be imported

A sentence says what happened, what was not done, and what to do next.
"""

from __future__ import annotations

from typing import Any, ClassVar

from subscribers.wording import Sentence


class ExplainedError(Exception):
    """An error with a sentence for the person who has to act.

    `exit_code` follows the contract of the commands: 1 failed, 2 usage, 3 done in part,
    4 refused for safety, 5 busy.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, /, **fields: Any) -> None:
        self.sentence = Sentence(message, **fields)
        super().__init__(self.sentence.in_english())


class UsageError(ExplainedError):
    """What was asked for cannot be understood."""

    exit_code = 2


class UnsafeError(ExplainedError):
    """What was asked for could harm a reader, so it was not done."""

    exit_code = 4


class BusyError(ExplainedError):
    """Somebody else is doing this, or holds the database, just now."""

    exit_code = 5


class AddressError(UsageError):
    """The text is not an e-mail address that can be mailed; its words never repeat the text."""

    @property
    def problem(self) -> Sentence:
        """What is wrong, as part of a sentence: "two dots in a row"."""
        problem: Sentence = self.sentence.fields["problem"]
        return problem


class NoSuchSubscriberError(ExplainedError):
    """Nobody on the list has this address."""


class SheetError(ExplainedError):
    """The file cannot be read as a list of addresses; nothing was imported."""
