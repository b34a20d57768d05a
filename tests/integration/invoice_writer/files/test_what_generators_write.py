"""Documents whose e-invoice is written as real generators do are booked, not parked (R49)."""

import pytest

from common.domain.verdicts import EInvoiceProblem
from factories.documents import make_credit_note, make_invoice
from factories.einvoices import make_xml
from integration.invoice_writer.files.einvoices import file_of, issued
from integration.invoice_writer.harness import Writer


async def test_r49_a_total_rounded_to_what_the_customer_pays_is_booked(writer: Writer) -> None:
    document = make_invoice()
    await writer.work(await issued(writer, document, make_xml("49.89", "7.97", rounding="0.01", due="49.90")))
    row = await writer.outcome(document)
    assert (row.status, "einvoice.agrees" in row.rules) == ("booked", True)
    assert row.evidence["einvoice"]["rounding"]["minor"] == 1


@pytest.mark.parametrize("code", ["384", "457"])
async def test_r49_a_code_that_says_nothing_leaves_the_direction_to_the_shop(
    writer: Writer, code: str
) -> None:
    document, correction = make_invoice(), make_credit_note()
    await writer.work(await issued(writer, document, make_xml(kind=code)))
    await writer.work(await issued(writer, correction, make_xml(number=correction.number, kind=code)))
    for made in (document, correction):
        row = await writer.outcome(made)
        assert (row.status, "einvoice.agrees" in row.rules) == ("booked", True)
        assert row.evidence["einvoice"]["is_correction"] is None


async def test_r49_a_credit_note_with_amounts_below_zero_is_one(writer: Writer) -> None:
    document, correction = make_invoice(), make_credit_note()
    xml = make_xml("-49.90", "-7.97", number=correction.number, kind="381")
    await writer.work(await writer.event(document, pdf=None), await issued(writer, correction, xml))
    assert "einvoice.agrees" in (await writer.outcome(correction)).rules


@pytest.mark.parametrize(
    ("problem", "rule"),
    [
        (EInvoiceProblem.TOO_LARGE, "einvoice.too_large"),
        (EInvoiceProblem.NOT_OPENED, "einvoice.pdf_not_opened"),
    ],
)
async def test_an_einvoice_that_cannot_be_compared_is_named_and_keeps_nothing_back(
    writer: Writer, problem: EInvoiceProblem, rule: str
) -> None:
    document = make_invoice()
    await writer.work(await issued(writer, document, problem))
    row = await writer.outcome(document)
    assert (row.status, row.file_status) == ("booked", "attached")
    assert rule in row.rules
    assert row.evidence["einvoice"] == {"problem": problem.value}


async def test_a_late_file_whose_einvoice_cannot_be_compared_raises_no_alarm(writer: Writer) -> None:
    document = make_invoice()
    event = await writer.event(document, pdf=None)
    await writer.work(event)
    await writer.work(await file_of(writer, event, EInvoiceProblem.TOO_LARGE))
    row = await writer.outcome(document)
    assert (row.status, row.file_status) == ("booked", "attached")
