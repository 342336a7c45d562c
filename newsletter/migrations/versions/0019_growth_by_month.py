"""Find by an index who came to a list in a month, and who left."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_consent_events_growth", "consent_events", ["newsletter_id", "at", "kind"])
