"""Render a service mail: one mail to one person, from the folder of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.content import Imprint, RenderedServiceMail
from newsletter.rendering.checks import check_service_mail
from newsletter.rendering.filling import fill
from newsletter.rendering.mail_page import mail_page
from newsletter.rendering.phrases import direction, mail_link, preheader_padding, saying
from newsletter.rendering.plain_text import tidied
from newsletter.rendering.themes import Theme
from newsletter.templates_folder import TemplatesFolder


def render_service_mail(
    kind: str,
    values: Mapping[str, Any],
    *,
    imprint: Imprint,
    language: str,
    theme: Theme,
    templates: TemplatesFolder,
) -> RenderedServiceMail:
    """Return the mail that `email/<kind>/` makes of its own values.

    Deterministic, as `render`.

    Raises RenderingError: a template has a mistake, or asks for a value that is not there.
    """
    zone = ZoneInfo(imprint.zone)
    spoken = templates.language(language)

    def moment(at: datetime) -> str:
        return spoken.moment(at, zone)

    known: dict[str, Any] = {
        **values,
        "_": saying(spoken),
        "direction": direction,
        "imprint": imprint,
        "language": language,
        "mail_link": mail_link,
        "moment": moment,
        "month": lambda at: spoken.month_name(at.astimezone(zone).date()),
        "padding": preheader_padding,
        "theme": theme,
    }
    known["subject"] = " ".join(fill(templates, f"email/{kind}/subject.txt", known).split())
    rendered = RenderedServiceMail(
        subject=known["subject"],
        html=mail_page(templates, f"email/{kind}/body.mjml", known, language=language),
        text=tidied(fill(templates, f"email/{kind}/body.txt", known)),
    )
    check_service_mail(kind, rendered, imprint)
    return rendered
