"""Find people by the beginning of their hash, know whose language was said, and undo all of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.models import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change an index and add three columns."""
    op.drop_index("ix_subscribers_address_hash", "subscribers")
    op.create_index(
        "ix_subscribers_short_hash", "subscribers", [sa.text("substr(address_hash, 1, 8)")]
    )
    op.add_column(
        "subscribers",
        sa.Column("language_is_stated", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "import_changes", sa.Column("previous_language_is_stated", sa.Boolean(), nullable=True)
    )
    op.add_column(
        "import_changes", sa.Column("previous_optin_due_at", UtcDateTime(), nullable=True)
    )
