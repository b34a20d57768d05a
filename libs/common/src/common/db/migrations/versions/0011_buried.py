"""Messages that no inbox can hold are kept apart, and a document says that its event does not go out."""

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema
from common.db.types import JsonType, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.add_column(
        "documents", sa.Column("undelivered_at", UtcDateTime(), nullable=True), schema=schema("ingest")
    )
    op.create_table(
        "buried",
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("ordering_key", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("headers", JsonType, nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "event_id", name=op.f("pk_buried")),
        schema=schema("line"),
    )
    op.create_index(op.f("ix_buried_tenant_id"), "buried", ["tenant_id"], schema=schema("line"))
