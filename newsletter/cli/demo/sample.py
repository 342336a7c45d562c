"""The invented data of the demo: settings, a picture, readers, and the edits an editor makes."""

from __future__ import annotations

import csv
import io
import tomllib
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from newsletter.cli.files import write_whole
from newsletter.templates_folder import TemplatesFolder

#: Below `templates/`.
PAGE = "sample/nyhetssida.txt"
EDITS = "sample/edits.toml"
#: How many readers there are, and which of them left or must not be mailed.
READERS = 25
LEFT = (4, 11)
SUPPRESSED = (7, 19)
_PICTURE_SIZE = (1200, 640)


def address(number: int) -> str:
    """Return the address of an invented reader, counted from 1."""
    domain = ("example.org", "example.com", "example.net")[number % 3]
    return f"lasare{number:02d}@{domain}"


def write_readers(file: Path) -> None:
    """Write the readers as the CSV an admin would import."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["e-postadress", "språk", "datum samtycke"])
    for number in range(1, READERS + 1):
        language = "en" if number % 8 == 0 else "sv"
        writer.writerow([address(number), language, f"2026-01-{number:02d}"])
    write_whole(file, table.getvalue().encode())


def write_picture(file: Path) -> None:
    """Write the picture of the demo."""
    write_whole(file, picture())


def picture() -> bytes:
    """Draw a neutral picture: people's hands raised in a vote, in flat colours."""
    drawing = Image.new("RGB", _PICTURE_SIZE, "#9FB3C4")
    draw = ImageDraw.Draw(drawing)
    draw.rectangle((0, 430, 1200, 640), fill="#314152")
    for column, height in enumerate((300, 210, 340, 180, 270, 230, 320, 200)):
        left = 70 + column * 140
        draw.rounded_rectangle((left, height, left + 46, 470), 22, fill="#E5EFF4")
        draw.ellipse((left - 14, height - 62, left + 60, height + 22), fill="#E5EFF4")
    draw.rectangle((0, 430, 1200, 438), fill="#FABB00")
    buffer = io.BytesIO()
    drawing.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Edits:
    """What the editor writes, as options of commands; `about` says which item is meant."""

    #: `newsletter issues edit`.
    issue: dict[str, str]
    #: `newsletter items edit`, each.
    items: list[dict[str, str]]
    #: `newsletter items add-picture`; `file` lies in the demo's folder.
    picture: dict[str, str]
    #: `newsletter issues edit --item`, each.
    stories: list[dict[str, str]]


def read_edits(templates: TemplatesFolder) -> Edits:
    """Read the edits that come with the program."""
    return Edits(**tomllib.loads(templates.find(EDITS).read_text(encoding="utf-8")))
