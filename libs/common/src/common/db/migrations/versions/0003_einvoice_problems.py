"""Why the e-invoice inside a PDF could not be taken out is kept beside it."""

import sqlalchemy as sa
from alembic import op

from common.db.dialect import append_only_statements
from common.db.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NAME, SCHEMA = "einvoice_problems", "ingest"


def upgrade() -> None:
    """Add the table."""
    table = op.create_table(
        NAME,
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("pdf_sha256", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "pdf_sha256", name=op.f("pk_einvoice_problems")),
        schema=SCHEMA,
    )
    for statement in append_only_statements(table, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Drop the table with all it holds."""
    op.drop_table(NAME, schema=SCHEMA)
