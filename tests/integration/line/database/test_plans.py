"""Looks that come again and again cost what is new, not everything there ever was."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Select, insert, text
from sqlalchemy.dialects import postgresql

from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.db.models.ingest import DocumentRow, OrderRow
from ingest.orders.files import due_files
from invoice_writer.rechecking.dispatches import LOOK_BACK, sent_since

LONG_AGO = datetime.now(UTC) - timedelta(days=400)
TENANT, SHOP = uuid4(), uuid4()
MANY = 5000


def an_order(number: int) -> dict[str, Any]:
    """An order that was read once, long ago."""
    return {
        "tenant_id": TENANT,
        "connection_id": SHOP,
        "order_id": f"order-{number}",
        "order_number": str(number),
        "marker": "",
        "version": 1,
        "snapshot": {"dispatched_at": LONG_AGO.isoformat()},
        "seen_at": LONG_AGO + timedelta(minutes=number),
    }


def an_outcome(number: int) -> dict[str, Any]:
    """Its invoice, booked long ago."""
    return {
        "document_id": UUID(int=number),
        "tenant_id": TENANT,
        "connection_id": SHOP,
        "order_id": f"order-{number}",
        "type": "invoice",
        "number": str(number),
        "status": "booked",
        "file_status": "attached",
        "evidence": {"supplied_on_from": "document", "supplied_on": "2025-03-04"},
        "event": b"{}",
        "first_seen_at": LONG_AGO,
        "changed_at": LONG_AGO,
    }


def a_document(number: int) -> dict[str, Any]:
    """The same with its file stored, but for a few whose file is asked for tomorrow."""
    is_pending = number % 100 == 0
    return {
        "document_id": UUID(int=number),
        "tenant_id": TENANT,
        "connection_id": SHOP,
        "order_id": f"order-{number}",
        "order_number": str(number),
        "type": "invoice",
        "number": str(number),
        "issued_on": date(2025, 3, 4),
        "gross_minor": 100,
        "currency": "EUR",
        "content_hash": "",
        "lane": "live",
        "file_state": "pending" if is_pending else "stored",
        "file_due_at": datetime.now(UTC) + timedelta(days=1) if is_pending else None,
        "seen_at": LONG_AGO,
        "created_at": LONG_AGO,
    }


@pytest.fixture
async def full(postgres: Database) -> Database:
    """A database with what a shop did long ago."""
    made = {OrderRow: an_order, OutcomeRow: an_outcome, DocumentRow: a_document}
    async with postgres.sessions.of_all_tenants() as session:
        for table, row in made.items():
            await session.execute(insert(table), [row(number) for number in range(MANY)])
        for name in ("ingest.orders", "ingest.documents", "books.outcomes"):
            await session.execute(text(f"ANALYZE {name}"))
    return postgres


@pytest.mark.parametrize(
    ("query", "index", "table"),
    [
        (sent_since(LOOK_BACK), "ix_orders_seen", "orders"),
        (due_files(), "ix_documents_file_due", "documents"),
    ],
    ids=["dispatched later", "files due"],
)
async def test_a_look_finds_what_is_new_by_an_index(
    full: Database, query: Select[Any], index: str, table: str
) -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    written = query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    async with full.reading.of_all_tenants() as session:
        plan = "\n".join((await session.scalars(text(f"EXPLAIN {written}"))).all())
    assert f"Index Scan using {index}" in plan or f"Bitmap Index Scan on {index}" in plan, plan
    assert "Index Cond" in plan.partition(index)[2].split("->")[0], plan
    assert f"Seq Scan on {table}" not in plan, plan
