"""Sees every statement, and notes those that name a tenant outside the reach of their transaction."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, SessionTransaction

from common.db.sessions import REACH, Reach

trespasses: list[str] = []  # of the test that runs


@event.listens_for(Session, "after_begin")
def _remember_reach(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    reach = session.info.get(REACH)
    if reach is not None:
        connection.execution_options(**{REACH: reach})


@event.listens_for(Engine, "before_cursor_execute")
def _check_reach(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    reach = connection.get_execution_options().get(REACH)
    if not isinstance(reach, Reach) or reach.tenants is None:
        return
    strangers = {tenant for tenant in named_tenants(context) if not reach.covers(tenant)}
    if strangers:
        named = ", ".join(sorted(map(str, strangers)))
        trespasses.append(f"a transaction for {reach.what} names {named}: {statement}")


def named_tenants(context: Any) -> Iterator[UUID]:
    """Every tenant that a statement's parameters name."""
    for parameters in getattr(context, "compiled_parameters", None) or ():
        for name, value in parameters.items():
            if name.startswith("tenant"):
                yield from _ids_in(value)


def _ids_in(value: Any) -> Iterator[UUID]:
    if isinstance(value, UUID):
        yield value
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for one in value:
            yield from _ids_in(one)
