"""A predecessor's voucher is adopted only when it surely is the document's; else a person chooses."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from common.db.models.books import OutcomeRow, VoucherIndexRow
from common.db.models.line import DeadLetterRow
from common.effects.sql_attempts import SqlAttempts
from factories.documents import euro, make_credit_note, make_invoice, make_line, make_order
from integration.invoice_writer.adoption import alarms, by_hand
from integration.invoice_writer.harness import CREATE, Writer
from invoice_writer.keys import effect_key, marker_of

ANOTHER_ORDER = make_order(order_id="6A10C0DE-0001-4A2B-9C3D-0A0B0C0D0E02", order_number="2025-1043")


async def test_voucher_of_another_type_does_not_take_the_number(writer: Writer) -> None:
    invoice = make_invoice()
    await by_hand(writer, invoice.number, type="salescreditnote")
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).how == "written"


async def test_two_candidates_are_a_persons_to_choose_from(writer: Writer) -> None:
    invoice = make_invoice()
    found = {await by_hand(writer, invoice.number), await by_hand(writer, invoice.number)}
    await writer.work(await writer.event(invoice))
    outcome = await writer.outcome(invoice)
    assert (outcome.reason, set(outcome.params["vouchers"])) == ("number_taken_in_books", found)


async def test_voucher_with_our_marker_is_ours_beside_others(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    await by_hand(writer, event.number)
    marker = marker_of(effect_key(writer.organization["organization_id"], event))
    ours = await by_hand(writer, event.number, remark=f"{marker} Bestellung 1")
    await writer.work(event)
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.voucher_id, outcome.how) == ("booked", ours, "reconciled")


async def test_two_vouchers_with_our_marker_are_shown_as_duplicate(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    marker = marker_of(effect_key(writer.organization["organization_id"], event))
    found = {await by_hand(writer, event.number, remark=marker) for _ in range(2)}
    await writer.work(event)
    outcome = await writer.outcome(event.document)
    assert (outcome.reason, set(outcome.params["vouchers"])) == ("duplicate_in_books", found)


async def test_voucher_with_the_marker_of_another_document_is_not_adopted(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    await by_hand(writer, event.number, remark="#0123456789abcdef other")
    await writer.work(event)
    assert (await writer.outcome(event.document)).reason == "number_taken_in_books"


async def test_voided_voucher_of_ours_books_nothing(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    marker = marker_of(effect_key(writer.organization["organization_id"], event))
    there = await by_hand(writer, event.number, remark=marker, voucherStatus="voided")
    await writer.work(event)
    outcome = await writer.outcome(event.document)
    assert (outcome.reason, outcome.params["vouchers"]) == ("number_taken_in_books", [there])


async def test_voucher_bound_to_another_document_is_not_adopted_again(writer: Writer) -> None:
    invoice = make_invoice()
    await by_hand(writer, invoice.number)
    await writer.work(await writer.event(invoice))
    await writer.work(await writer.event(invoice, ANOTHER_ORDER, connection_id=writer.books_id))
    assert len(await writer.vouchers()) == 2


async def test_voucher_is_adopted_by_one_of_two_documents_that_reach_for_it_at_once(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice, honest, reached, both = make_invoice(), SqlAttempts.adopt, 0, asyncio.Event()

    async def at_once(self: SqlAttempts, *asked: Any) -> Any:
        nonlocal reached
        reached += 1
        if reached > 1:
            both.set()
        await both.wait()
        return await honest(self, *asked)

    made = await by_hand(writer, invoice.number)
    monkeypatch.setattr(SqlAttempts, "adopt", at_once)
    other = await writer.event(invoice, ANOTHER_ORDER, connection_id=writer.books_id)
    await writer.work(await writer.event(invoice), other)
    async with writer.db.reading.of_all_tenants() as session:
        outcomes = (await session.scalars(select(OutcomeRow).order_by(OutcomeRow.how))).all()
    assert [outcome.how for outcome in outcomes] == ["adopted", "written"]
    assert made == outcomes[0].voucher_id != outcomes[1].voucher_id


@pytest.mark.parametrize("number", ["r-2025-0311", "R-2025-0312", "R-2025-031"])
async def test_number_that_is_only_similar_is_another_number(writer: Writer, number: str) -> None:
    await by_hand(writer, number)
    invoice = make_invoice()
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).how == "written"


@pytest.mark.parametrize("number", ["R&B-1", "R <1>"])
async def test_number_with_special_characters_is_found(writer: Writer, number: str) -> None:
    await by_hand(writer, number)
    invoice = make_invoice(number=number)
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).how == "adopted"


async def test_space_around_the_number_in_the_books_hides_nothing(writer: Writer) -> None:
    invoice = make_invoice()
    await by_hand(writer, f" {invoice.number} ")
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).how != "written"


async def test_voucher_deleted_since_the_list_was_read_does_not_take_the_number(writer: Writer) -> None:
    first, second = make_invoice(number="R-1"), make_invoice(number="R-2")
    gone = await by_hand(writer, second.number, "11.90")
    await writer.work(await writer.event(first))
    async with httpx.AsyncClient(base_url=writer.lexware.base_url) as books:
        (await books.delete(f"/_control/vouchers/{gone}")).raise_for_status()
    await asyncio.sleep(0.2)
    await writer.work(await writer.event(second))
    assert (await writer.outcome(second)).how == "written"
    async with writer.db.reading.of_all_tenants() as session:
        assert (await session.scalars(select(DeadLetterRow))).all() == []
        known = set((await session.scalars(select(VoucherIndexRow.voucher_id))).all())
    assert gone not in known


async def test_total_edited_since_the_list_was_read_counts_as_it_is_now(writer: Writer) -> None:
    first, second = make_invoice(number="R-1"), make_invoice(number="R-2")
    made = await by_hand(writer, second.number)
    await writer.work(await writer.event(first))
    await writer.lexware.control.post(f"vouchers/{made}", {"voucherDate": "2025-02-01"})
    await asyncio.sleep(0.2)
    await writer.work(await writer.event(second))
    assert (await writer.outcome(second)).reason == "number_taken_in_books"


async def test_predecessor_that_dated_new_years_night_by_utc_is_found_r12(writer: Writer) -> None:
    invoice = make_invoice(issued_at="2024-12-31T23:30:00Z")
    await by_hand(writer, invoice.number, voucherDate="2024-12-31")
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).reason == "number_taken_in_books"
    assert CREATE not in await writer.requests()


async def test_correction_of_an_invoice_that_a_predecessor_booked_follows_it_r37_r38(writer: Writer) -> None:
    invoice = make_invoice()
    there = await by_hand(writer, invoice.number, totalTaxAmount="7.97")
    first, second = [
        make_credit_note(number=number, gross_total=euro("30.00"), lines=(make_line("30.00"),))
        for number in ("K-1", "K-2")
    ]
    await writer.work(await writer.event(first), await writer.event(invoice))
    assert (await writer.outcome(invoice)).voucher_id == there
    booked = await writer.outcome(first)
    assert (booked.status, booked.how) == ("booked", "written")
    assert booked.decision is not None
    assert invoice.number in booked.decision["remark"]
    await writer.work(await writer.event(second))
    assert (await writer.outcome(second)).reason == "correction_exceeds_invoice"


@pytest.mark.parametrize(
    ("tax", "alarmed"), [("7.97", False), ("7.96", False), ("3.26", True), ("0.00", True)]
)
async def test_predecessors_voucher_of_other_tax_is_adopted_with_an_alarm(
    writer: Writer, tax: str, alarmed: bool
) -> None:
    invoice = make_invoice()
    there = await by_hand(writer, invoice.number, totalTaxAmount=tax)
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).voucher_id == there
    differing = {"tax_total": {"document": "7.97 EUR", "voucher": f"{tax} EUR"}}
    expected = [{"voucher_id": there, "differences": differing}] if alarmed else []
    assert [alarm.evidence for alarm in await alarms(writer)] == expected


@pytest.mark.parametrize("status", ["unchecked", "blank"])
async def test_voucher_that_nobody_checked_yet_books_nothing_and_is_left_to_a_person(
    writer: Writer, status: str
) -> None:
    event = await writer.event(make_invoice())
    there = await by_hand(writer, event.number, voucherStatus=status)
    await writer.work(event)
    outcome = await writer.outcome(event.document)
    assert (outcome.reason, outcome.params["vouchers"]) == ("number_taken_in_books", [there])
    await writer.lexware.control.post(f"vouchers/{there}", {"voucherStatus": "open"})
    await asyncio.sleep(0.2)
    await writer.work(writer.retry(event))
    assert (await writer.outcome(event.document)).voucher_id == there


@pytest.mark.parametrize("status", ["paid", "paidoff", "transferred", "sepadebit"])
async def test_predecessors_voucher_counts_whatever_was_paid_of_it(writer: Writer, status: str) -> None:
    invoice = make_invoice()
    there = await by_hand(writer, invoice.number, voucherStatus=status)
    await writer.work(await writer.event(invoice))
    outcome = await writer.outcome(invoice)
    assert (outcome.how, outcome.voucher_id) == ("adopted", there)
