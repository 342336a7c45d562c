"""From a rendered issue to the exact bytes each reader's server gets.

`Skeleton.of` does the slow work once for each issue, `Skeleton.fill` the quick work for each
recipient. Nothing here knows a database, a network or a clock: the same arguments give the same
bytes, so a message that is tried again is the same message.
"""

from newsletter.messages.dkim import Signer, SigningKey
from newsletter.messages.headers import message_id_for
from newsletter.messages.skeleton import Skeleton
from newsletter.messages.slots import Addressee, MessageRecipient
from newsletter.messages.wire_text import WireText, wire_text

__all__ = [
    "Addressee",
    "MessageRecipient",
    "Signer",
    "SigningKey",
    "Skeleton",
    "WireText",
    "message_id_for",
    "wire_text",
]
