"""Dates that come late: a dispatch known after the booking, a date of issue that a person confirms."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from common.db.models.effects import AlarmRow
from common.db.models.ingest import OrderRow
from common.domain.documents import OrderSnapshot
from common.events.commands import ConfirmIssueDate
from factories.documents import make_invoice, make_order
from integration.invoice_writer.harness import Writer
from invoice_writer.rechecking.dispatches import LOOK_SECONDS, DispatchWatch


async def read_again(writer: Writer, order: OrderSnapshot) -> None:
    """Ingest stores the newest reading of the order."""
    async with writer.db.sessions.of_all_tenants() as session:
        row = OrderRow(
            tenant_id=writer.tenant_id,
            connection_id=writer.shop_id,
            order_id=order.order_id,
            order_number=order.order_number,
            marker="m",
            version=2,
            snapshot=order.model_dump(mode="json"),
            seen_at=datetime.now(UTC),
        )
        await session.merge(row)


async def told(writer: Writer) -> list[dict[str, Any]]:
    query = select(AlarmRow.evidence).where(AlarmRow.kind == "dispatched_in_other_month")
    async with writer.db.reading.of_all_tenants() as session:
        return list((await session.scalars(query)).all())


@pytest.mark.parametrize(
    ("dispatched", "expected"),
    [
        (datetime(2025, 3, 31, 21, 59, tzinfo=UTC), None),
        (datetime(2025, 3, 31, 22, 30, tzinfo=UTC), "2025-04-01"),
        (datetime(2025, 2, 28, 12, tzinfo=UTC), "2025-02-28"),
        (None, None),
    ],
)
async def test_a_dispatch_in_another_month_is_told_once_and_the_voucher_stays(
    writer: Writer, dispatched: datetime | None, expected: str | None
) -> None:
    document = make_invoice()
    await writer.work(await writer.event(document))
    await read_again(writer, make_order(dispatched_at=dispatched))
    now = 0.0
    watch = DispatchWatch(writer.db, lambda: now)
    await watch.run_once()
    found = [(one["booked_on"], one["dispatched_on"]) for one in await told(writer)]
    assert found == ([("2025-03-04", expected)] if expected else [])
    assert ("dispatched_in_other_month" in await writer.story(document)) is bool(expected)
    now = LOOK_SECONDS
    await watch.run_once()
    assert len(await told(writer)) == len(found)
    assert (await writer.outcome(document)).status == "booked"


async def test_a_dispatch_that_was_known_when_it_was_booked_is_no_news(writer: Writer) -> None:
    order = make_order(dispatched_at=datetime(2025, 3, 3, 9, tzinfo=UTC))
    await writer.work(await writer.event(make_invoice(), order))
    await read_again(writer, make_order(dispatched_at=datetime(2025, 4, 3, 9, tzinfo=UTC)))
    await DispatchWatch(writer.db).run_once()
    assert await told(writer) == []


async def test_a_confirmed_date_books_the_document_on_that_day(writer: Writer) -> None:
    document = make_invoice(date_missing=True, issued_at=datetime(2025, 1, 2, 9, tzinfo=UTC))
    event = await writer.event(document)
    await writer.work(event)
    parked = await writer.outcome(document)
    assert (parked.reason, parked.params) == ("issue_date_missing", {"recorded_on": "2025-01-02"})
    command = ConfirmIssueDate.about(event.ref, command_id=uuid4(), issued_on=date(2025, 3, 4))
    await writer.work(command)
    outcome = await writer.outcome(document)
    assert (outcome.status, outcome.issued_on) == ("booked", date(2025, 3, 4))
    assert "date_confirmed" in await writer.story(document)
    [voucher] = await writer.vouchers()
    assert voucher["voucherDate"].startswith("2025-03-04")
    await writer.work(command, event)
    assert len(await writer.vouchers()) == 1
