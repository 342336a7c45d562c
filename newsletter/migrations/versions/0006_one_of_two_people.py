"""Make one of two people: whom somebody was merged into."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and its index."""
    op.add_column("subscribers", sa.Column("merged_into", sa.Integer(), nullable=True))
    op.create_index("ix_subscribers_merged_into", "subscribers", ["merged_into"])
