"""A shop's row says since when it cannot be read, so that an hour of it can be told."""

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema
from common.db.types import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision; the hour of a failing shop begins with its next failure."""
    op.add_column(
        "shop_cursors", sa.Column("failing_since", UtcDateTime(), nullable=True), schema=schema("ingest")
    )
