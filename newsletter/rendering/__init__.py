"""Render an issue once: the mail's HTML and text, the article for the web, the feed's entry.

cleaned    content           -> content without what nobody can see; reserved words refused
filling    content, template -> MJML, every tag marked with its template and line
lint       MJML              -> a tree, all of it known and in its place
layout     the tree          -> HTML in tables
inlining   HTML, styles      -> styles on the elements
finishing  HTML              -> language, roles, whole pixels
checks     all four          -> the promises to readers, looked at once more

All of it is the same for every reader; slots (`newsletter.content.SLOTS`) stand for the rest.
A service mail goes the same way, for one reader (`service_mails`).
"""

from __future__ import annotations

import html

from newsletter.content import ADDRESS_SLOT, TOKEN_SLOT, IssueContent, RenderedIssue
from newsletter.foreign_passages import unmarked
from newsletter.rendering.checks import check
from newsletter.rendering.cleaning import cleaned
from newsletter.rendering.filling import fill
from newsletter.rendering.mail_page import mail_page
from newsletter.rendering.phrases import Phrases
from newsletter.rendering.plain_text import tidied
from newsletter.rendering.service_mails import render_service_mail
from newsletter.rendering.themes import Theme, load_theme, read_theme, theme_names
from newsletter.templates_folder import TemplatesFolder

__all__ = [
    "Theme",
    "cleaned",
    "fill_preview",
    "load_theme",
    "read_theme",
    "render",
    "render_service_mail",
    "theme_names",
]

_BODY = "email/issue/body.mjml"


def render(content: IssueContent, *, theme: Theme, templates: TemplatesFolder) -> RenderedIssue:
    """Return an issue rendered in every form it is published in.

    Deterministic: the same content, theme and templates give the same characters.

    Raises RenderingError: a template has a mistake (told by name and line), or a text or link of
    the issue cannot be rendered.
    """
    issue = cleaned(content)
    phrases = Phrases(issue, templates.language(issue.language))
    values = {**phrases.in_templates(), "theme": theme}
    rendered = RenderedIssue(
        # As it was written: headers have rules of their own (newsletter.messages).
        subject=unmarked(content.subject),
        html=mail_page(templates, _BODY, values, language=issue.language),
        text=tidied(fill(templates, "email/issue/body.txt", values)),
        web_article=fill(templates, "email/issue/web_article.html", values),
        feed_entry=fill(templates, "email/issue/feed_entry.html", values),
    )
    check(rendered, issue)
    return rendered


def fill_preview(text: str, *, address: str, token: str) -> str:
    """Return a rendered mail, HTML or text, as one reader would see it: for previews only.

    What is sent is filled in by `newsletter.messages`, which knows how each part is encoded.
    """
    if text.startswith("<!DOCTYPE html>"):
        address, token = html.escape(address), html.escape(token)
    return text.replace(ADDRESS_SLOT, address).replace(TOKEN_SLOT, token)
