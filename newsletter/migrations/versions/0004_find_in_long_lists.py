"""Mark addresses that need SMTPUTF8, and find the exceptions in a long list by index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_IDN = "domain LIKE 'xn--%' OR domain LIKE '%.xn--%'"
# What an address was judged by until now: a character before the @ that is not ASCII.
_IS_NOT_ASCII = {
    "sqlite": "address GLOB '*[^ -~]*@*'",
    "postgresql": r"address ~ '[^\x01-\x7f].*@'",
}


def upgrade() -> None:
    """Add the mark, set it, and add the indexes."""
    op.add_column(
        "subscribers",
        sa.Column("needs_smtputf8", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    marked = _IS_NOT_ASCII[op.get_bind().dialect.name]
    op.execute(sa.text(f"UPDATE subscribers SET needs_smtputf8 = true WHERE {marked}"))  # noqa: S608
    op.create_index("ix_subscribers_domain", "subscribers", ["domain"])
    _partial("ix_subscribers_smtputf8", "subscribers", ["id"], "needs_smtputf8")
    _partial("ix_subscribers_idn", "subscribers", ["id"], _IDN)
    _partial(
        "ix_subscriptions_paused",
        "subscriptions",
        ["newsletter_id", "paused_until", "subscriber_id"],
        "paused_until IS NOT NULL",
    )


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
