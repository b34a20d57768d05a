"""Each event names the one recorded before it for the same topic and key."""

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEPT = sa.text("payload IS NOT NULL")


def upgrade() -> None:
    """Bring the schema to this revision; rows of the release before name nothing."""
    line = schema("line")
    for name in ("outbox", "inbox"):
        op.add_column(name, sa.Column("predecessor", sa.Uuid(), nullable=True), schema=line)
    columns = ["producer", "topic", "ordering_key", "outbox_id"]
    op.create_index(
        "ix_outbox_last", "outbox", columns, schema=line, postgresql_where=KEPT, sqlite_where=KEPT
    )
