"""Readers of an index of the books hold it by a token; tenants have secrets of their own, payers hashes."""

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema
from common.db.types import JsonType, UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

LEASED = ("voucher_index_state", "contact_index_state", "duplicate_looks")


def upgrade() -> None:
    """Bring the schema to this revision; processes of the release before hold rows by their time alone."""
    for table in LEASED:
        op.add_column(table, sa.Column("lease_token", sa.Uuid(), nullable=True), schema=schema("books"))
    op.create_table(
        "tenant_secrets",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "field", name="pk_tenant_secrets"),
        schema="line",
    )
    transit = schema("transit")
    op.add_column("booked_vouchers", sa.Column("due_on", sa.Date(), nullable=True), schema=transit)
    op.add_column("booked_vouchers", sa.Column("payer", JsonType, nullable=True), schema=transit)


def downgrade() -> None:
    """Drop tokens, secrets and hashes; whoever reads an index then holds it by time alone."""
    for column in ("payer", "due_on"):
        op.drop_column("booked_vouchers", column, schema=schema("transit"))
    op.drop_table("tenant_secrets", schema="line")
    for table in LEASED:
        op.drop_column(table, "lease_token", schema=schema("books"))
