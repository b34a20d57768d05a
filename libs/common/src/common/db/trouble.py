"""Which exceptions mean that the database, not our code, is in trouble."""

import asyncpg
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

DATABASE_TROUBLE: tuple[type[Exception], ...] = (
    DBAPIError,
    PoolTimeout,
    OSError,
    TimeoutError,
    asyncpg.PostgresError,  # raised as it is while connecting
    asyncpg.InterfaceError,
)
OUR_FAULT = (DataError, IntegrityError, NotSupportedError, ProgrammingError)
# SQLSTATE classes that SQLAlchemy gives no class of their own with this driver: cardinality, data, size.
OUR_FAULT_STATES = ("21", "22", "54")
QUOTES_DATA = "22"  # the messages of this class


def is_trouble(error: Exception) -> bool:
    """Whether trying the same again later may help, as far as the database is concerned."""
    if isinstance(error, OSError) and not isinstance(error, ConnectionError):
        return False
    if isinstance(error, OUR_FAULT) or _sqlstate(error).startswith(OUR_FAULT_STATES):
        return False
    return isinstance(error, DATABASE_TROUBLE)


def describe(error: BaseException) -> str:
    """Class and first line of an error, short enough for a row and without the values of a statement."""
    first = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    if isinstance(error, DBAPIError) and _sqlstate(error).startswith(QUOTES_DATA):
        first = _sqlstate(error)
    elif isinstance(error, SQLAlchemyError) and not isinstance(error, DBAPIError):
        first = ""
    line = first.strip().splitlines()[0] if first.strip() else ""
    return f"{type(error).__name__}: {line}"[:500].rstrip(": ")


def _sqlstate(error: Exception) -> str:
    return getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None) or ""
