"""The table of reviews: who was asked to read an issue before it is approved, and the answer."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from subscribers.models import Base, state_column


class ReviewState(enum.Enum):
    """How far a review has come."""

    #: Somebody was asked, and has not answered.
    ASKED = "asked"
    #: They approved exactly what they were asked about.
    APPROVED = "approved"
    #: They sent it back, with a note.
    RETURNED = "returned"


class Review(Base):
    """One time somebody was asked to read an issue as it was then."""

    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"), index=True)
    #: What they were asked about: as the issue would be frozen. Another issue, another hash.
    sha256: Mapped[str] = mapped_column(String(64))
    #: The name of who asked.
    asked_by: Mapped[str]
    #: Who was asked.
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    question: Mapped[str]
    asked_at: Mapped[datetime]
    #: The user who asked, and is told of the answer; None: it was asked by a command.
    asked_by_id: Mapped[int | None] = mapped_column(default=None)
    state: Mapped[ReviewState] = mapped_column(state_column(ReviewState), default=ReviewState.ASKED)
    #: The name of who answered; it may be another than who was asked.
    answered_by: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None] = mapped_column(default=None)
