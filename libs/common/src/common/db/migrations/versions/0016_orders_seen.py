"""Orders are found by when they were read last, over all tenants."""

from alembic import op

from common.db.migrations.places import schema

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision."""
    op.create_index("ix_orders_seen", "orders", ["seen_at"], schema=schema("ingest"))
