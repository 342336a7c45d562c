"""Deliveries that wait until their group of domains has room."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, an index of those that wait, and their count."""
    op.add_column("deliveries", sa.Column("domain_group", sa.String(length=60), nullable=True))
    waiting = sa.text("domain_group IS NOT NULL")
    op.create_index(
        "ix_deliveries_parked",
        "deliveries",
        ["issue_id", "domain_group", "next_attempt_at", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.execute(
        "INSERT INTO delivery_counts (issue_id, state, count) "
        "SELECT DISTINCT issue_id, 'parked', 0 FROM delivery_counts"
    )
