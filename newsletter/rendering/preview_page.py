"""Pages that show an issue, or a theme, as everybody will see it: to look at before it is sent.

They are whole in themselves: nothing is fetched, no link can be followed, no script runs.
"""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.content import IssueContent, RenderedIssue, Sender
from newsletter.language import Language
from newsletter.rendering import views
from newsletter.rendering.filling import fill
from newsletter.rendering.measures import Measure
from newsletter.rendering.phrases import direction, saying
from newsletter.rendering.themes import Theme
from newsletter.templates_folder import TemplatesFolder
from subscribers.wording import Sentence

#: Pixels: a mail on a computer, on a phone, and on the narrowest screen we promise (WCAG 1.4.10).
COMPUTER, PHONE, NARROWEST = 700, 375, 320
# In a frame without rights a link that opens a window does nothing.
_LINKS_REST = '<base target="_blank"></head>'


@dataclass(frozen=True, slots=True)
class View:
    """One way the mail is shown."""

    name: Sentence
    #: Who sees it so.
    about: Sentence
    #: Pixels.
    width: int
    make: Callable[[str], str]


VIEWS = (
    View(
        Sentence("By day"),
        Sentence("On a computer, in light colours."),
        COMPUTER,
        views.by_day,
    ),
    View(
        Sentence("By night"),
        Sentence("In Apple Mail and in Outlook for Mac and phones, when the device is dark."),
        COMPUTER,
        views.by_night,
    ),
    View(
        Sentence("Colours turned round"),
        Sentence(
            "About what Gmail's apps and Outlook for Windows make of the light colours at night."
        ),
        COMPUTER,
        views.inverted,
    ),
    View(Sentence("On a phone"), Sentence("375 pixels wide."), PHONE, views.by_day),
    View(
        Sentence("On a small phone"),
        Sentence("320 pixels wide, or enlarged four times on a computer."),
        NARROWEST,
        views.by_day,
    ),
    View(
        Sentence("Without pictures"),
        Sentence("Until a reader allows pictures, and for those who hear the mail."),
        COMPUTER,
        lambda html: views.without_pictures(views.by_day(html)),
    ),
    View(
        Sentence("Without style sheets"),
        Sentence("In Gmail's apps with an account from elsewhere: an employer's, for instance."),
        PHONE,
        views.without_sheets,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """An issue, filled in for a reader who does not exist."""

    content: IssueContent
    sender: Sender
    rendered: RenderedIssue
    #: Files by the address they have in the mail.
    pictures: Mapping[str, bytes]
    measures: Sequence[Measure]
    #: What is left to mend, as "SUBJECT: …".
    hints: Sequence[str]


def preview_page(preview: Preview, *, language: Language, templates: TemplatesFolder) -> str:
    """Return the page of an issue, in the language of who looks."""
    html = _with_pictures(preview.rendered.html, preview.pictures)
    return _filled("preview/issue.html", html, language, templates, preview=preview)


def theme_page(
    theme: Theme,
    sample: RenderedIssue,
    pictures: Mapping[str, bytes],
    *,
    language: Language,
    templates: TemplatesFolder,
) -> str:
    """Return the page of a theme: every pair of its colours, and a sample issue in every view."""
    html = _with_pictures(sample.html, pictures)
    return _filled(
        "preview/theme.html", html, language, templates, theme=theme, number=language.number
    )


def _filled(
    template: str, html: str, language: Language, templates: TemplatesFolder, **values: Any
) -> str:
    known = {
        "_": saying(language),
        "say": language.say,
        "language": language.code,
        "direction": direction,
        "views": [(view, view.make(html).replace("</head>", _LINKS_REST, 1)) for view in VIEWS],
    }
    return fill(templates, template, known | values)


def _with_pictures(html: str, pictures: Mapping[str, bytes]) -> str:
    for address, content in pictures.items():
        media_type, _ = mimetypes.guess_type(address)
        encoded = base64.b64encode(content).decode()
        html = html.replace(f'"{address}"', f'"data:{media_type};base64,{encoded}"')
    return html
