"""Claim and intent are one transaction now: what was claimed was not begun, and is queued."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Queue what was claimed, and drop the index that only claims would have used."""
    op.execute(
        "UPDATE deliveries SET state = 'queued', lease_owner = NULL, lease_until = NULL "
        "WHERE state = 'claimed'"
    )
    op.execute(
        "UPDATE delivery_counts SET count = count + (SELECT claimed.count "
        "FROM delivery_counts AS claimed WHERE claimed.issue_id = delivery_counts.issue_id "
        "AND claimed.state = 'claimed') "
        "WHERE state = 'queued' AND EXISTS (SELECT 1 FROM delivery_counts AS claimed "
        "WHERE claimed.issue_id = delivery_counts.issue_id AND claimed.state = 'claimed')"
    )
    op.execute("DELETE FROM delivery_counts WHERE state = 'claimed'")
    op.drop_index("ix_deliveries_leases", "deliveries")
