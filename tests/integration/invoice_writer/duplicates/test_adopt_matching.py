"""After a move or a reinstall one command adopts what is there and equal, and leaves all else to a person."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from common.db.models.core import ConnectionRow
from common.domain.stored_words import Lane
from common.events.commands import AdoptMatching
from common.events.documents import DocumentIssued
from factories.documents import make_invoice, make_order
from integration.invoice_writer.adoption import by_hand
from integration.invoice_writer.harness import CREATE, Writer
from integration.invoice_writer.vouchers.test_same_document import ELSEWHERE, as_another_tenant, of
from invoice_writer.duplicates import adopting

NUMBERS = ("R-1", "R-2", "R-3")


def adopt_all(writer: Writer) -> AdoptMatching:
    """A person asks for it."""
    return AdoptMatching(
        tenant_id=writer.tenant_id, connection_id=UUID(int=0), command_id=uuid4(), lane=Lane.HISTORY
    )


async def booked(writer: Writer) -> list[DocumentIssued]:
    """Documents of one order each, in the books."""
    events = [
        await writer.event(
            make_invoice(number=number), make_order(order_id=f"G-{number}", order_number=number), pdf=None
        )
        for number in NUMBERS
    ]
    await writer.work(*events)
    return events


async def stands(writer: Writer, events: list[DocumentIssued]) -> list[tuple[str, str | None]]:
    outcomes = [await writer.outcome(event.document) for event in events]
    return [(outcome.status, outcome.reason or outcome.how) for outcome in outcomes]


async def test_all_documents_of_a_shop_linked_anew_are_adopted_page_by_page_r55(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adopting, "PAGE", 2)
    events = await booked(writer)
    anew = replace(writer, shop_id=uuid4())
    await anew.work(*(of(anew, event) for event in events))
    assert await stands(anew, events) == [("parked", ELSEWHERE)] * 3
    await anew.work(adopt_all(anew))
    assert await stands(anew, events) == [("booked", "adopted")] * 3
    assert (await writer.requests())[CREATE] == 3


async def test_vouchers_of_a_released_tenant_are_adopted_and_of_one_at_work_they_are_not_r1(
    writer: Writer,
) -> None:
    events = await booked(writer)
    other = await as_another_tenant(writer)
    await other.work(*(of(other, event) for event in events))
    await other.work(adopt_all(other))
    assert await stands(other, events) == [("parked", ELSEWHERE)] * 3
    async with writer.db.sessions.of_all_tenants() as session:
        released = update(ConnectionRow).where(ConnectionRow.connection_id == writer.books_id)
        await session.execute(released.values(state="disabled", state_reason="released"))
    await other.work(adopt_all(other))
    assert await stands(other, events) == [("booked", "adopted")] * 3
    assert await stands(writer, events) == [("booked", "written")] * 3
    assert len(await writer.vouchers()) == 3


async def test_voucher_that_differs_by_now_is_left_to_a_person(writer: Writer) -> None:
    events = await booked(writer)
    anew = replace(writer, shop_id=uuid4())
    await anew.work(*(of(anew, event) for event in events))
    changed = (await writer.outcome(events[0].document)).voucher_id
    await writer.lexware.control.post(f"vouchers/{changed}", {"voucherDate": "2025-03-05"})
    await anew.work(adopt_all(anew))
    assert await stands(anew, events) == [("parked", ELSEWHERE), *[("booked", "adopted")] * 2]


async def test_vouchers_of_a_lost_database_are_adopted_by_number_date_total_and_order(
    writer: Writer,
) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    made = await by_hand(writer, event.number, remark="#0123456789abcdef Bestellung 2025-1042")
    await writer.work(event)
    await writer.work(adopt_all(writer))
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.voucher_id) == ("booked", made)
