"""Readings of the books: where they stall, rows that do not fit, and parts of a list that are too long."""

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema
from common.db.types import JsonType, UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision; vouchers without date or total may be kept from here on."""
    with op.batch_alter_table("voucher_index", schema=schema("books")) as index:
        index.alter_column("voucher_on", existing_type=sa.Date(), nullable=True)
        index.alter_column("gross_minor", existing_type=sa.BigInteger(), nullable=True)
    with op.batch_alter_table("voucher_index_state", schema=schema("books")) as state:
        state.add_column(sa.Column("plan", JsonType, nullable=True))
        state.add_column(sa.Column("unread", JsonType, nullable=True))
        state.add_column(sa.Column("unread_changed_at", UtcDateTime(), nullable=True))
    op.create_table(
        "books_readings",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("list", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("unfit", JsonType, nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "list", name=op.f("pk_books_readings")),
        schema=schema("books"),
    )
    op.create_index(
        op.f("ix_books_readings_tenant_id"), "books_readings", ["tenant_id"], schema=schema("books")
    )
    waiting = sa.text("reason = 'books_unreadable'")
    op.create_index(
        "ix_outcomes_books_unreadable",
        "outcomes",
        ["first_seen_at", "document_id"],
        schema=schema("books"),
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
