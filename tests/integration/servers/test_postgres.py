"""The databases that tests are given are their own."""

import asyncpg
from sqlalchemy.engine import make_url

COUNT_TABLES = "select count(*) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"


async def connect(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    )


async def test_an_empty_database_has_no_tables(empty_database: str) -> None:
    connection = await connect(empty_database)
    try:
        tables = await connection.fetchval(COUNT_TABLES)
        encoding = await connection.fetchval("show server_encoding")
    finally:
        await connection.close()
    assert (tables, encoding) == (0, "UTF8")


async def test_a_fresh_database_is_migrated_and_shared_by_none(
    fresh_database: str, postgres_url: str
) -> None:
    connection = await connect(fresh_database)
    try:
        tables = await connection.fetchval(COUNT_TABLES)
        await connection.execute("create table public.left_behind (id int)")
    finally:
        await connection.close()
    other = await connect(postgres_url)
    try:
        seen_elsewhere = await other.fetchval("select to_regclass('public.left_behind')")
    finally:
        await other.close()
    assert tables > 0
    assert seen_elsewhere is None
