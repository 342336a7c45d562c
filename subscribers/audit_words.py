"""What the actions in the audit log are called, in the words of people."""

from __future__ import annotations

from collections.abc import Mapping

from subscribers.wording import Sentence

ACTION_NAMES: Mapping[str, Sentence] = {
    "addresses.exported": Sentence("list exported"),
    "addresses.shown": Sentence("addresses shown in full"),
    "import.begun": Sentence("import begun"),
    "import.finished": Sentence("import finished"),
    "import.undone": Sentence("import undone"),
    "installation.adopted": Sentence("restored copy taken into use"),
    "issue.approved": Sentence("issue approved"),
    "issue.cancelled": Sentence("sending given up"),
    "issue.corrected": Sentence("correction begun"),
    "issue.paused": Sentence("sending paused"),
    "issue.review_asked": Sentence("somebody asked to read the issue"),
    "issue.resent": Sentence("sent to those who lacked it"),
    "issue.scheduled": Sentence("sending scheduled"),
    "issue.sending": Sentence("sending begun"),
    "issue.sent_back": Sentence("issue sent back to be changed"),
    "issue.sent_to_newcomers": Sentence("sent to those who came since"),
    "issue.withdrawn": Sentence("approval taken back"),
    "newsletter.added": Sentence("newsletter added"),
    "newsletter.edited": Sentence("newsletter changed"),
    "outbox.resent": Sentence("service mail sent again"),
    "retention.purged": Sentence("kept long enough and erased"),
    "rights.erased": Sentence("erased on request"),
    "rights.packaged": Sentence("told what is held"),
    "segment.created": Sentence("segment made"),
    "segment.deleted": Sentence("segment deleted"),
    "subscriber.added": Sentence("subscriber added"),
    "subscriber.address_changed": Sentence("address changed"),
    "subscriber.address_restored": Sentence("old address put back"),
    "subscriber.language_set": Sentence("language chosen"),
    "subscriber.merged": Sentence("two subscribers made one"),
    "subscriber.paused": Sentence("pause begun"),
    "subscriber.resumed": Sentence("pause ended"),
    "subscriber.unsubscribed": Sentence("subscriber unsubscribed"),
    "suppression.added": Sentence("suppression added"),
    "suppression.pointed": Sentence("suppressions matched with their subscribers"),
    "suppression.removed": Sentence("suppression lifted"),
    "user.accepted_invitation": Sentence("invitation accepted"),
    "user.added": Sentence("user added"),
    "user.invited": Sentence("user invited"),
    "user.removed": Sentence("user shut out"),
    "user.role_changed": Sentence("role changed"),
    "user.signed_in": Sentence("user signed in"),
    "user.signed_out_everywhere": Sentence("user signed out everywhere"),
}


def name_of(action: str) -> Sentence:
    """Return what an action is called; one of another version has its code for a name.

    >>> name_of("import.undone").message
    'import undone'
    """
    return ACTION_NAMES.get(action) or Sentence(action)
