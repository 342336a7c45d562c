"""On what terms a sheet is imported."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from subscribers.models import ConsentBasis, ImportPurpose


class Updating(enum.Enum):
    """Whether an import may change the language of people who are there."""

    #: Not at all.
    NO = "no"
    #: Only where nobody said it before.
    EMPTY = "empty"
    #: Whatever stands there.
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what grounds an import does what, and by whom."""

    newsletter_id: int
    basis: ConsentBasis
    #: How we know: "Paloma 2017-02-21".
    source: str
    #: For rows that say none: "sv" or "en".
    language: str
    #: OS user or signed-in user.
    actor: str
    purpose: ImportPurpose = ImportPurpose.SUBSCRIBE
    updating: Updating = Updating.NO
