"""`newsletter issues announce` and `newsletter archive`: what remains once an issue is out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import cyclopts
from cyclopts import Parameter

from newsletter.archive import record
from newsletter.archive.announcement import announcement
from newsletter.cli.command import DONE, PARTLY, Common
from newsletter.cli.files import write_whole
from newsletter.content import announcement_id
from newsletter.delivery import status as statuses
from newsletter.issues import approval, composing

program = cyclopts.App(name="archive", help="Keep what has been sent.")

_COUNTS = ("audience", "accepted", "refused", "skipped", "uncertain", "waiting")


def announce(
    issue: str,
    /,
    *,
    form: Literal["plain", "html", "social"] = "plain",
    common: Common | None = None,
) -> None:
    """Print the text that tells others that an issue is out, ready to be copied.

    The feed of the pages, /nyhetsbrev/feed.xml, says the same to programs.

    Example: newsletter issues announce 2026-02 --form html

    Parameters
    ----------
    form
        plain for a news page, html for a web editor, social for one short post.
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        content = approval.thaw(approval.frozen(session, found)).content
        begun = found.sending_since is not None
    words = announcement(content, app.templates.language(content.language))
    out.plain({"plain": words.plain, "html": words.html, "social": words.social}[form].rstrip("\n"))
    if not begun:
        out.plain()
        out.say("The issue is not out yet; its page opens when the sending begins.")
    out.result(
        {
            "id": announcement_id(content.name, path=content.path),
            "url": content.web_url,
            "title": words.title,
            "plain": words.plain,
            "html": words.html,
            "social": words.social,
            "is_out": begun,
        }
    )


@program.command
def export(
    issue: str,
    /,
    *,
    out_file: Annotated[Path | None, Parameter(name="--out")] = None,
    common: Common | None = None,
) -> int:
    """Pack an issue that was sent for the records system, in one zip file.

    It holds the mail without a recipient, HTML, text, web page, pictures, facts as JSON and a list
    of SHA-256; nobody's address. The same issue gives the same file, byte for byte. Exits with 3
    where a picture has been withdrawn since.

    Example: newsletter archive export 2026-02 --out 2026-02.zip

    Parameters
    ----------
    out_file
        The file to write; ISSUE.zip in this folder if not given.
    """
    app, out = (common or Common()).open()
    with app.database.reading() as session:
        found = composing.find(session, app.newsletter_id, issue)
        status = statuses.of(session, found.id, now=app.clock())
        counts = {name: getattr(status, name) for name in _COUNTS}
        packed = record.pack(session, found, counts=counts)
    file = out_file or Path(f"{issue}.zip")
    write_whole(file, packed.zip)
    sha256 = hashlib.sha256(packed.zip).hexdigest()
    for path in packed.files:
        out.plain(f"  {path}")
    out.say("The record of issue {issue} is in {path}. SHA-256: {hash}",
            issue=issue, path=str(file), hash=sha256)  # fmt: skip
    if counts["waiting"]:
        out.say("The issue is still being sent: pack it again when all have got it.")
    if packed.withdrawn_pictures:
        out.say(
            "{n} picture has been withdrawn since and is not in it.",
            plural="{n} pictures have been withdrawn since and are not in it.",
            n=len(packed.withdrawn_pictures),
        )
    out.result(
        {
            "file": str(file),
            "sha256": sha256,
            "files": list(packed.files),
            "withdrawn_pictures": list(packed.withdrawn_pictures),
        }
    )
    return PARTLY if packed.withdrawn_pictures else DONE
