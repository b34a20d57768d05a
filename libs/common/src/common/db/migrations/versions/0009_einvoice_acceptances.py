"""People may accept that an e-invoice differs from the voucher; what they saw and why is kept for ever."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from common.db.dialect import append_only_statements
from common.db.types import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NAME, SCHEMA = "einvoice_acceptances", "books"
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add the table."""
    table = op.create_table(
        NAME,
        sa.Column("acceptance_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("xml_sha256", sa.String(), nullable=False),
        sa.Column("differences", JSON, nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("acceptance_id", name=op.f("pk_einvoice_acceptances")),
        schema=SCHEMA,
    )
    op.create_index("ix_einvoice_acceptances_document_id", NAME, ["document_id"], schema=SCHEMA)
    for statement in append_only_statements(table, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Drop the table with all it holds."""
    op.drop_table(NAME, schema=SCHEMA)
