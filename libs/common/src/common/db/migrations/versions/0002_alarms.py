"""Alarms of the installation belong to no tenant; one is open per kind and subject."""

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema, table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema to this revision; of equal open alarms the oldest one keeps the place."""
    with op.batch_alter_table("alarms", schema=schema("line")) as alarms:
        alarms.alter_column("tenant_id", existing_type=sa.Uuid(), nullable=True)
        alarms.add_column(sa.Column("open_key", sa.String(), nullable=True))
        alarms.create_unique_constraint(op.f("uq_alarms_open_key"), ["open_key"])
    op.execute(_FIRST_ONES.format(alarms=table("line", "alarms"), tenant=_tenant_text()))


_FIRST_ONES = """
UPDATE {alarms} SET open_key = {tenant} || ':' || kind || ':' || subject
WHERE closed_at IS NULL AND alarm_id IN (
    SELECT alarm_id FROM (
        SELECT alarm_id, row_number() OVER (
            PARTITION BY tenant_id, kind, subject ORDER BY created_at, alarm_id
        ) AS place
        FROM {alarms} WHERE closed_at IS NULL
    ) AS ordered WHERE place = 1
)
"""


def _tenant_text() -> str:
    """SQLite keeps a UUID as 32 letters; the key spells it as everybody does."""
    if schema("line") is not None:
        return "CAST(tenant_id AS TEXT)"
    parts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return " || '-' || ".join(f"substr(tenant_id, {start}, {length})" for start, length in parts)
