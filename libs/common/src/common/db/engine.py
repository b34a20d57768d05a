"""Engine and session factories of one process."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine

from common.db.dialect import engine_options, prepare_engine, reading_options
from common.db.sessions import Sessions
from common.settings import DatabaseSettings


@dataclass(frozen=True)
class Database:
    """One engine; `sessions` for transactions that write, `reading` for those that only look."""

    engine: AsyncEngine
    sessions: Sessions
    reading: Sessions

    async def ping(self) -> None:
        """Raise unless the database answers."""
        async with self.reading.of_nobody() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Give every connection back."""
        await self.engine.dispose()


def open_database(settings: DatabaseSettings) -> Database:
    """Factories for this URL; nothing connects until the first session does."""
    options = engine_options(
        settings.url,
        pool_size=settings.pool_size,
        idle_transaction_seconds=settings.idle_transaction_seconds,
    )
    engine = create_async_engine(
        settings.url, json_serializer=_to_json, json_deserializer=orjson.loads, **options
    )
    prepare_engine(engine)
    return Database(
        engine=engine,
        sessions=_sessions(engine),
        reading=_sessions(engine.execution_options(**reading_options(settings.url))),
    )


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _sessions(engine: AsyncEngine) -> Sessions:
    return Sessions(async_sessionmaker(engine, expire_on_commit=False, autoflush=False))
