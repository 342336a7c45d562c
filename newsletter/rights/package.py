"""Pack all that is held on a person: JSON for programs, a page for the person (GDPR, article 15).

The page stands alone: no picture, script or address outside it. It speaks the person's language.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from newsletter.app import App
from newsletter.language import Language
from newsletter.rights import TELL
from newsletter.rights.chapters import said
from subscribers import cases, holdings
from subscribers.cases import Case
from subscribers.chapters import Chapter, Word
from subscribers.models import Subscriber

#: Names of the files, without their endings.
_NAMES = {"sv": "mina-uppgifter", "en": "my-data"}


@dataclass(frozen=True, slots=True)
class Package:
    """All that is held on one person, packed."""

    case: Case
    chapters: Sequence[Chapter]
    #: Names of the files in it.
    files: tuple[str, ...]
    zip: bytes


def pack(app: App, subscriber_id: int, *, actor: str, received_on: date) -> Package:
    """Return the package of a person by any of their numbers; that it was made is logged first.

    Raises NoSuchSubscriberError; RenderingError: the template of the page has a mistake.
    """
    now = app.clock()
    with app.database.writing() as session:
        numbers = holdings.numbers_of(session, subscriber_id)
        chapters = holdings.chapters(session, numbers, TELL)
        code = session.scalars(
            sa.select(Subscriber.language).where(Subscriber.id == numbers[0])
        ).one()
        case = cases.close(
            session,
            action="packaged",
            subscriber_id=numbers[0],
            received_on=received_on,
            at=now,
            actor=actor,
            count=sum(len(chapter.rows) for chapter in chapters),
            details={"numbers": list(numbers)},
        )
    language = app.templates.language(code if code in _NAMES else app.settings.language)
    name = _NAMES[language.code]
    files = {
        f"{name}.html": _page(app, language, case, chapters, now).encode(),
        f"{name}.json": _json(app, case, chapters, now).encode(),
    }
    return Package(case, chapters, tuple(files), _zipped(app, files, now))


def _json(app: App, case: Case, chapters: Sequence[Chapter], now: datetime) -> str:
    facts: dict[str, Any] = {
        "case": case.number,
        "received_on": case.received_on.isoformat(),
        "made_at": now.isoformat(),
        "controller": app.settings.organisation.model_dump(),
    }
    held = {chapter.name: chapter.as_json() for chapter in chapters}
    return json.dumps(facts | held, ensure_ascii=False, indent=2) + "\n"


def _page(
    app: App, language: Language, case: Case, chapters: Sequence[Chapter], now: datetime
) -> str:
    zone = app.settings.zone
    # Templates take a tenth of a second to import, and commands that pack nothing need none.
    from newsletter.rendering import filling

    return filling.fill(
        app.templates,
        f"package/page.{language.code}.html",
        {
            "case": case.number,
            "received_on": language.date(case.received_on),
            "code": language.code,
            "made_at": language.moment(now, zone),
            "organisation": app.settings.organisation_content,
            "newsletter": app.settings.newsletter.name,
            "reply_to": app.settings.newsletter.reply_to,
            "bases": sorted(
                {
                    said(cell, language, zone)
                    for chapter in chapters
                    for row in chapter.rows
                    for column, cell in zip(chapter.columns, row, strict=True)
                    if column == "basis" and isinstance(cell, Word)
                }
            ),
            "chapters": [
                {
                    "name": chapter.name,
                    "heading": language.say(chapter.heading),
                    "rows": [
                        [
                            (language.say(head), said(cell, language, zone))
                            for head, cell in zip(chapter.columns.values(), row, strict=True)
                            if cell not in (None, "")
                        ]
                        for row in chapter.rows
                    ],
                }
                for chapter in chapters
            ],
        },
    )


def _zipped(app: App, files: dict[str, bytes], now: datetime) -> bytes:
    local = now.astimezone(app.settings.zone)
    made = (local.year, local.month, local.day, local.hour, local.minute, local.second)
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, made)
            # Only its owner reads it, also unpacked.
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return into.getvalue()
