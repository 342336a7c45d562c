"""A service mail is one mail to one person: readable, whole, and with no link but ours."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import lxml.html
import pytest

from newsletter.content import TOKEN_SLOT, Imprint, RenderedServiceMail
from newsletter.errors import RenderingError
from newsletter.rendering import Theme, render_service_mail
from newsletter.templates_folder import TemplatesFolder
from tests.builders import ISSUE, SENDER
from tests.newsletter.rendering.conftest import OwnTemplates

IMPRINT = Imprint(
    newsletter_name=ISSUE.newsletter_name,
    organisation=ISSUE.organisation,
    base_url=ISSUE.base_url,
    reply_to=ISSUE.reply_to,
    from_address=SENDER.from_address,
    zone=ISSUE.zone,
)
URL = f"{ISSUE.base_url}/bekrafta/{'a' * 48}"


def confirmation(
    theme: Theme, templates: TemplatesFolder, *, language: str = "sv", **values: Any
) -> RenderedServiceMail:
    known = {
        "confirm_url": URL,
        "valid_through": datetime(2017, 3, 8, 9, 15, tzinfo=UTC),
        "days": 7,
    }
    return render_service_mail(
        "confirmation",
        known | values,
        imprint=IMPRINT,
        language=language,
        theme=theme,
        templates=templates,
    )


@pytest.mark.parametrize(
    ("language", "subject", "held_until"),
    [
        ("sv", "Bekräfta din prenumeration på", "till och med 8 mars 2017 kl. 10.15"),
        ("en", "Confirm your subscription to", "until 8 March 2017, 10:15"),
    ],
)
def test_a_confirmation_says_the_same_as_html_and_as_text(
    theme: Theme, templates: TemplatesFolder, language: str, subject: str, held_until: str
) -> None:
    mail = confirmation(theme, templates, language=language)

    page = lxml.html.document_fromstring(mail.html)
    words = " ".join(page.find("body").text_content().replace("\N{NO-BREAK SPACE}", " ").split())
    assert mail.subject == f"{subject} {ISSUE.newsletter_name}"
    assert held_until in words
    assert held_until in " ".join(mail.text.split())
    assert [link.get("href") for link in page.iter("a")].count(URL) == 1
    assert URL in mail.text.splitlines()
    assert max(len(line) for line in mail.text.splitlines() if "://" not in line) <= 72
    assert {child.get("lang") for child in page.find("body").iterchildren("*")} == {language}


def test_the_words_of_others_are_only_words(theme: Theme, templates: TemplatesFolder) -> None:
    mail = confirmation(theme, templates, days="<b>7</b>")

    assert "<b>" not in mail.html
    assert "&lt;b&gt;" in mail.html


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://tracker.example/x", "leads to https://tracker.example/x"),
        (f"{ISSUE.base_url}/{TOKEN_SLOT}", "which nobody would fill"),
    ],
)
def test_a_link_to_others_or_an_open_slot_is_found(
    theme: Theme, templates: TemplatesFolder, url: str, problem: str
) -> None:
    with pytest.raises(RenderingError) as caught:
        confirmation(theme, templates, confirm_url=url)

    assert problem in str(caught.value)
    assert "email/confirmation/body.mjml" in str(caught.value)


def test_a_mistake_in_a_template_is_told_by_name_and_line(
    theme: Theme, own_templates: OwnTemplates
) -> None:
    own = own_templates("email/confirmation/body.mjml", "confirm_url }}", "confirm_ulr }}")

    with pytest.raises(RenderingError, match=r"email/confirmation/body.mjml .* line \d+"):
        confirmation(theme, own)
