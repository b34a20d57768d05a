"""The history makes what the models say, and append-only tables stay as they are."""

import asyncio
from uuid import uuid4

import pytest
from alembic.util import CommandError
from sqlalchemy import Table, delete, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import text

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.migrate import check_database, upgrade_database
from common.db.models import APPEND_ONLY
from common.db.models.core import AuditRow


async def test_models_and_history_agree(database_url: str) -> None:
    await asyncio.to_thread(check_database, database_url)


async def test_a_difference_between_models_and_history_is_seen(database: Database, database_url: str) -> None:
    async with database.engine.begin() as connection:
        qualified = "inbox_turns" if connection.dialect.name == "sqlite" else "line.inbox_turns"
        await connection.execute(text(f"ALTER TABLE {qualified} ADD COLUMN forgotten INTEGER"))
    with pytest.raises(CommandError, match="forgotten"):
        await asyncio.to_thread(check_database, database_url)


async def test_a_second_upgrade_changes_nothing(database_url: str) -> None:
    await asyncio.to_thread(upgrade_database, database_url)


async def test_an_audit_entry_can_neither_be_changed_nor_removed(database: Database) -> None:
    async with database.sessions.of_all_tenants() as session:
        session.add(AuditRow(tenant_id=uuid4(), actor="a", action="b", created_at=db_now()))
    for statement in (update(AuditRow).values(actor="c"), delete(AuditRow)):
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.sessions.of_all_tenants() as session:
                await session.execute(statement)


@pytest.mark.parametrize("table", APPEND_ONLY, ids=lambda table: table.name)
async def test_every_append_only_table_has_its_trigger(database: Database, table: Table) -> None:
    async with database.reading.of_all_tenants() as session:
        on_sqlite = session.get_bind().dialect.name == "sqlite"
        catalogue = (
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name AND :schema <> ''"
            if on_sqlite
            else "SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass(:schema || '.' || :name)"
        )
        count = await session.scalar(text(catalogue), {"name": table.name, "schema": table.schema})
    assert count == (2 if on_sqlite else 1)
