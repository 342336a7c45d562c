"""From an MJML template to the HTML page of a mail: fill, lint, lay out, inline, finish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from newsletter.rendering.filling import fill
from newsletter.rendering.finishing import finished
from newsletter.rendering.inlining import inlined
from newsletter.rendering.layout import laid_out
from newsletter.rendering.phrases import direction
from newsletter.templates_folder import TemplatesFolder


def mail_page(
    templates: TemplatesFolder, name: str, values: Mapping[str, Any], *, language: str
) -> str:
    """Return the template `name` as a page that can be sent.

    Raises RenderingError: the template has a mistake, told by name and line.
    """
    page = laid_out(fill(templates, name, values), name)
    return finished(
        inlined(page.html, page.inline_css), language=language, direction=direction(language)
    )
