"""Keep how far an audience is frozen; let one index find a person's deliveries, not two."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and fill it; turn the unique pair around, and drop what it makes needless."""
    op.add_column(
        "issues",
        sa.Column("audience_frozen_through", sa.Integer(), server_default="0", nullable=False),
    )
    op.execute(
        "UPDATE issues SET audience_frozen_through = COALESCE((SELECT MAX(subscriber_id) "
        "FROM deliveries WHERE deliveries.issue_id = issues.id), 0)"
    )
    op.drop_index("ix_deliveries_subscriber_id", "deliveries")
    # Nothing refers to deliveries, so SQLite may make the table anew.
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.drop_constraint("uq_deliveries_issue_id", type_="unique")
        deliveries.create_unique_constraint(
            op.f("uq_deliveries_subscriber_id"), ["subscriber_id", "issue_id"]
        )
