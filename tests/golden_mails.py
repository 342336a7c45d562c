"""Every mail we send, as a reader gets it, signed: what browsers, checkers and filters judge.

A new kind of mail is a new entry in `golden_mails`, and is held to every gate from then on.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from newsletter import rendering
from newsletter.content import Imprint, IssueContent, PictureContent
from newsletter.messages import Addressee, MessageRecipient, Skeleton, message_id_for
from newsletter.rendering.logos import Logo
from newsletter.templates_folder import TemplatesFolder
from tests.builders import ISSUE, SENDER, make_issue_content, make_story
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
_IMPRINT = Imprint(
    newsletter_name=ISSUE.newsletter_name,
    organisation=ISSUE.organisation,
    base_url=ISSUE.base_url,
    reply_to=ISSUE.reply_to,
    from_address=SENDER.from_address,
    zone=ISSUE.zone,
)
_ADDRESS = "kim.exempel@example.com"
_TOKEN = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop"
_SETTINGS = f"{ISSUE.base_url}/nyhetsbrev/installningar/{_TOKEN}"


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
    return (
        *(issue_mail(name, make_issue_content(**changes)) for name, changes in _ISSUES.items()),
        issue_mail("issue under a logo", make_issue_content(), logo=_logo()),
        service_mail(
            "confirmation",
            confirm_url=f"{ISSUE.base_url}/bekrafta/{_TOKEN}",
            valid_through=datetime(2017, 3, 8, 9, 15, tzinfo=UTC),
            days=7,
        ),
        service_mail("welcome", settings_url=_SETTINGS, comes_at=datetime(2017, 3, 22, tzinfo=UTC)),
        service_mail("already", settings_url=_SETTINGS),
        service_mail("goodbye", left_at=datetime(2017, 3, 1, 9, 15, tzinfo=UTC)),
        service_mail("settings_link", settings_url=_SETTINGS, hours=24),
        service_mail(
            "new_address",
            confirm_url=f"{ISSUE.base_url}/ny-adress/{_TOKEN}",
            valid_through=datetime(2017, 3, 8, 9, 15, tzinfo=UTC),
        ),
        service_mail(
            "old_address",
            undo_url=f"{ISSUE.base_url}/gammal-adress/{_TOKEN}",
            valid_through=datetime(2017, 3, 15, 9, 15, tzinfo=UTC),
        ),
        service_mail(
            "data_link",
            data_url=f"{ISSUE.base_url}/mina-uppgifter/{_TOKEN}",
            valid_through=datetime(2017, 3, 2, 9, 15, tzinfo=UTC),
        ),
        service_mail(
            "review",
            review_url=f"{ISSUE.base_url}/redaktion/2017-02/granska",
            by="Kim Exempel",
            number=2,
            question="Stämmer siffran i den första nyheten?",
            subject_line=ISSUE.subject,
            stories=[[story.title, story.text] for story in ISSUE.stories],
        ),
        service_mail(
            "review_answered",
            issue_url=f"{ISSUE.base_url}/redaktion/2017-02/granska",
            by="Robin Exempel",
            number=2,
            is_approved=False,
            note="Siffran är från i fjol.",
        ),
    )


def issue_mail(
    name: str, content: IssueContent, *, theme: str = "saklig", logo: Logo | None = None
) -> GoldenMail:
    """Return an issue as one reader gets it."""
    templates = TemplatesFolder()
    look = dataclasses.replace(rendering.load_theme(templates, theme), logo=logo)
    rendered = rendering.render(content, theme=look, templates=templates)
    skeleton = Skeleton.of(rendered, content=content, sender=SENDER, signer=SIGNER)
    recipient = MessageRecipient(token=_TOKEN, **_addressed())
    return GoldenMail(
        name=name,
        html=rendering.fill_preview(rendered.html, address=_ADDRESS, token=_TOKEN),
        text=rendering.fill_preview(rendered.text, address=_ADDRESS, token=_TOKEN),
        message=skeleton.fill(recipient),
    )


def _logo() -> Logo:
    by_day, by_night = (
        PictureContent(
            sha256=letter * 64,
            media_type="image/png",
            width=320,
            height=96,
            alt="Exempelregionen",
        )
        for letter in "ab"
    )
    return Logo(light=by_day, dark=by_night, width=160, files={})


def service_mail(kind: str, **values: Any) -> GoldenMail:
    """Return a service mail of a kind, filled with its own values."""
    templates = TemplatesFolder()
    rendered = rendering.render_service_mail(
        kind,
        values,
        imprint=_IMPRINT,
        language="sv",
        theme=rendering.load_theme(templates, "saklig"),
        templates=templates,
    )
    skeleton = Skeleton.of_service_mail(rendered, language="sv", sender=SENDER, signer=SIGNER)
    return GoldenMail(
        name=kind,
        html=rendered.html,
        text=rendered.text,
        message=skeleton.fill(Addressee(**_addressed())),
    )


def _addressed() -> dict[str, Any]:
    return {
        "address": _ADDRESS,
        "message_id": message_id_for("mzxw6ytboi" * 3 + "ab", SENDER.from_address),
        # Now: filters mistrust what is old.
        "date": datetime.now(UTC),
    }
