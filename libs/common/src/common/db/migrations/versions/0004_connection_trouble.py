"""A shop that cannot be read says why by a code of its own, which the api explains."""

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision; what went wrong before has no code until the next poll."""
    op.add_column("shop_cursors", sa.Column("trouble", sa.String(), nullable=True), schema=schema("ingest"))
