"""What a person leaves out of the books stays out, with its corrections, until a person takes it in again."""

from typing import Any

from common.domain.documents import Document
from common.domain.merchant import GOODS_CATEGORY
from common.events.vouchers import DocumentExcluded
from factories.documents import (
    LIABILITY_CATEGORY,
    ZERO_CATEGORY,
    euro,
    make_credit_note,
    make_invoice,
    make_line,
)
from factories.tenants import save_settings
from integration.invoice_writer.harness import CREATE, Writer


def card(**over: Any) -> Document:
    """An invoice over a lamp and a gift card."""
    lines = (
        make_line("30", "0", name="Geschenkgutschein", tax_class="steuerfrei"),
        make_line("19.90", "19", line_id="line-2"),
    )
    return make_invoice(**({"gross_total": euro("49.90"), "lines": lines} | over))


async def stands(writer: Writer, document: Document) -> tuple[str, str | None]:
    outcome = await writer.outcome(document)
    return outcome.status, outcome.reason


async def test_a_voucher_is_parked_with_all_of_its_document_until_it_is_mapped_r50(writer: Writer) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, domestic_zero_category_id=ZERO_CATEGORY)
    document = card()
    event = await writer.event(document)
    await writer.work(event)
    assert await stands(writer, document) == ("parked", "multi_purpose_voucher")
    rule = {"voucher": True, "category_id": LIABILITY_CATEGORY}
    await save_settings(writer.db, writer.tenant_id, 3, zero_rates=[rule])
    await writer.work(writer.retry(event))
    assert await stands(writer, document) == ("booked", None)
    [voucher] = await writer.vouchers()
    assert [(item["categoryId"], item["amount"]) for item in voucher["voucherItems"]] == [
        (GOODS_CATEGORY, 19.9),
        (LIABILITY_CATEGORY, 30),
    ]


async def test_an_excluded_document_is_left_out_with_the_reason_that_was_given(writer: Writer) -> None:
    document = card()
    event = await writer.event(document)
    await writer.work(event)
    await writer.work(writer.exclude(event, "only a card, owed until it is used"))
    assert await stands(writer, document) == ("excluded", "excluded_by_person")
    assert (await writer.outcome(document)).params == {"because": "only a card, owed until it is used"}
    assert (await writer.story(document))[-1] == "excluded"
    announced = (await writer.announced())[-1]
    assert isinstance(announced, DocumentExcluded) and announced.rule == "excluded_by_person"


async def test_neither_settings_nor_a_retry_bring_an_excluded_document_back(writer: Writer) -> None:
    document = card()
    event = await writer.event(document)
    await writer.work(event)
    await writer.work(writer.exclude(event))
    rule = {"voucher": True, "category_id": LIABILITY_CATEGORY}
    await save_settings(writer.db, writer.tenant_id, 2, zero_rates=[rule])
    await writer.work(writer.retry(event), event)
    assert await stands(writer, document) == ("excluded", "excluded_by_person")
    assert await writer.vouchers() == []


async def test_an_invoice_never_booked_and_its_correction_are_closed_as_a_pair_r37(writer: Writer) -> None:
    invoice = card()
    correction = make_credit_note(gross_total=euro("49.90"), lines=invoice.lines, number="K-1")
    event = await writer.event(invoice)
    await writer.work(event)
    await writer.work(await writer.event(correction))
    assert await stands(writer, correction) == ("parked", "original_parked")
    await writer.work(writer.exclude(event))
    assert await stands(writer, invoice) == ("excluded", "excluded_by_person")
    assert await stands(writer, correction) == ("excluded", "original_excluded")
    assert await writer.vouchers() == []


async def test_what_was_excluded_is_decided_anew_when_it_is_included_and_its_corrections_follow_r37(
    writer: Writer,
) -> None:
    invoice = card()
    correction = make_credit_note(gross_total=euro("49.90"), lines=invoice.lines, number="K-1")
    event = await writer.event(invoice)
    await writer.work(event)
    await writer.work(await writer.event(correction))
    await writer.work(writer.exclude(event))
    rule = {"voucher": True, "category_id": LIABILITY_CATEGORY}
    await save_settings(writer.db, writer.tenant_id, 2, zero_rates=[rule])
    await writer.work(writer.include(event))
    assert await stands(writer, invoice) == ("booked", None)
    assert await stands(writer, correction) == ("booked", None)
    kinds = sorted(voucher["type"] for voucher in await writer.vouchers())
    assert kinds == ["salescreditnote", "salesinvoice"]


async def test_a_booked_document_is_not_excluded(writer: Writer) -> None:
    document = make_invoice()
    event = await writer.event(document)
    await writer.work(event)
    await writer.work(writer.exclude(event))
    assert await stands(writer, document) == ("booked", None)


async def test_a_write_without_an_answer_is_looked_for_before_its_document_is_excluded(
    writer: Writer,
) -> None:
    await writer.lexware.control.fault("POST", "/v1/vouchers", "timeout_after_commit")
    document = make_invoice()
    event = await writer.event(document)

    async def is_in_doubt() -> bool:
        return (await writer.requests()).get(CREATE, 0) == 1

    await writer.work_until(is_in_doubt, event)
    await writer.work(writer.exclude(event))
    assert await stands(writer, document) == ("booked", None)
    assert len(await writer.vouchers()) == 1
