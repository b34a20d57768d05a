"""Documents that are decided again wait for a portion, and each merchant has one portion in line."""

import sqlalchemy as sa
from alembic import op

from common.db.migrations.places import schema
from common.db.types import BigIntId, UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WAITING = sa.text("event_id IS NULL")
IN_LINE = sa.text("event_id IS NOT NULL")
TABLE = "released_documents"


def upgrade() -> None:
    """Add both tables, empty: what is in line by then goes on as it is."""
    op.create_table(
        TABLE,
        sa.Column("release_id", BigIntId, autoincrement=True, nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("is_few", sa.Boolean(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("voucher_id", sa.String(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("released_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_released_documents")),
        schema=schema("books"),
    )
    _index("uq_released_documents_waiting", ["document_id"], WAITING, unique=True)
    _index("ix_released_documents_turn", ["tenant_id", "first_seen_at", "document_id"], WAITING)
    _index("ix_released_documents_in_line", ["tenant_id"], IN_LINE)
    _index("ix_released_documents_document", ["document_id"])
    _index(op.f("ix_released_documents_tenant_id"), ["tenant_id"])
    op.create_table(
        "release_portions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_release_portions")),
        schema=schema("books"),
    )


def downgrade() -> None:
    """Drop both tables; what waited for its portion has to be released again."""
    op.drop_table("release_portions", schema=schema("books"))
    op.drop_table(TABLE, schema=schema("books"))


def _index(
    name: str, columns: list[str], where: sa.TextClause | None = None, *, unique: bool = False
) -> None:
    op.create_index(
        name,
        TABLE,
        columns,
        unique=unique,
        schema=schema("books"),
        postgresql_where=where,
        sqlite_where=where,
    )
