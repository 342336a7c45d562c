"""Find the suppressed by number, not by an index in an order of chance; count growth by kind."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column and fill it; change three indexes."""
    op.add_column("suppressions", sa.Column("subscriber_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_suppressions_subscriber_id"), "suppressions", ["subscriber_id"])
    op.execute(
        "UPDATE suppressions SET subscriber_id = (SELECT id FROM subscribers "
        "WHERE substr(subscribers.address_hash, 1, 8) = substr(suppressions.address_hash, 1, 8) "
        "AND subscribers.address_hash = suppressions.address_hash)"
    )
    op.drop_index("ix_subscribers_short_hash", "subscribers")
    op.drop_index("ix_subscribers_merged_into", "subscribers")
    was_given_up = sa.text("merged_into IS NOT NULL")
    op.create_index(
        "ix_subscribers_merged_into",
        "subscribers",
        ["merged_into"],
        sqlite_where=was_given_up,
        postgresql_where=was_given_up,
    )
    op.drop_index("ix_consent_events_growth", "consent_events")
    op.create_index("ix_consent_events_growth", "consent_events", ["newsletter_id", "kind", "at"])
