"""Every mail we send, as a reader gets it, signed: what browsers, checkers and filters judge.

A new kind of mail is a new entry in `golden_mails`, and is held to every gate from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from newsletter import rendering
from newsletter.content import IssueContent
from newsletter.messages import MessageRecipient, Skeleton, message_id_for
from newsletter.templates_folder import TemplatesFolder
from tests.builders import SENDER, make_issue_content, make_story
from tests.dkim_judge import SIGNER

#: What is changed in the usual issue, by the name of the mail.
_ISSUES: dict[str, dict[str, Any]] = {
    "issue": {},
    "English issue": {"language": "en", "preheader": "Short."},
    "test of an issue": {"test_number": 2},
    "small issue": {
        "stories": (make_story(),),
        "calendar": (),
        "editorial": "",
        "signature_name": "",
    },
}
_ADDRESS = "kim.exempel@example.com"
_TOKEN = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenMail:
    """One mail to one reader."""

    name: str
    html: str
    text: str
    #: The exact bytes, with their signature.
    message: bytes

    def __str__(self) -> str:
        return self.name


@cache
def golden_mails() -> tuple[GoldenMail, ...]:
    """Return one mail of each kind."""
    return tuple(
        issue_mail(name, make_issue_content(**changes)) for name, changes in _ISSUES.items()
    )


def issue_mail(name: str, content: IssueContent, *, theme: str = "saklig") -> GoldenMail:
    """Return an issue as one reader gets it."""
    templates = TemplatesFolder()
    rendered = rendering.render(
        content, theme=rendering.load_theme(templates, theme), templates=templates
    )
    skeleton = Skeleton.of(rendered, content=content, sender=SENDER, signer=SIGNER)
    recipient = MessageRecipient(
        address=_ADDRESS,
        token=_TOKEN,
        message_id=message_id_for("mzxw6ytboi" * 3 + "ab", SENDER.from_address),
        # Now: filters mistrust what is old.
        date=datetime.now(UTC),
    )
    return GoldenMail(
        name=name,
        html=rendering.fill_preview(rendered.html, address=_ADDRESS, token=_TOKEN),
        text=rendering.fill_preview(rendered.text, address=_ADDRESS, token=_TOKEN),
        message=skeleton.fill(recipient),
    )
