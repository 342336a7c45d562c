"""Which account of the organisation a user signs in with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nobody has such an account yet."""
    op.add_column("users", sa.Column("organisation_account", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_users_organisation_account"), "users", ["organisation_account"], unique=True
    )
