"""Connections know the place they lead to, orders are found over all connections, releases are on record."""

import sqlalchemy as sa
from alembic import op

from common.db.dialect import append_only_statements
from common.db.migrations.places import schema
from common.db.types import BigIntId, UtcDateTime
from common.domain.web_addresses import NoWebAddress, one_spelling, root_of

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS = ("connection_id", "tenant_id", "kind", "address", "root")


def upgrade() -> None:
    """Bring the schema to this revision; what was linked twice stays linked, each under its own address."""
    core = schema("core")
    op.add_column("connections", sa.Column("root", sa.String(), nullable=True), schema=core)
    op.add_column("connections", sa.Column("storefront", sa.String(), nullable=True), schema=core)
    op.create_index("ix_connections_root", "connections", ["kind", "root"], schema=core)
    op.create_index("ix_connections_storefront", "connections", ["storefront"], schema=core)
    op.create_index("ix_orders_order", "orders", ["order_id", "connection_id"], schema=schema("ingest"))
    _create_releases()
    _spell_addresses()


def _create_releases() -> None:
    op.create_table(
        "releases",
        sa.Column("release_id", BigIntId, autoincrement=True, nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("root", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_releases")),
        schema=schema("core"),
    )
    for column in ("connection_id", "root", "tenant_id"):
        op.create_index(op.f(f"ix_releases_{column}"), "releases", [column], schema=schema("core"))
    releases = sa.Table("releases", sa.MetaData(), schema="core")
    for statement in append_only_statements(releases, op.get_bind().dialect.name):
        op.execute(statement)


def _spell_addresses() -> None:
    """Write every address in its one spelling, unless another connection of the tenant has that one."""
    uuids = {"connection_id", "tenant_id"}
    columns = (sa.column(name, sa.Uuid() if name in uuids else sa.String()) for name in COLUMNS)
    connections, connection = sa.table("connections", *columns, schema=schema("core")), op.get_bind()
    rows = connection.execute(sa.select(connections).order_by(connections.c.connection_id)).all()
    taken = {(row.tenant_id, row.kind, row.address) for row in rows}
    for row in rows:
        spelled, root = _spelled(row.kind, row.address)
        if (row.tenant_id, row.kind, spelled) in taken:
            spelled = row.address
        taken.add((row.tenant_id, row.kind, spelled))
        connection.execute(
            sa.update(connections)
            .where(connections.c.connection_id == row.connection_id)
            .values(address=spelled, root=root)
        )


def _spelled(kind: str, address: str) -> tuple[str, str]:
    if kind != "shop":
        return address, address.lower()
    try:
        return one_spelling(address), root_of(address)
    except NoWebAddress:
        return address, address
