"""The transit writer keeps what payments are matched with in step with the books."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

import transit_writer.app
from common.db.engine import Database
from common.db.models.transit import BookedVoucherRow
from common.domain.buyers import PayerHashes
from common.domain.documents import DocumentType, PaymentData
from common.domain.money import Money
from common.domain.stored_words import BoundHow
from common.events.base import Event
from common.events.vouchers import DocumentExcluded, DocumentParked, PaymentKeys, VoucherBooked
from common.inbox.accept import accept
from common.inbox.worker import Worker
from common.settings import DatabaseSettings, WorkerSettings
from common.transport.base import Incoming
from common.transport.local import LocalTransport

TENANT, SHOP = UUID(int=1), UUID(int=2)


def shared(**over: Any) -> dict[str, Any]:
    """What every fact about the document says."""
    payment = PaymentData(name="PayPal", provider="PayPal", transaction_id="9XX1", method_id="m-1")
    values = {
        "tenant_id": TENANT,
        "connection_id": SHOP,
        "order_id": "order-1",
        "document_type": DocumentType.INVOICE,
        "number": "R-1",
        "issued_on": date(2025, 3, 4),
        "gross_total": Money(4990),
        "keys": PaymentKeys(order_number="2025-1", customer_number="10077", payment=payment),
    }
    return values | over


def booked(**over: Any) -> VoucherBooked:
    """The document's voucher is in the books."""
    return VoucherBooked(
        **shared(**over),
        organization_id="org",
        voucher_id="voucher-1",
        voucher_on=date(2025, 3, 4),
        tax_total=Money(797),
        how=BoundHow.WRITTEN,
    )


async def work(db: Database, *events: Event) -> list[BookedVoucherRow]:
    """Receive the facts and return all rows."""
    settings = transit_writer.app.Settings(
        database=DatabaseSettings(url="unused"), worker=WorkerSettings(idle_poll_seconds=0.05)
    )
    app = transit_writer.app.build(settings, db, LocalTransport(db, accept))
    async with db.sessions.of_all_tenants() as session:
        await accept(session, "transit-writer", [Incoming.of(event) for event in events])
    worker = next(part for part in app.components if isinstance(part, Worker))
    await worker.run_until_idle()
    async with db.reading.of_all_tenants() as session:
        return list((await session.scalars(select(BookedVoucherRow))).all())


async def test_booked_voucher_is_recorded_with_its_payment_keys(database: Database) -> None:
    (row,) = await work(database, booked())
    assert (row.state, row.voucher_id, row.gross_minor, row.issued_on) == (
        "booked",
        "voucher-1",
        4990,
        date(2025, 3, 4),
    )
    assert (row.order_number, row.customer_number) == ("2025-1", "10077")
    assert (row.provider, row.method_id, row.transaction_id) == ("PayPal", "m-1", "9XX1")


async def test_parked_document_is_known_and_booked_later(database: Database) -> None:
    parked = DocumentParked(**shared(), reason="distance_sales_unset", revision=1)
    (row,) = await work(database, parked)
    assert (row.state, row.note, row.voucher_id) == ("parked", "distance_sales_unset", None)
    (row,) = await work(database, booked())
    assert (row.state, row.note, row.voucher_id) == ("booked", None, "voucher-1")


async def test_due_day_and_payer_are_kept_and_what_a_fact_leaves_open_stays(database: Database) -> None:
    payer = PayerHashes(names=("v1:aa",), emails=("v1:bb", "v1:cc"))
    parked = DocumentParked(**shared(), reason="distance_sales_unset", revision=1)
    (row,) = await work(database, parked)
    assert (row.due_on, row.payer) == (None, None)
    (row,) = await work(database, booked(due_on=date(2025, 4, 3), payer=payer))
    assert row.due_on == date(2025, 4, 3)
    assert row.payer == {"names": ["v1:aa"], "emails": ["v1:bb", "v1:cc"]}
    again = DocumentParked(**shared(), reason="document_conflict", revision=2)
    (row,) = await work(database, again)
    assert (row.state, row.due_on, row.payer is None) == ("parked", date(2025, 4, 3), False)


async def test_a_voucher_made_by_hand_is_known_until_that_is_taken_back(database: Database) -> None:
    by_hand = DocumentExcluded(**shared(), rule="booked_by_hand", revision=1, voucher_id="v-1")
    (row,) = await work(database, by_hand)
    assert (row.state, row.note, row.voucher_id) == ("excluded", "booked_by_hand", "v-1")
    (row,) = await work(database, DocumentExcluded(**shared(), rule="zero_total", revision=2))
    assert (row.note, row.voucher_id) == ("zero_total", None)


async def test_a_voucher_of_ours_is_known_whatever_becomes_of_its_document(database: Database) -> None:
    left_out = DocumentExcluded(**shared(), rule="surplus_voucher_deleted", revision=2)
    (row,) = await work(database, booked(), left_out)
    assert (row.state, row.voucher_id) == ("excluded", "voucher-1")
    by_hand = DocumentExcluded(**shared(), rule="booked_by_hand", revision=3, voucher_id="v-2")
    (row,) = await work(database, by_hand, DocumentParked(**shared(), reason="not_euro", revision=4))
    assert (row.state, row.voucher_id) == ("parked", None)


@pytest.mark.parametrize("times", [1, 3])
async def test_fact_received_again_changes_nothing(database: Database, times: int) -> None:
    excluded = DocumentExcluded(**shared(), rule="zero_total", revision=1)
    (row,) = await work(database, *[excluded] * times)
    assert (row.state, row.note) == ("excluded", "zero_total")


async def test_each_merchant_has_its_own_row(database: Database) -> None:
    other = booked(tenant_id=uuid4(), connection_id=uuid4())
    rows = await work(database, booked(), other)
    assert {row.tenant_id for row in rows} == {TENANT, other.tenant_id}
