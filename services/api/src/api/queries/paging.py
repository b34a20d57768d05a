"""Lists in pages: a page starts after the last row of the one before, so inserts never shift it."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from api.deps import DepsOf
from api.http import CursorSeal
from api.problems import (
    BadCursor,
)
from api.schemas.base import DEFAULT_LIMIT, MAX_LIMIT, NO_NUL
from common.db.types import UtcDateTime

Column = InstrumentedAttribute[Any]


class Pager:
    """The page a request asks for."""

    def __init__(self, seal: CursorSeal, limit: int, cursor: str | None) -> None:
        self._seal, self.limit, self._cursor = seal, limit, cursor

    async def newest_first(
        self, session: AsyncSession, query: Select[Any], by: Sequence[Column], context: Any
    ) -> tuple[Sequence[Any], str | None]:
        """Read the page in descending order of the columns, the last unique; and the next page's cursor.

        `by` names columns the query selects under the same names; `context` is whatever filters the list.
        """
        about = [*(column.key for column in by), context]
        if self._cursor is not None:
            query = query.where(_before(by, self._seal.open(self._cursor, about, parts=len(by))))
        query = query.order_by(*(column.desc() for column in by)).limit(self.limit + 1)
        rows = (await session.execute(query)).all()
        if len(rows) <= self.limit:
            return rows, None
        last = rows[self.limit - 1]
        position = [_text(getattr(last, column.key)) for column in by]
        return rows[: self.limit], self._seal.seal(position, about)


def _before(by: Sequence[Column], position: Sequence[str]) -> ColumnElement[bool]:
    try:
        values = [
            literal(_parse(column)(text), column.type) for column, text in zip(by, position, strict=True)
        ]
    except ValueError:
        raise BadCursor from None
    return tuple_(*by) < tuple_(*values)


def _parse(column: Column) -> Callable[[str], Any]:
    kind = datetime if isinstance(column.type, UtcDateTime) else column.type.python_type
    parsers: dict[type[Any], Callable[[str], Any]] = {
        date: date.fromisoformat,
        datetime: datetime.fromisoformat,
        UUID: UUID,
        int: int,
        str: str,
    }
    return parsers[kind]


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _pager(
    deps: DepsOf,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many at most.")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None,
        Query(
            max_length=500,
            pattern=NO_NUL,
            description="`next_cursor` of the page before, with the same filters.",
        ),
    ] = None,
) -> Pager:
    return Pager(deps.cursors, limit, cursor)


Paged = Annotated[Pager, Depends(_pager)]
