"""How many an audience has, so that nobody counts it again and again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and count what there is."""
    op.add_column("issues", sa.Column("audience", sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE issues SET audience = "
        "(SELECT count(*) FROM deliveries WHERE deliveries.issue_id = issues.id)"
    )
