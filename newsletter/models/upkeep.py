"""The tables the program keeps about itself: duties, attempts of strangers, which copy it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Index,
    LargeBinary,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from subscribers.models import Base


class DutyRow(Base):
    """When one of the program's duties is due, and how it went last; see `newsletter.worker`."""

    __tablename__ = "duties"

    #: A name of `worker.duties.DUTIES`.
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    due_at: Mapped[datetime]
    #: Which worker is at it.
    lease_owner: Mapped[str | None] = mapped_column(String(64), default=None)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    done_at: Mapped[datetime | None] = mapped_column(default=None)
    #: What it did last, or what went wrong; in English, without addresses.
    last_result: Mapped[str] = mapped_column(default="")
    #: How often in a row it went wrong.
    failures: Mapped[int] = mapped_column(default=0)


class Attempt(Base):
    """Something that strangers may do only so often, done once; forgotten after a day."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_key", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    #: Keyed hash of what was done and by whom, or to whom: never an address; 32 bytes.
    key: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(index=True)


class Installation(Base):
    """Which database this is, so that a restored copy can be told; `worker.installation`."""

    __tablename__ = "installation"

    #: There is one row.
    id: Mapped[int] = mapped_column(primary_key=True)
    #: Random; another one after every adoption.
    mark: Mapped[str] = mapped_column(String(64))
    #: Where the database knew itself to be.
    place: Mapped[str]
    #: Grows while the database is in use: an older state of it has a smaller one.
    generation: Mapped[int]
