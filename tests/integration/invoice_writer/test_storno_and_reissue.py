"""An invoice taken back and issued anew in one order: each correction names its own, however they arrive."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.domain.documents import Document
from factories.documents import make_credit_note, make_invoice
from integration.invoice_writer.harness import Harness

START = datetime(2025, 3, 4, 9, tzinfo=UTC)


def made(make: Any, number: str, minutes: int) -> Document:
    """A document over the same goods whose record was made so long after the first."""
    document: Document = make(number=number, created_at=START + timedelta(minutes=minutes), issued_at=START)
    return document


@pytest.mark.parametrize("one_by_one", [True, False])
async def test_every_correction_names_the_invoice_it_takes_back_r37(
    writer: Harness, one_by_one: bool
) -> None:
    first, storno = made(make_invoice, "R-1", 0), made(make_credit_note, "K-1", 10)
    anew, second = made(make_invoice, "R-2", 11), made(make_credit_note, "K-2", 20)
    if one_by_one:
        for document in (first, storno, anew, second):
            await writer.work(await writer.event(document))
    else:  # a shop that was not read for a while: invoices go before corrections
        await writer.work(*[await writer.event(document) for document in (first, anew, storno, second)])
    outcomes = [await writer.outcome(document) for document in (first, storno, anew, second)]
    assert [outcome.status for outcome in outcomes] == ["booked"] * 4
    assert [outcome.evidence.get("corrected_invoice") for outcome in outcomes] == [None, "R-1", None, "R-2"]
    remarks = {voucher["voucherNumber"]: voucher["remark"] for voucher in await writer.vouchers()}
    assert "zu Rechnung R-1 vom 04.03.2025" in remarks["K-1"]
    assert "zu Rechnung R-2 vom 04.03.2025" in remarks["K-2"]
