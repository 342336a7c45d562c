"""Let a million rows name their newsletter and their import by number alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_NO_LONGER_LOOKED_UP = {
    "subscriptions": ("fk_subscriptions_newsletter_id_newsletters",),
    "consent_events": (
        "fk_consent_events_newsletter_id_newsletters",
        "fk_consent_events_batch_id_import_batches",
    ),
    "import_changes": ("fk_import_changes_batch_id_import_batches",),
}


def upgrade() -> None:
    """Drop four foreign keys; SQLite makes the tables anew for that, and their triggers."""
    for name, constraints in _NO_LONGER_LOOKED_UP.items():
        triggers = _triggers(name)
        with op.batch_alter_table(name) as table:
            for constraint in constraints:
                table.drop_constraint(constraint, type_="foreignkey")
        for trigger in triggers:
            op.get_bind().exec_driver_sql(trigger)


def _triggers(table: str) -> list[str]:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return []
    found = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
    return list(connection.scalars(found, {"table": table}))
