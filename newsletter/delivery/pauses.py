"""Why an issue is paused: kept as a sentence, so that everybody reads it in their own language."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import Any

from subscribers.wording import Sentence

_AS_IT_STANDS = "{text}"


class PauseKind(enum.Enum):
    """Who must act before the issue goes on."""

    #: Nobody: stopped with Ctrl-C, by the system, or by a command.
    STOPPED = "stopped"
    #: The operator: the server could not be used, several times in a row.
    SERVER = "server"
    #: The operator: the server does not let us send.
    SENDER = "sender"
    #: The editor: the message is unwelcome.
    MESSAGE = "message"
    #: The operator: several servers refuse our mail on principle.
    POLICY = "policy"
    #: Whoever keeps the list: too many of its addresses are refused for good.
    REFUSALS = "refusals"
    #: Whoever answers for it: going on by itself would not have been safe.
    SAFETY = "safety"


@dataclass(frozen=True, slots=True)
class Pause:
    """Why an issue stands still."""

    kind: PauseKind
    sentence: Sentence

    def to_json(self) -> str:
        """Return the text kept in `Issue.paused_because`."""
        return json.dumps(
            {"kind": self.kind.value} | _sentence_to_json(self.sentence), ensure_ascii=False
        )


def from_json(text: str) -> Pause | None:
    """Return the pause `Issue.paused_because` tells of; None if it is empty.

    Plain text, put there by hand, is shown as it is.
    """
    if not text:
        return None
    try:
        value = json.loads(text)
        return Pause(PauseKind(value["kind"]), _sentence_from_json(value))
    except (ValueError, KeyError, TypeError):
        return Pause(PauseKind.STOPPED, Sentence(_AS_IT_STANDS, text=text))


def _sentence_to_json(sentence: Sentence) -> dict[str, Any]:
    return {
        "message": sentence.message,
        "fields": {
            name: _sentence_to_json(value)
            if isinstance(value, Sentence)
            else value
            if isinstance(value, int | float)
            else str(value)
            for name, value in sentence.fields.items()
        },
        "plural": sentence.plural,
    }


def _sentence_from_json(value: dict[str, Any]) -> Sentence:
    fields = {
        name: _sentence_from_json(field) if isinstance(field, dict) else field
        for name, field in value["fields"].items()
    }
    return Sentence(value["message"], plural=value["plural"], **fields)
