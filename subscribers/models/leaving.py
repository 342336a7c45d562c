"""The table of why people left; there is nobody in it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from subscribers.models.base import Base


class LeavingReason(Base):
    """How often one answer was given in one month; `subscribers.why_left`."""

    __tablename__ = "leaving_reasons"

    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"), primary_key=True)
    #: Its first day: a day or an hour could be laid beside who left then.
    month: Mapped[date] = mapped_column(primary_key=True)
    #: A value of `why_left.Why`.
    why: Mapped[str] = mapped_column(String(20), primary_key=True)
    times: Mapped[int]
