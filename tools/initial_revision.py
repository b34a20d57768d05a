"""Write the first revision anew from the models; only while no release has carried it.

`python -m tools.initial_revision` makes `versions/0001_initial.py`; later changes are new revisions.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterable
from typing import Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations import ops
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from common.db.dialect import SCHEMAS
from common.db.migrate import SCRIPTS
from common.db.models import APPEND_ONLY, Base
from common.db.types import BigIntId, JsonType, UtcDateTime

TARGET = SCRIPTS / "versions" / "0001_initial.py"
HEAD = '''"""Every table, with the triggers that keep the append-only ones as they are."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from common.db.dialect import append_only_statements
from common.db.types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SCHEMAS = {schemas!r}
TABLES = {tables!r}
APPEND_ONLY = {append_only!r}
REFUSE_CHANGE = """
CREATE FUNCTION line.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$
"""


def upgrade() -> None:
    """Bring the schema to this revision."""
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        for schema in SCHEMAS:
            op.execute(f"CREATE SCHEMA IF NOT EXISTS {{schema}}")
        op.execute(REFUSE_CHANGE)
{calls}
    if dialect == "postgresql":
        # Rows that live for seconds: without frequent vacuums their indexes fill with what is gone.
        op.execute("ALTER TABLE line.inbox_keys SET (autovacuum_vacuum_scale_factor = 0.01)")
        op.execute("ALTER TABLE line.inbox_turns SET (autovacuum_vacuum_scale_factor = 0.01)")
        op.execute("ALTER TABLE line.relay_slots SET (autovacuum_vacuum_scale_factor = 0.01)")
    for schema, name in APPEND_ONLY:
        for statement in append_only_statements(sa.Table(name, sa.MetaData(), schema=schema), dialect):
            op.execute(statement)


def downgrade() -> None:
    """Drop every table with all it holds."""
    on_postgres = op.get_bind().dialect.name == "postgresql"
    if on_postgres:
        for schema in SCHEMAS:
            op.execute(f"DROP SCHEMA {{schema}} CASCADE")
    else:
        for name in TABLES:
            op.execute(f"DROP TABLE {{name}}")
'''


def main() -> None:
    """Leave the first revision as the models are now."""
    operations = asyncio.run(_operations())
    functions: dict[str, list[ops.MigrateOperation]] = {schema: [] for schema in SCHEMAS}
    for operation in _flat(operations):
        functions[operation.schema].append(operation)  # type: ignore[attr-defined]
    head = HEAD.format(
        schemas=SCHEMAS,
        tables=tuple(table.name for table in reversed(Base.metadata.sorted_tables)),
        append_only=tuple((table.schema, table.name) for table in APPEND_ONLY),
        calls="\n".join(f"    _create_{schema}()" for schema in functions),
    )
    parts = [head, *(_function(schema, operations) for schema, operations in functions.items())]
    TARGET.write_text("\n\n".join(parts))
    for step in (["format", "--quiet"], ["check", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, str(TARGET)], check=True)


async def _operations() -> ops.UpgradeOps:
    engine = create_async_engine("sqlite+aiosqlite://")
    async with engine.connect() as connection:
        found = await connection.run_sync(_compare)
    await engine.dispose()
    return found


def _compare(connection: Connection) -> ops.UpgradeOps:
    # Nothing is there to compare with, so every table is an operation, in order of its references.
    context = MigrationContext.configure(connection, opts={"target_metadata": Base.metadata})
    script = produce_migrations(context, Base.metadata)
    assert script.upgrade_ops is not None
    return script.upgrade_ops


def _flat(container: ops.OpContainer) -> Iterable[ops.MigrateOperation]:
    for operation in container.ops:
        if isinstance(operation, ops.OpContainer):
            yield from _flat(operation)
        else:
            yield operation


def _function(schema: str, operations: list[ops.MigrateOperation]) -> str:
    body = render_python_code(ops.UpgradeOps(ops=operations), render_item=_render)
    lines = [line for line in body.splitlines() if not line.strip().startswith("#")]
    text = "\n".join(lines).strip()
    return f"def _create_{schema}() -> None:\n    {text}\n"


def _render(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "UtcDateTime()"
    if item is JsonType:
        return "JSON"
    return "BIG_ID" if item is BigIntId else False


if __name__ == "__main__":
    main()
