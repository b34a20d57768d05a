"""What a person booked outside of this product is left out by name, and its order goes on."""

from typing import Any

from common.domain.documents import Document
from common.domain.merchant import GOODS_CATEGORY
from common.events.commands import ResolveDocument
from common.events.vouchers import DocumentExcluded
from factories.documents import make_credit_note, make_invoice, zero_rated
from factories.tenants import save_settings
from integration.invoice_writer.harness import Writer


async def parked(writer: Writer) -> Document:
    """A document that the settings hold up."""
    document = zero_rated()
    await writer.work(await writer.event(document))
    assert (await writer.outcome(document)).reason == "zero_rate_unmapped"
    return document


async def by_hand(writer: Writer, document: Document, **said: Any) -> ResolveDocument:
    return writer.resolve(await writer.event(document), "by_hand", **said)


async def test_document_booked_by_hand_is_excluded_with_what_was_said(writer: Writer) -> None:
    document = await parked(writer)
    await writer.work(await by_hand(writer, document, comment="by the adviser", voucher_id="v-1"))
    outcome = await writer.outcome(document)
    assert (outcome.status, outcome.reason) == ("excluded", "booked_by_hand")
    assert outcome.params == {"comment": "by the adviser", "voucher_id": "v-1"}
    assert isinstance((await writer.announced())[-1], DocumentExcluded)
    assert await writer.vouchers() == []


async def test_correction_of_an_invoice_booked_by_hand_is_booked_r37(writer: Writer) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, mode="paused")
    invoice, correction = make_invoice(), make_credit_note()
    await writer.work(await writer.event(invoice))
    await writer.work(await by_hand(writer, invoice))
    await save_settings(writer.db, writer.tenant_id, 3)
    await writer.work(await writer.event(correction))
    assert (await writer.outcome(correction)).status == "booked"
    assert [voucher["type"] for voucher in await writer.vouchers()] == ["salescreditnote"]


async def test_mistake_is_taken_back_by_a_retry(writer: Writer) -> None:
    document = await parked(writer)
    await writer.work(await by_hand(writer, document))
    await save_settings(writer.db, writer.tenant_id, 2, domestic_zero_category_id=GOODS_CATEGORY)
    await writer.work(writer.retry(await writer.event(document)))
    assert (await writer.outcome(document)).status == "booked"


async def test_booked_document_stays_booked(writer: Writer) -> None:
    document = make_invoice()
    await writer.work(await writer.event(document))
    await writer.work(await by_hand(writer, document))
    assert (await writer.outcome(document)).status == "booked"
