"""Let the database itself refuse to change consent, its texts and the audit log.

Consent of somebody in the table `erasing` can be deleted; it holds somebody only while they are
erased. A later migration that makes one of these tables anew must make its triggers anew too.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

#: By table: what may be deleted all the same, and what finds a row that would be replaced.
_ONLY_ADDED = {
    "consent_events": (
        "EXISTS (SELECT 1 FROM erasing WHERE subscriber_id = OLD.subscriber_id)",
        "id = NEW.id",
    ),
    "consent_texts": (
        "false",
        "id = NEW.id OR (newsletter_id = NEW.newsletter_id "
        "AND version = NEW.version AND language = NEW.language)",
    ),
    "audit_log": ("false", "id = NEW.id OR hash = NEW.hash"),
}


def upgrade() -> None:
    """Add the column, the table and the triggers."""
    op.add_column(
        "consent_texts", sa.Column("notice", sa.Text(), server_default="", nullable=False)
    )
    op.create_table(
        "erasing",
        sa.Column("subscriber_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_erasing")),
    )
    guard = _on_sqlite if op.get_bind().dialect.name == "sqlite" else _on_postgresql
    for table, (may_go, is_same) in _ONLY_ADDED.items():
        guard(table, may_go, is_same)


def _on_sqlite(table: str, may_go: str, is_same: str) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    op.execute(
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT {may_go} {refuse}"
    )
    # INSERT OR REPLACE deletes without asking the trigger above.
    is_there = f"EXISTS (SELECT 1 FROM {table} WHERE {is_same})"  # noqa: S608
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {is_there} {refuse}"
    )


def _on_postgresql(table: str, may_go: str, is_same: str) -> None:  # noqa: ARG001
    # An INSERT cannot replace there, and TRUNCATE can be stopped.
    op.execute(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' THEN IF {may_go} THEN RETURN OLD; END IF; END IF; "
        f"RAISE EXCEPTION 'rows of {table} are only ever added' "
        "USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )
