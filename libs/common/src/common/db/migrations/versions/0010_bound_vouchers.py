"""Vouchers that stand for documents are watched: who their contact is, when they were seen, what changed."""

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema
from common.db.types import JsonType, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision; what is in the index counts as never compared and never seen."""
    books = schema("books")
    for name in ("contact_id", "first_contact"):
        op.add_column("voucher_index", sa.Column(name, sa.String(), nullable=True), schema=books)
    for name in ("seen_at", "missing_since", "gone_at"):
        op.add_column("voucher_index", sa.Column(name, UtcDateTime(), nullable=True), schema=books)
    op.add_column("voucher_index", sa.Column("is_news", sa.Boolean(), nullable=True), schema=books)
    op.add_column("voucher_index_state", sa.Column("whole_at", UtcDateTime(), nullable=True), schema=books)
    op.add_column("voucher_index_state", sa.Column("whole_plan", JsonType, nullable=True), schema=books)
    _partial("ix_voucher_index_news", "voucher_index", "is_news IS NOT NULL")
    _partial("ix_outcomes_voucher", "outcomes", "voucher_id IS NOT NULL")


def _partial(name: str, table: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(
        name,
        table,
        ["voucher_id"],
        schema=schema("books"),
        postgresql_where=where,
        sqlite_where=where,
    )
