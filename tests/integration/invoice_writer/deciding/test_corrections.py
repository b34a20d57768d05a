"""A correction goes where its invoice goes, whatever comes first (R37)."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, update

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.books import BooksProfileRow, OutcomeRow
from common.domain.documents import Document
from common.domain.merchant import GOODS_CATEGORY, ORIGIN_CATEGORY
from common.events.commands import FetchOrder, ReleaseParked
from common.events.documents import DocumentConflicted
from common.events.vouchers import DocumentParked, VoucherBooked
from factories.documents import (
    euro,
    make_address,
    make_credit_note,
    make_invoice,
    make_line,
    make_order,
    zero_rated,
)
from factories.tenants import save_settings
from integration.invoice_writer.harness import Writer
from invoice_writer.deciding.corrected_invoices import correction_context


async def a_day_passes(db: Database) -> None:
    """Everything was seen a day earlier, and the time of what waits has come."""
    async with db.sessions.of_all_tenants() as session:
        day = timedelta(days=1).total_seconds() + 1
        await session.execute(update(OutcomeRow).values(first_seen_at=db_now(-day)))
        waiting = OutcomeRow.waits_until.is_not(None)
        await session.execute(update(OutcomeRow).where(waiting).values(waits_until=db_now(-1.0)))


async def settings_change(writer: Writer, number: int, **values: Any) -> ReleaseParked:
    """The merchant saved other settings; the command the API sends then."""
    await save_settings(writer.db, writer.tenant_id, number, **values)
    return ReleaseParked(
        tenant_id=writer.tenant_id, connection_id=writer.books_id, released_by="settings", command_id=uuid4()
    )


async def fetches(writer: Writer) -> int:
    """How often ingest was asked for the order."""
    return sum(isinstance(event, FetchOrder) for event in await writer.announced())


async def test_correction_of_a_missing_invoice_is_parked_after_a_day_and_asked_for_once(
    writer: Writer,
) -> None:
    correction = make_credit_note()
    await writer.work(await writer.event(correction))
    await a_day_passes(writer.db)
    await writer.work()
    outcome = await writer.outcome(correction)
    assert (outcome.status, outcome.reason, outcome.waits_until) == ("parked", "original_missing", None)
    await writer.work()
    assert await fetches(writer) == 1
    parked = [event for event in await writer.announced() if isinstance(event, DocumentParked)]
    assert len(parked) == 1
    await writer.work(await writer.event(make_invoice()))
    assert (await writer.outcome(correction)).status == "booked"


async def test_invoice_is_fetched_also_when_the_correction_was_parked_for_something_else_before(
    writer: Writer,
) -> None:
    correction = make_credit_note()
    await save_settings(writer.db, writer.tenant_id, 2, mode="paused")
    await writer.work(await writer.event(correction))
    assert (await writer.outcome(correction)).reason == "transfer_paused"
    await writer.work(await settings_change(writer, 3))
    assert (await writer.outcome(correction)).reason == "original_missing"
    assert await fetches(writer) == 1


async def test_correction_is_parked_with_its_invoice_and_booked_after_it(writer: Writer) -> None:
    invoice = zero_rated()
    correction = make_credit_note(gross_total=invoice.gross_total, lines=invoice.lines)
    mapped = {"domestic_zero_category_id": GOODS_CATEGORY}
    await writer.work(await writer.event(invoice), await writer.event(correction))
    assert (await writer.outcome(invoice)).reason == "zero_rate_unmapped"
    await writer.work(await settings_change(writer, 2, **mapped))
    assert (await writer.outcome(correction)).status == "booked"
    booked = [event.number for event in await writer.announced() if isinstance(event, VoucherBooked)]
    assert booked == [invoice.number, correction.number]


async def test_correction_of_an_excluded_invoice_is_excluded(writer: Writer) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, start_on=date(2025, 3, 8))
    invoice, correction = make_invoice(), make_credit_note()
    await writer.work(await writer.event(correction), await writer.event(invoice))
    assert (await writer.outcome(invoice)).reason == "before_start_date"
    outcome = await writer.outcome(correction)
    assert (outcome.status, outcome.reason) == ("excluded", "original_excluded")


async def test_earlier_start_date_books_what_it_had_excluded_and_the_corrections_with_it(
    writer: Writer,
) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, start_on=date(2025, 3, 8))
    invoice, correction = make_invoice(), make_credit_note()
    older = make_invoice(number="R-OLD", issued_at=invoice.issued_at - timedelta(days=40))
    elsewhere = await writer.event(older, make_order(order_id="another"))
    await writer.work(await writer.event(invoice), await writer.event(correction), elsewhere)
    await writer.work(await settings_change(writer, 3, start_on=date(2025, 3, 1)))
    assert (await writer.outcome(invoice)).status == "booked"
    assert (await writer.outcome(correction)).status == "booked"
    assert await writer.story(older) == ["excluded"]


async def test_orders_left_out_by_a_tag_are_booked_when_the_rule_goes(writer: Writer) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, excluded_tags=("#Bar",))
    order = make_order(tags=("bar", "eilig"))
    invoice, correction = make_invoice(), make_credit_note()
    await writer.work(await writer.event(invoice, order), await writer.event(correction, order))
    left_out = [await writer.outcome(document) for document in (invoice, correction)]
    assert [(outcome.status, outcome.reason) for outcome in left_out] == [
        ("excluded", "tag"),
        ("excluded", "original_excluded"),
    ]
    assert left_out[0].evidence["tag"] == "bar"
    change = await settings_change(writer, 3)
    await writer.work(change.model_copy(update={"settings": ("excluded_tags",)}))
    assert (await writer.outcome(invoice)).status == "booked"
    assert (await writer.outcome(correction)).status == "booked"


async def test_nothing_is_decided_again_while_nothing_changes(writer: Writer) -> None:
    invoice = zero_rated()
    await writer.work(await writer.event(invoice), await writer.event(make_credit_note()))
    before = (await writer.outcome(invoice)).revision, (await writer.outcome(make_credit_note())).revision
    await writer.work()
    after = (await writer.outcome(invoice)).revision, (await writer.outcome(make_credit_note())).revision
    assert after == before


def part(number: str, amount: str) -> Document:
    """A correction of a part of the invoice."""
    return make_credit_note(number=number, gross_total=euro(amount), lines=(make_line(amount),))


async def test_corrections_together_take_back_at_most_what_their_invoice_booked_r38(writer: Writer) -> None:
    parts = [part("K-1", "20.00"), part("K-2", "29.90"), part("K-3", "0.01")]
    await writer.work(await writer.event(make_invoice()))
    for correction in parts:
        await writer.work(await writer.event(correction))
    assert [(await writer.outcome(one)).status for one in parts] == ["booked", "booked", "parked"]
    surplus = await writer.outcome(parts[2])
    assert surplus.reason == "correction_exceeds_invoice"
    assert surplus.params["left"] == "0.00 EUR"


async def test_a_correction_does_not_count_itself_when_it_is_decided_again_r38(writer: Writer) -> None:
    correction = make_credit_note()
    await writer.work(await writer.event(make_invoice()))
    await writer.work(await writer.event(correction))
    async with writer.db.reading.of_all_tenants() as session:
        original = await correction_context(session, await writer.event(correction))
    (invoice,) = original.candidates
    assert invoice.gross_by_rate == {Decimal(19): euro("49.90")}
    assert (invoice.corrected_by_rate, original.corrected_by_rate) == ({}, {})
    assert invoice.supplied_on == invoice.issued_on
    async with writer.db.reading.of_all_tenants() as session:
        seen_by_other = await correction_context(session, await writer.event(part("K-9", "1.00")))
    assert seen_by_other.candidates[0].corrected_by_rate == {Decimal(19): euro("49.90")}


async def test_corrections_of_an_adopted_invoice_are_held_to_what_its_decision_says_r38(
    writer: Writer,
) -> None:
    invoice = make_invoice()
    await writer.lexware.control.post(
        "vouchers",
        {
            "organization_id": writer.organization["organization_id"],
            "type": "salesinvoice",
            "voucherNumber": invoice.number,
            "voucherDate": "2025-03-04",
            "totalGrossAmount": 49.90,
        },
    )
    await asyncio.sleep(0.1)
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).how == "adopted"
    whole, surplus = make_credit_note(), part("K-2", "5.00")
    await writer.work(await writer.event(whole))
    await writer.work(await writer.event(surplus))
    assert (await writer.outcome(whole)).status == "booked"
    assert (await writer.outcome(surplus)).reason == "correction_exceeds_invoice"


async def test_what_others_took_back_by_hand_counts_too_r38(writer: Writer) -> None:
    by_hand, whole = part("K-1", "20.00"), make_credit_note(number="K-2")
    await save_settings(writer.db, writer.tenant_id, 2, mode="paused")
    await writer.work(await writer.event(by_hand))
    assert (await writer.outcome(by_hand)).decision is None
    await writer.work(writer.resolve(await writer.event(by_hand), "by_hand"))
    await save_settings(writer.db, writer.tenant_id, 3)
    await writer.work(await writer.event(make_invoice()), await writer.event(whole))
    outcome = await writer.outcome(whole)
    assert (outcome.reason, outcome.params["left"]) == ("correction_exceeds_invoice", "29.90 EUR")


async def test_a_booked_correction_counts_also_while_its_number_is_in_conflict_r38(writer: Writer) -> None:
    first, second = part("K-1", "30.00"), part("K-2", "30.00")
    await writer.work(await writer.event(make_invoice()), await writer.event(first))
    event = await writer.event(first)
    conflict = DocumentConflicted.about(
        event.ref,
        occurred_at=event.occurred_at,
        known_hash=event.content_hash,
        content_hash="f" * 64,
    )
    await writer.work(conflict)
    assert (await writer.outcome(first)).status == "parked"
    await writer.work(await writer.event(second))
    assert (await writer.outcome(second)).reason == "correction_exceeds_invoice"


async def test_an_invoice_booked_at_home_is_corrected_there_after_the_principle_changed_r26(
    writer: Writer,
) -> None:
    cyprus = make_address(country="CY", zip_code="1010", city="Nikosia")  # 19 % there as in Germany
    order, correction = make_order(billing_address=cyprus), make_credit_note(address=cyprus)
    organization = f"organizations/{writer.organization['organization_id']}"
    await writer.lexware.control.post(organization, {"distanceSalesPrinciple": "ORIGIN"})
    await writer.work(await writer.event(make_invoice(address=cyprus), order))
    await writer.lexware.control.post(organization, {"distanceSalesPrinciple": "DESTINATION"})
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(delete(BooksProfileRow))
    await writer.work(await writer.event(correction, order))
    assert (await writer.outcome(correction)).status == "booked"
    items = [voucher["voucherItems"][0]["categoryId"] for voucher in await writer.vouchers()]
    assert items == [ORIGIN_CATEGORY, GOODS_CATEGORY]


async def test_a_correction_names_no_invoice_that_was_issued_after_it_r37(writer: Writer) -> None:
    correction, early = part("K-1", "30.00"), make_invoice()
    late = make_invoice(
        number="R-LATE",
        issued_at=correction.issued_at + timedelta(days=2),
        gross_total=euro("30.00"),
        lines=(make_line("30.00"),),
    )
    await writer.work(*[await writer.event(document) for document in (early, late, correction)])
    outcome = await writer.outcome(correction)
    assert (outcome.status, outcome.evidence["corrected_invoice"]) == ("booked", early.number)
