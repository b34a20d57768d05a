"""Whoever reads an index of the books holds it by a token, so that one who comes too late changes nothing."""

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

LEASED = ("voucher_index_state", "contact_index_state", "duplicate_looks")


def upgrade() -> None:
    """Bring the schema to this revision; processes of the release before hold rows by their time alone."""
    for table in LEASED:
        op.add_column(table, sa.Column("lease_token", sa.Uuid(), nullable=True), schema=schema("books"))


def downgrade() -> None:
    """Drop the tokens; whoever reads an index then holds it by time alone."""
    for table in LEASED:
        op.drop_column(table, "lease_token", schema=schema("books"))
