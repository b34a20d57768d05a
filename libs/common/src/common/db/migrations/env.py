"""How Alembic reaches the database: `DATABASE_URL`, or the URL that the caller put into the configuration."""

import asyncio
import os
from typing import Any

from alembic import context
from sqlalchemy import Connection

from common.db.engine import open_database
from common.db.migrations.compare import comparable_metadata, include_object
from common.settings import DatabaseSettings


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=comparable_metadata(connection.dialect.name),
        include_schemas=connection.dialect.name != "sqlite",
        include_object=include_object,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _run(url: str) -> None:
    database = open_database(DatabaseSettings(url=url))
    try:
        async with database.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                # A migration that waits for a lock makes everybody else wait behind it.
                await connection.exec_driver_sql("SET lock_timeout = '5s'")
                await connection.commit()
            await connection.run_sync(_migrate)
            await connection.commit()
    finally:
        await database.close()


def _url() -> str:
    attributes: dict[str, Any] = context.config.attributes
    url = attributes.get("url") or os.environ.get("DATABASE_URL")
    if not url:
        raise SystemExit("DATABASE_URL is not set")
    return str(url)


asyncio.run(_run(_url()))
