"""Find the reasons of deliveries by an index, but for those of an issue that was given up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    is_its_own = sa.text(
        "state IN ('deferred', 'refused', 'skipped', 'uncertain') AND reason <> 'cancelled'"
    )
    op.create_index(
        "ix_deliveries_reason",
        "deliveries",
        ["issue_id", "reason"],
        sqlite_where=is_its_own,
        postgresql_where=is_its_own,
    )
