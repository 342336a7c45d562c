"""Count why people left, by month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "leaving_reasons",
        sa.Column("newsletter_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["newsletter_id"],
            ["newsletters.id"],
            name=op.f("fk_leaving_reasons_newsletter_id_newsletters"),
        ),
        sa.PrimaryKeyConstraint("newsletter_id", "month", "why", name=op.f("pk_leaving_reasons")),
    )
