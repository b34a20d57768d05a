"""All that differs between SQLite and PostgreSQL; nothing else asks which one runs."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from typing import cast as typed

from sqlalchemy import (
    ARRAY,
    Column,
    FromClause,
    Select,
    Table,
    TableClause,
    any_,
    bindparam,
    cast,
    column,
    event,
    func,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.expression import FunctionElement, ScalarSelect

from common.db.types import UtcDateTime
from common.db.upserts import PostgresInsert, SqliteInsert

SCHEMAS = ("core", "line", "ingest", "books", "transit")
READ_ONLY = "read_only"
APPLICATION = "shopbooks"


class db_now(FunctionElement[Any]):  # noqa: N801 - reads as an SQL function
    """The database's clock at this very statement, optionally moved by seconds."""

    name = "db_now"
    type = UtcDateTime()
    inherit_cache = True

    def __init__(self, plus_seconds: ColumnElement[Any] | float | None = None) -> None:
        super().__init__(*(() if plus_seconds is None else (plus_seconds,)))


def db_moment(plus_seconds: float | None = None) -> ScalarSelect[Any]:
    """The database's clock as one value for the whole statement: a condition with it can use an index."""
    return select(db_now(plus_seconds)).scalar_subquery()


@compiles(db_now, "postgresql")
def _postgres_now(element: db_now, compiler: SQLCompiler, **kw: Any) -> str:
    if not len(element.clauses):
        return "clock_timestamp()"
    seconds = compiler.process(element.clauses, **kw)
    return f"(clock_timestamp() + make_interval(secs => CAST({seconds} AS double precision)))"


@compiles(db_now, "sqlite")
def _sqlite_now(element: db_now, compiler: SQLCompiler, **kw: Any) -> str:
    if not len(element.clauses):
        return "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"
    seconds = compiler.process(element.clauses, **kw)
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', printf('%+.3f seconds', {seconds})) || '000')"


class db_shifted(FunctionElement[Any]):  # noqa: N801 - reads as an SQL function
    """A stored moment moved by seconds."""

    name = "db_shifted"
    type = UtcDateTime()
    inherit_cache = True

    def __init__(self, moment: Any, seconds: Any) -> None:
        super().__init__(moment, seconds)


@compiles(db_shifted, "postgresql")
def _postgres_shifted(element: db_shifted, compiler: SQLCompiler, **kw: Any) -> str:
    moment, seconds = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({moment} + make_interval(secs => CAST({seconds} AS double precision)))"


@compiles(db_shifted, "sqlite")
def _sqlite_shifted(element: db_shifted, compiler: SQLCompiler, **kw: Any) -> str:
    moment, seconds = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(strftime('%Y-%m-%d %H:%M:%f', {moment}, printf('%+.3f seconds', {seconds})) || '000')"


def insert(session: AsyncSession, table: TableClause | type[Any]) -> Any:
    """An INSERT that understands ON CONFLICT on the database of this session."""
    return SqliteInsert(table) if _name(session) == "sqlite" else PostgresInsert(table)


def prepared(build: Callable[[AsyncSession], Any]) -> Callable[[AsyncSession], Any]:
    """The statement that `build` makes, made once per database: building one costs more than sending it."""
    made: dict[str, Any] = {}

    @functools.wraps(build)
    def statement(session: AsyncSession) -> Any:
        name = _name(session)
        if name not in made:
            made[name] = build(session)
        return made[name]

    return statement


def row_lock(session: AsyncSession) -> dict[str, Any]:
    """Arguments for `with_for_update` in a claim; SQLite holds its one write lock from BEGIN on instead."""
    return {} if _name(session) == "sqlite" else {"skip_locked": True}


async def one_at_a_time(session: AsyncSession, work: str) -> None:
    """Let nobody else do this named work until the transaction ends; SQLite has one writer anyway.

    Taken before any row is locked, or two transactions may wait for each other.
    """
    if _name(session) != "sqlite":
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(work, 0))))


async def may_be_lost(session: AsyncSession) -> None:
    """Let this transaction's commit not wait for the disk: after a server crash the work is done again."""
    if _name(session) != "sqlite":
        await session.execute(text("SET LOCAL synchronous_commit TO OFF"))


def first_of_each(
    session: AsyncSession,
    query: Select[Any],
    *,
    group: Column[Any],
    values: Sequence[Any],
    order: Any,
    limit: int,
) -> Select[Any]:
    """The first rows of `query` in each of these groups, on PostgreSQL without reading the others."""
    if _name(session) == "sqlite":
        rank = func.row_number().over(partition_by=group, order_by=order).label("rank")
        ranked = query.where(group.in_(values)).add_columns(rank).subquery()
        wanted = [column for column in ranked.c if column.name != "rank"]
        return select(*wanted).where(ranked.c.rank <= limit)
    groups = func.unnest(cast(values, ARRAY(group.type))).table_valued("value").render_derived(name="groups")
    rows = query.where(group == groups.c.value).order_by(order).limit(limit).lateral()
    return select(*rows.c).select_from(groups.join(rows, true()))


def one_of(session: AsyncSession, wanted: Any, name: str) -> ColumnElement[bool]:
    """Whether the column is among the values of the parameter `name`; one text for any number of them."""
    if _name(session) == "sqlite":
        return typed(ColumnElement[bool], wanted.in_(bindparam(name, expanding=True)))
    return typed(ColumnElement[bool], wanted == any_(bindparam(name, type_=ARRAY(wanted.type, dimensions=1))))


class ForRows:
    """A statement about many rows at once, made once: `build` gets them as something to select from.

    `columns` gives the type of each name. PostgreSQL takes any number of rows with the same text.
    """

    def __init__(self, columns: Mapping[str, Any], build: Callable[[AsyncSession, FromClause], Any]) -> None:
        self._columns, self._build = columns, build
        self._made: dict[tuple[str, int], Any] = {}

    def __call__(
        self, session: AsyncSession, rows: Sequence[Mapping[str, Any]]
    ) -> tuple[Any, dict[str, Any]]:
        """The statement for these rows, and its parameters."""
        name = _name(session)
        is_sqlite = name == "sqlite"
        key = (name, len(rows) if is_sqlite else 0)
        if key not in self._made:
            given = self._of_selects(len(rows)) if is_sqlite else self._of_arrays()
            self._made[key] = self._build(session, given)
        if is_sqlite:
            values = {
                f"given_{column}_{position}": row[column]
                for position, row in enumerate(rows)
                for column in self._columns
            }
        else:
            values = {f"given_{column}": [row[column] for row in rows] for column in self._columns}
        return self._made[key], values

    def _of_arrays(self) -> FromClause:
        # One array per column keeps the text the same for any number of rows, so the server plans it once;
        # a VALUES list would be another statement, to parse and to remember, for each number.
        arrays = [
            bindparam(f"given_{name}", type_=ARRAY(type_, dimensions=1))
            for name, type_ in self._columns.items()
        ]
        names = [column(name, type_) for name, type_ in self._columns.items()]
        return func.unnest(*arrays).table_valued(*names).render_derived(name="given")

    def _of_selects(self, count: int) -> FromClause:
        rows = [
            select(
                *(
                    bindparam(f"given_{name}_{position}", type_=type_).label(name)
                    for name, type_ in self._columns.items()
                )
            )
            for position in range(count)
        ]
        return union_all(*rows).subquery("given")


def engine_options(url: str, *, pool_size: int, idle_transaction_seconds: float) -> dict[str, Any]:
    """Engine arguments for this URL."""
    if url.startswith("sqlite"):
        return {
            "connect_args": {"timeout": 30},
            "execution_options": {"schema_translate_map": dict.fromkeys(SCHEMAS)},
            "pool_size": pool_size,
            "max_overflow": 0,
        }
    server_settings = {
        "jit": "off",
        "application_name": APPLICATION,
        "idle_in_transaction_session_timeout": str(round(idle_transaction_seconds * 1000)),
    }
    return {
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_pre_ping": False,
        "connect_args": {"server_settings": server_settings},
    }


def reading_options(url: str) -> dict[str, Any]:
    """Execution options of transactions that only look; on PostgreSQL each statement is one by itself."""
    return {READ_ONLY: True} if url.startswith("sqlite") else {"isolation_level": "AUTOCOMMIT"}


def prepare_engine(engine: AsyncEngine) -> None:
    """Make SQLite durable and serial: WAL, full sync, foreign keys, BEGIN IMMEDIATE for writers."""
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _configure_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)


def _configure_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def append_only_statements(table: Table, dialect_name: str) -> list[str]:
    """DDL that makes UPDATE and DELETE on a table fail."""
    if dialect_name == "sqlite":
        return [
            f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
            f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        (
            f"CREATE TRIGGER {table.name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table.fullname} FOR EACH STATEMENT EXECUTE FUNCTION line.refuse_change()"
        )
    ]


def _name(session: AsyncSession) -> str:
    return session.get_bind().dialect.name


__all__ = [
    "READ_ONLY",
    "SCHEMAS",
    "ForRows",
    "append_only_statements",
    "db_moment",
    "db_now",
    "db_shifted",
    "engine_options",
    "first_of_each",
    "insert",
    "may_be_lost",
    "one_at_a_time",
    "one_of",
    "prepare_engine",
    "row_lock",
]
