"""Keep what an import changed, so that it can be undone; days of consent; opt-in mails due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.models import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and a table; imports made before can be listed but not undone."""
    word = sa.String(length=20)
    op.add_column(
        "import_batches", sa.Column("purpose", word, server_default="subscribe", nullable=False)
    )
    op.add_column("import_batches", sa.Column("state", word, server_default="done", nullable=False))
    op.add_column("consent_events", sa.Column("consented_on", sa.Date(), nullable=True))
    op.add_column("subscriptions", sa.Column("optin_due_at", UtcDateTime(), nullable=True))
    is_due = sa.text("optin_due_at IS NOT NULL")
    op.create_index(
        "ix_subscriptions_optin_due_at",
        "subscriptions",
        ["optin_due_at"],
        sqlite_where=is_due,
        postgresql_where=is_due,
    )
    # Nothing refers to suppressions, so SQLite may make the table anew.
    with op.batch_alter_table("suppressions") as suppressions:
        suppressions.add_column(sa.Column("batch_id", sa.String(length=32), nullable=True))
        suppressions.create_foreign_key(
            op.f("fk_suppressions_batch_id_import_batches"),
            "import_batches",
            ["batch_id"],
            ["id"],
        )
        suppressions.create_index(op.f("ix_suppressions_batch_id"), ["batch_id"])
    op.create_table(
        "import_changes",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("previous_state", word, nullable=True),
        sa.Column("previous_since", UtcDateTime(), nullable=True),
        sa.Column("previous_source", sa.Text(), nullable=True),
        sa.Column("state", word, nullable=True),
        sa.Column("previous_language", sa.String(length=8), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["import_batches.id"],
            name=op.f("fk_import_changes_batch_id_import_batches"),
        ),
        sa.PrimaryKeyConstraint("batch_id", "subscriber_id", name=op.f("pk_import_changes")),
    )
