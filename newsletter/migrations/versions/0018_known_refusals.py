"""Somebody saw that many are refused, and went on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column(
        "issues",
        sa.Column("refusals_known", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
