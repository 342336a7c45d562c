"""The tables of the desk: who may work there, and where they are signed in."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from subscribers.models import Base, state_column


class Role(enum.Enum):
    """What a user of the desk may do."""

    #: Composes, checks and tests; approves and sends as well, unless four eyes are asked for.
    EDITOR = "editor"
    #: Also approves and sends what others made, where four eyes are asked for.
    APPROVER = "approver"
    #: Also sees the list in numbers, imports and the audit log.
    ADMIN = "admin"


class User(Base):
    """Somebody who may work at the desk; kept by name after removal, for what they approved."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    #: As it was written.
    address: Mapped[str]
    #: Normalised (`subscribers.addresses`).
    address_key: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(state_column(Role))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None] = mapped_column(default=None)
    #: Argon2id, with its parameters; None until the invitation is used.
    password_hash: Mapped[str | None] = mapped_column(default=None)
    #: What the user's app works codes out from (RFC 6238), base32.
    code_secret: Mapped[str | None] = mapped_column(String(64), default=None)
    #: The step of time of the last code that was taken: none is taken twice.
    last_code_step: Mapped[int | None] = mapped_column(default=None)
    #: SHA-256 of the token in the invitation; None where there is none.
    invitation_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None, index=True)
    invited_until: Mapped[datetime | None] = mapped_column(default=None)
    #: Issuer and subject of the organisation's account they sign in with; None: none yet.
    organisation_account: Mapped[str | None] = mapped_column(default=None, unique=True, index=True)


class SignIn(Base):
    """One browser in which a user is signed in."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    #: SHA-256 of the token in the cookie.
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    began_at: Mapped[datetime]
    until: Mapped[datetime]


class FailedSignIn(Base):
    """A wrong answer at the door, kept for an hour: by keyed hash, not by address or network."""

    __tablename__ = "failed_sign_ins"
    __table_args__ = (Index("ix_failed_sign_ins_whom", "whom", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    whom: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(index=True)
