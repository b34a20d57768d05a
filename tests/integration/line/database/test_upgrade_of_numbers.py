"""Vouchers of the first release are found by their number, also where an organization was linked twice."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy import select

from common.db.engine import Database, open_database
from common.db.migrate import upgrade_database
from common.db.models.numbers import NumberedEffectRow
from common.effects.attempts import ArmRequest, Attempt
from common.effects.numbered import Elsewhere, Numbered
from common.effects.sql_attempts import SqlAttempts
from common.settings import DatabaseSettings

BEFORE = "0001"
ORGANIZATION = "0b4b3c8e-5c2e-4a3f-8f64-0d9a5f6c7e01"
TENANTS = (UUID(int=1), UUID(int=2))
SHOPS = (UUID("10000000-0000-4000-8000-000000000001"), UUID("10000000-0000-4000-8000-000000000002"))
NOW, DAY = datetime(2026, 3, 2, 9, tzinfo=UTC), date(2026, 3, 2)
ODD = "R:2026:invoice:7"


def key_of(shop: UUID, number: str) -> str:
    return f"voucher:{ORGANIZATION}:{shop}:invoice:{number}"


class OldDatabase:
    """A database of the release before, written to with what that release knew."""

    def __init__(self, url: str) -> None:
        self.database = open_database(DatabaseSettings(url=url))
        self.on_sqlite = self.database.engine.dialect.name == "sqlite"

    async def add(self, table: str, values: Mapping[str, Any]) -> None:
        """Insert one row with the types of that time."""
        schema, _, name = table.partition(".")
        there = sa.table(name, *map(_column, values.items()), schema=None if self.on_sqlite else schema)
        async with self.database.engine.begin() as connection:
            await connection.execute(sa.insert(there).values(dict(values)))

    async def add_voucher(
        self, tenant_id: UUID, shop: UUID, number: str, *, order: str | None, state: str = "bound"
    ) -> None:
        """A voucher as the first release left it, with or without the outcome of its document."""
        key, attempt_id = key_of(shop, number), uuid4()
        decision = {
            "voucher_on": "2026-03-02",
            "gross_total": {"minor": 11900, "currency": "EUR"},
            "remark": "Bestellung 1001, Zahlung PayPal, Transaktion 9XX",
        }
        attempt = {
            "attempt_id": attempt_id,
            "tenant_id": tenant_id,
            "effect_key": key,
            "number": 1,
            "state": state,
            "armed_at": NOW,
            "payload_hash": "-",
            "marker": "#-",
            "decision": decision,
            "searches": [],
        }
        await self.add("line.attempts", attempt)
        if state == "bound":
            bound = {"effect_key": key, "tenant_id": tenant_id, "external_id": f"v {key}", "how": "written"}
            await self.add("line.bindings", {**bound, "attempt_id": attempt_id, "bound_at": NOW})
        if order is not None:
            await self._add_outcome(tenant_id, shop, number, order)

    async def _add_outcome(self, tenant_id: UUID, shop: UUID, number: str, order: str) -> None:
        outcome = {
            "document_id": uuid4(),
            "tenant_id": tenant_id,
            "connection_id": shop,
            "order_id": order,
            "type": "invoice",
            "number": number,
            "status": "booked",
            "params": {},
            "rules": [],
            "evidence": {},
            "file_status": "pending",
            "revision": 1,
            "event": json.dumps({"order": {"order_number": "1001"}}).encode(),
            "first_seen_at": NOW,
            "changed_at": NOW,
        }
        await self.add("books.outcomes", outcome)


def _column(named: tuple[str, Any]) -> sa.ColumnClause[Any]:
    name, value = named
    match value:
        case UUID():
            return sa.column(name, sa.Uuid())
        case datetime():
            return sa.column(name, sa.DateTime(timezone=True))
        case dict() | list():
            return sa.column(name, sa.JSON())
    return sa.column(name)


async def upgraded(url: str, old: OldDatabase) -> Database:
    await old.database.close()
    await asyncio.to_thread(upgrade_database, url)
    return open_database(DatabaseSettings(url=url))


def asking(shop: UUID, number: str, *, order: str, order_number: str = "1001") -> ArmRequest:
    """A third link of the same organization brings the document."""
    numbered = Numbered(ORGANIZATION, "invoice", number, shop, order, order_number, DAY, 11900)
    return ArmRequest(key_of(shop, number), uuid4(), "#new", b"{}", {}, numbered)


async def test_twins_of_a_doubly_linked_organization_are_found_by_their_number_r55(old_url: str) -> None:
    await asyncio.to_thread(upgrade_database, old_url, BEFORE)
    old = OldDatabase(old_url)
    for tenant, shop in zip(TENANTS, SHOPS, strict=True):
        await old.add_voucher(tenant, shop, ODD, order="GUID-1")
    await old.add_voucher(TENANTS[0], SHOPS[0], "R-8", order=None, state="open")
    await old.add_voucher(TENANTS[0], SHOPS[0], "R-9", order="GUID-9")
    database = await upgraded(old_url, old)
    try:
        async with database.reading.of_all_tenants() as session:
            rows = (await session.scalars(select(NumberedEffectRow))).all()
        assert sorted((row.number, row.order_id, row.order_number) for row in rows if row.order_id) == [
            ("R-9", "GUID-9", "1001"),
            *[(ODD, "GUID-1", "1001")] * 2,
        ]
        assert {(row.document_on, row.gross_minor) for row in rows} == {(DAY, 11900)}
        attempts, third = SqlAttempts(database), uuid4()
        same = await attempts.arm(asking(third, ODD, order="GUID-1"), 0)
        assert isinstance(same, Elsewhere) and same.state == "bound"
        waiting = await attempts.arm(asking(third, "R-8", order="GUID-8"), 0)
        assert isinstance(waiting, Elsewhere) and waiting.state == "open"
        others = await attempts.arm(asking(third, "R-9", order="GUID-X", order_number="7"), 0)
        assert isinstance(others, Attempt)
    finally:
        await database.close()
