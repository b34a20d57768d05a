"""Messages can wait for their connection, whose breakers say which calls may be made."""

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema
from common.db.types import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

WAITING = sa.text("waits_for IS NOT NULL")


def upgrade() -> None:
    """Add the table of breakers, and to keys the one they wait for."""
    op.create_table(
        "breakers",
        sa.Column("breaker_id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("first_failed_at", UtcDateTime(), nullable=True),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("first_refused_at", UtcDateTime(), nullable=True),
        sa.Column("refused_by", sa.String(), nullable=True),
        sa.Column("denied_at", UtcDateTime(), nullable=True),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("breaker_id", name=op.f("pk_breakers")),
        schema=schema("line"),
    )
    op.create_index(op.f("ix_breakers_tenant_id"), "breakers", ["tenant_id"], schema=schema("line"))
    connection = op.f("ix_breakers_connection_id")
    op.create_index(connection, "breakers", ["connection_id"], schema=schema("line"))
    op.add_column("inbox_keys", sa.Column("waits_for", sa.Uuid(), nullable=True), schema=schema("line"))
    op.create_index(
        "ix_inbox_keys_waiting",
        "inbox_keys",
        ["consumer", "waits_for", "lane"],
        schema=schema("line"),
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )


def downgrade() -> None:
    """Drop the table and the column; what waited has to be looked for again."""
    op.drop_index("ix_inbox_keys_waiting", "inbox_keys", schema=schema("line"))
    op.drop_column("inbox_keys", "waits_for", schema=schema("line"))
    op.drop_table("breakers", schema=schema("line"))
