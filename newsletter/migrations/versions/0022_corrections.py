"""An issue that corrects another goes to who got that one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("issues", sa.Column("corrects_id", sa.Integer(), nullable=True))
