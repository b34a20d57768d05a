"""Services prove that they can write; alarms that are renewed say when their cause was last seen."""

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema
from common.db.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.add_column("alarms", sa.Column("seen_at", UtcDateTime(), nullable=True), schema=schema("line"))
    op.create_table(
        "write_probes",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("service", name=op.f("pk_write_probes")),
        schema="line",
    )
