"""Documents that the books hold twice: what was reported, what a person said, and who looks when."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema
from common.db.types import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    _create(
        "double_vouchers",
        ["tenant_id", "subject", "voucher_id"],
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("voucher_id", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=False),
    )
    op.create_index(
        "ix_double_vouchers_voucher_id", "double_vouchers", ["voucher_id"], schema=schema("books")
    )
    _create(
        "duplicate_looks",
        ["connection_id"],
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=True),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
    )
    _create(
        "voucher_markers",
        ["connection_id", "voucher_id"],
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("voucher_id", sa.String(), nullable=False),
        sa.Column("marker", sa.String(), nullable=True),
        sa.Column("as_of", UtcDateTime(), nullable=True),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
    )
    for name in ("duplicate_looks", "voucher_markers"):
        op.create_index(op.f(f"ix_{name}_tenant_id"), name, ["tenant_id"], schema=schema("books"))


def _create(name: str, keys: list[str], *columns: sa.Column[Any]) -> None:
    key = sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}"))
    op.create_table(name, *columns, key, schema=schema("books"))
