"""Pack an issue for the records system: what was sent, how it looked, and proof of both.

What an authority sends is a public record (Tryckfrihetsförordningen, chapter 2) and is to be kept
(arkivlagen, 3 and 6 §§). The package holds nobody's address: the mail in it went to nobody. The
same issue gives the same bytes, wherever and whenever it is packed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import html
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from newsletter.archive import pictures
from newsletter.content import IssueContent, PictureContent
from newsletter.errors import IssueStateError
from newsletter.foreign_passages import unmarked
from newsletter.issues import approval, versions
from newsletter.issues.approval import FrozenIssue, thaw
from newsletter.messages import MessageRecipient, Skeleton, message_id_for
from newsletter.models import Issue, RenderedIssueRow
from newsletter.rendering import fill_preview
from subscribers.tokens import TOKEN_LENGTH

#: Stands where a reader's address stood (RFC 2606, 2: a domain that nobody has).
NOBODY = "mottagare@borttagen.invalid"
#: Stands where a reader's token stood; it opens nothing.
NO_TOKEN = "a" * TOKEN_LENGTH
CHECKSUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record package."""

    zip: bytes
    #: Paths in the package, in its order.
    files: tuple[str, ...]
    #: SHA-256 of pictures that the issue had and that have been withdrawn since.
    withdrawn_pictures: tuple[str, ...]


def pack(session: Session, issue: Issue, *, counts: Mapping[str, int]) -> Record:
    """Return the package of an issue that has begun to go out; `counts` say how its sending went.

    Raises IssueStateError: nothing of it was sent yet; TamperedError: what is stored is not what
    was approved.
    """
    if issue.sending_since is None:
        raise IssueStateError(
            "Nothing of issue {issue} has been sent, so there is no record of it. "
            "No file was written. Send it first: newsletter issues send {issue}",
            issue=issue.name,
        )
    row = approval.frozen(session, issue)
    thawed = thaw(row)
    files, withdrawn = _pictures(session, thawed.content)
    files |= _forms(issue, thawed)
    corrected = session.get(Issue, issue.corrects_id) if issue.corrects_id else None
    facts = _facts(issue, row, thawed) | {
        # Who made it at the desk; commands know no names.
        "editors": sorted({version.by for version in versions.every(session, issue)}),
        # Of a correction, and null of every other; a faulty one's record stays as it was.
        "corrects": corrected.name if corrected else None,
        "counts": dict(counts),
        "withdrawn_pictures": withdrawn,
    }
    files["metadata.json"] = json.dumps(
        facts, ensure_ascii=False, indent=2, sort_keys=True, default=lambda at: at.isoformat()
    ).encode()
    ordered = dict(sorted(files.items()))
    ordered[CHECKSUMS] = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {path}\n" for path, content in ordered.items()
    ).encode()
    return Record(
        zip=_zipped(ordered, issue),
        files=tuple(ordered),
        withdrawn_pictures=tuple(withdrawn),
    )


def _forms(issue: Issue, frozen: FrozenIssue) -> dict[str, bytes]:
    """Return the issue in every form it was published in, by path."""
    content, rendered = frozen.content, frozen.rendered
    assert issue.sending_since is not None  # noqa: S101 - `pack` has seen to it
    message = Skeleton.of(rendered, content=content, sender=frozen.sender).fill(
        MessageRecipient(
            address=NOBODY,
            token=NO_TOKEN,
            message_id=message_id_for(
                f"{issue.name}.{(issue.approved_sha256 or '')[:32]}", frozen.sender.from_address
            ),
            date=issue.sending_since,
        )
    )
    name = content.name
    return {
        f"{name}.eml": message,
        f"{name}.html": fill_preview(rendered.html, address=NOBODY, token=NO_TOKEN).encode(),
        f"{name}.txt": fill_preview(rendered.text, address=NOBODY, token=NO_TOKEN).encode(),
        f"{name}-webb.html": _page(content, rendered.web_article).encode(),
    }


def _page(content: IssueContent, article: str) -> str:
    """Return the web article as a page of its own, with the pictures beside it."""
    beside = article.replace(f"{content.base_url}/bilder/", "bilder/")
    return (
        f'<!doctype html>\n<html lang="{html.escape(content.language)}">\n<head>\n'
        f'<meta charset="utf-8">\n<title>{html.escape(unmarked(content.subject))}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<style>body{max-width:42rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 sans-serif}"
        "img{max-width:100%;height:auto}figure{margin:0}</style>\n"
        f"</head>\n<body>\n<main>\n{beside}\n</main>\n</body>\n</html>\n"
    )


def _pictures(session: Session, content: IssueContent) -> tuple[dict[str, bytes], list[str]]:
    """Return the pictures by path, and the hashes of those that are there no more."""
    used: dict[str, PictureContent] = {
        story.picture.sha256: story.picture for story in content.stories if story.picture
    }
    files: dict[str, bytes] = {}
    withdrawn: list[str] = []
    for sha256, picture in sorted(used.items()):
        found = pictures.find(session, sha256)
        if found is None:
            withdrawn.append(sha256)
        else:
            files[picture.path.removeprefix("/")] = found.content
    return files, withdrawn


def _facts(issue: Issue, row: RenderedIssueRow, frozen: FrozenIssue) -> dict[str, Any]:
    content = frozen.content
    return {
        "format": "newsletter record 1",
        "id": content.name,
        "number": content.number,
        "date": content.issued_on,
        "newsletter": content.newsletter_name,
        "organisation": dataclasses.asdict(content.organisation),
        "sender": {
            "name": frozen.sender.from_name,
            "address": frozen.sender.from_address,
            "reply_to": frozen.sender.reply_to,
            "list_id": frozen.sender.list_id,
        },
        "subject": frozen.rendered.subject,
        "preheader": unmarked(content.preheader),
        "language": content.language,
        "url": content.web_url,
        "signed_by": unmarked(content.signature_name),
        "approved_by": row.approved_by,
        "approved_at": row.approved_at,
        "approved_sha256": row.sha256,
        "state": issue.state.value,
        "sending_since": issue.sending_since,
        "sent_at": issue.sent_at,
        "stories": [
            {"title": unmarked(story.title), "url": story.url, "date": story.published_on}
            for story in content.stories
        ],
    }


def _zipped(files: Mapping[str, bytes], issue: Issue) -> bytes:
    """Return a zip whose bytes hang on nothing but its files and the date of the issue."""
    moment = (*issue.issued_on.timetuple()[:3], 0, 0, 0)
    stream = io.BytesIO()
    # Stored, not deflated: another version of zlib would write other bytes.
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as package:
        for path, content in files.items():
            entry = zipfile.ZipInfo(f"{issue.name}/{path}", moment)
            # A plain file that anybody may read, as Unix has it; the same on any system.
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            package.writestr(entry, content)
    return stream.getvalue()
