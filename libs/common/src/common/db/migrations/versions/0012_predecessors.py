"""Each event names the one recorded before it for the same topic and key."""

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema
from common.db.types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEPT = sa.text("payload IS NOT NULL")
GIVEN_UP = sa.text("given_up_at IS NOT NULL")


def upgrade() -> None:
    """Bring the schema to this revision; rows of the release before name nothing."""
    line = schema("line")
    for name in ("outbox", "inbox"):
        op.add_column(name, sa.Column("predecessor", sa.Uuid(), nullable=True), schema=line)
    op.add_column("inbox", sa.Column("given_up_at", UtcDateTime(), nullable=True), schema=line)
    op.add_column("inbox_keys", sa.Column("held_since", UtcDateTime(), nullable=True), schema=line)
    op.create_index(
        "ix_inbox_given_up",
        "inbox",
        ["consumer"],
        schema=line,
        postgresql_where=GIVEN_UP,
        sqlite_where=GIVEN_UP,
    )
    columns = ["producer", "topic", "ordering_key", "outbox_id"]
    op.create_index(
        "ix_outbox_last", "outbox", columns, schema=line, postgresql_where=KEPT, sqlite_where=KEPT
    )
