"""Who asks for a review is told of the answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; who asked before is known by name only."""
    op.add_column("reviews", sa.Column("asked_by_id", sa.Integer(), nullable=True))
