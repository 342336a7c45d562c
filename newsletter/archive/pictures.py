"""Read pictures by their content; a withdrawn one is simply not there any more."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from newsletter.models import Picture


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A picture as it goes over the web."""

    #: "image/jpeg", "image/png" or "image/gif".
    media_type: str
    content: bytes


def find(session: Session, sha256: str) -> PictureFile | None:
    """Return the picture with this SHA-256, hex; None if there is none, or no longer."""
    row = session.execute(
        sa.select(Picture.media_type, Picture.content).where(Picture.sha256 == sha256)
    ).first()
    return PictureFile(row.media_type, row.content) if row else None
