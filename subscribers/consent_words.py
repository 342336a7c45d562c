"""What the words of the ledger of consent are called."""

from __future__ import annotations

from subscribers.models import (
    ConsentBasis,
    ConsentKind,
)
from subscribers.wording import Sentence

#: What a kind of event is called.
KIND_NAMES = {
    ConsentKind.ADDED: Sentence("added by an administrator"),
    ConsentKind.IMPORTED: Sentence("imported"),
    ConsentKind.IMPORTED_AS_PENDING: Sentence("imported, without a day of consent"),
    ConsentKind.REQUESTED: Sentence("asked for"),
    ConsentKind.CONFIRMED: Sentence("confirmed"),
    ConsentKind.WITHDRAWN: Sentence("withdrawn"),
    ConsentKind.RESTORED: Sentence("withdrawal undone"),
    ConsentKind.MERGED: Sentence("made one with another address"),
    ConsentKind.IMPORT_UNDONE: Sentence("import taken back"),
}
#: What a language is called.
LANGUAGE_NAMES = {"sv": Sentence("Swedish"), "en": Sentence("English")}
#: What a legal basis is called.
BASIS_NAMES = {
    ConsentBasis.CONSENT: Sentence("consent (GDPR, article 6.1 a)"),
    ConsentBasis.PUBLIC_INTEREST: Sentence("a task in the public interest (GDPR, article 6.1 e)"),
    ConsentBasis.LEGAL_OBLIGATION: Sentence("a legal obligation (GDPR, article 6.1 c)"),
}
