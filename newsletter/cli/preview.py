"""`newsletter issues preview`: an issue as it would go out, as files to look at."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from newsletter import rendering
from newsletter.app import App
from newsletter.archive import pictures
from newsletter.cli.command import Common, Output
from newsletter.cli.files import write_whole
from newsletter.content import RenderedIssue, sha256_of
from newsletter.issues import composing, proof
from newsletter.issues.proof import Proof
from newsletter.messages import MessageRecipient, Skeleton
from newsletter.rendering.measures import measures
from newsletter.rendering.preview_page import Preview, preview_page
from subscribers.tokens import Claim, Purpose

#: Who a preview is addressed to.
SAMPLE_ADDRESS = "kim.exempel@example.org"


def preview(
    issue: str,
    /,
    *,
    folder: Path | None = None,
    every: Annotated[bool, Parameter(name="--all", negative="")] = False,
    common: Common | None = None,
) -> None:
    """Write an issue as it would go out: HTML, text, web article and a whole mail.

    Example: newsletter issues preview 2026-02 --all

    Parameters
    ----------
    folder
        Where the files go; preview-ISSUE in this folder if not given.
    every
        One more page that shows the mail by day and night, on phones, without pictures or style
        sheets, as text, in the inbox, and what was measured.
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        pulled = proof.pull(session, found, app.press)
    folder = folder or Path(f"preview-{issue}")
    rendered = _filled(app, pulled.rendered)
    message = _message(app, pulled)
    name = pulled.content.name
    files = {
        f"{name}.web.html": rendered.web_article.encode(),
        f"{name}.html": rendered.html.encode(),
        f"{name}.txt": rendered.text.encode(),
        f"{name}.eml": message,
    }
    if every:
        files[f"{name}.all.html"] = _page(app, out, pulled, rendered, message).encode()
    for file, content in files.items():
        write_whole(folder / file, content)
        out.plain(str(folder / file))
    out.say("Outlook for Windows and Gmail may show dark mode in another way than your browser.")
    out.result({"files": [str(folder / file) for file in files]})


def _filled(app: App, rendered: RenderedIssue) -> RenderedIssue:
    token = _token(app)
    return dataclasses.replace(
        rendered,
        html=rendering.fill_preview(rendered.html, address=SAMPLE_ADDRESS, token=token),
        text=rendering.fill_preview(rendered.text, address=SAMPLE_ADDRESS, token=token),
    )


def _message(app: App, pulled: Proof) -> bytes:
    skeleton = Skeleton.of(pulled.rendered, content=pulled.content, sender=app.press.sender)
    return skeleton.fill(
        MessageRecipient(
            address=SAMPLE_ADDRESS,
            token=_token(app),
            message_id=f"<{sha256_of(pulled.rendered.html)[:32]}@example.org>",
            date=app.clock().astimezone(app.settings.zone),
        )
    )


def _token(app: App) -> str:
    """Return a token whose links say that this was a test."""
    return app.keys.sign(Claim(Purpose.TEST, 0, 0, app.clock()))


def _page(app: App, out: Output, pulled: Proof, rendered: RenderedIssue, message: bytes) -> str:
    content = pulled.content
    logo = app.press.theme.logo
    shown = [story.picture for story in content.stories if story.picture]
    shown += [logo.light, logo.dark] if logo else []
    with app.database.reading() as session:
        files = {
            content.picture_url(picture): file.content
            for picture in shown
            if (file := pictures.find(session, picture.sha256))
        }
    return preview_page(
        Preview(
            content=content,
            sender=app.press.sender,
            rendered=rendered,
            pictures=files,
            measures=measures(
                rendered, content, theme=app.press.theme, message=message, pictures=files
            ),
            hints=[f"{hint.code}: {out.language.say(hint.message)}" for hint in pulled.open_hints],
        ),
        language=out.language,
        templates=app.templates,
    )
