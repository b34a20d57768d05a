"""Statements about many rows at once see the same rows on both databases."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Date, Integer, LargeBinary, String, Uuid, select

from common.db.dialect import ForRows, one_of
from common.db.engine import Database
from common.db.models.line import InboxTurnRow
from common.db.types import JsonType, UtcDateTime

COLUMNS = {
    "id": Uuid(),
    "text": String(),
    "number": Integer(),
    "on": Date(),
    "at": UtcDateTime(),
    "facts": JsonType,
    "raw": LargeBinary(),
}
NOTHING: dict[str, Any] = dict.fromkeys(COLUMNS)
ROWS: list[dict[str, Any]] = [
    {
        "id": UUID(int=1),
        "text": "a'b\\c, {d}",
        "number": -1,
        "on": date(2025, 3, 1),
        "at": datetime(2025, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC),
        "facts": ["list", ["of", "lists"], {"a": None, "ä": 1.5}],
        "raw": b"\x00\xff",
    },
    {**NOTHING, "id": UUID(int=2), "facts": {}},
    {**NOTHING, "id": UUID(int=3), "facts": [], "text": ""},
]
GIVEN = ForRows(COLUMNS, lambda session, given: select(*given.c).order_by(given.c.id))


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_rows_come_as_they_were_given(database: Database, count: int) -> None:
    async with database.reading.of_all_tenants() as session:
        seen = (await session.execute(*GIVEN(session, ROWS[:count]))).mappings().all()
    assert [dict(row) for row in seen] == ROWS[:count]


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_a_column_is_one_of_any_number_of_values(database: Database, count: int) -> None:
    tenants = [UUID(int=number) for number in range(5)]
    async with database.sessions.of_all_tenants() as session:
        moment = datetime(2025, 3, 1, tzinfo=UTC)
        session.add_all(
            InboxTurnRow(consumer="c", tenant_id=tenant, lane="live", served_at=moment) for tenant in tenants
        )
    wanted = tenants[:count]
    async with database.reading.of_all_tenants() as session:
        query = select(InboxTurnRow.tenant_id).where(one_of(session, InboxTurnRow.tenant_id, "wanted"))
        found = set(await session.scalars(query, {"wanted": wanted}))
    assert found == set(wanted)
