"""Count what strangers may do only so often."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.models import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_key", "attempts", ["key", "at"])
    op.create_index(op.f("ix_attempts_at"), "attempts", ["at"])
