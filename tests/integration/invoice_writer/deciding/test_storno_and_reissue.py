"""An invoice taken back and issued anew in one order: each correction names its own, however they arrive."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.domain.documents import Document
from factories.documents import euro, make_credit_note, make_invoice, make_line
from integration.invoice_writer.harness import Writer

START = datetime(2025, 3, 4, 9, tzinfo=UTC)


def made(make: Any, number: str, minutes: int) -> Document:
    """A document over the same goods whose record was made so long after the first."""
    document: Document = make(number=number, created_at=START + timedelta(minutes=minutes), issued_at=START)
    return document


@pytest.mark.parametrize("one_by_one", [True, False])
async def test_every_correction_names_the_invoice_it_takes_back_r37(writer: Writer, one_by_one: bool) -> None:
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


@pytest.mark.parametrize("parts", [("49.90",), ("20.00", "29.90")], ids=["at once", "in two parts"])
async def test_a_pair_that_was_left_out_is_no_candidate_for_later_corrections_r37(
    writer: Writer, parts: tuple[str, ...]
) -> None:
    first = wrong("R-1")
    stornos = [storno(f"K-{place}", amount, place) for place, amount in enumerate(parts)]
    anew, second = made(make_invoice, "R-2", 11), storno("K-9", "10.00", 20)
    for document in (first, *stornos, anew):
        await writer.work(await writer.event(document))
    assert (await writer.outcome(first)).reason == "rate_not_valid_on_date"
    await writer.work(writer.exclude(await writer.event(first)))
    assert [(await writer.outcome(one)).status for one in stornos] == ["excluded"] * len(stornos)
    await writer.work(await writer.event(second))
    outcome = await writer.outcome(second)
    assert (outcome.status, outcome.reason) == ("booked", None)
    assert outcome.evidence["corrected_invoice"] == "R-2"


async def test_an_invoice_left_out_of_which_something_is_left_stays_one_and_says_how_much_r37(
    writer: Writer,
) -> None:
    first = wrong("R-1")
    part, anew, second = storno("K-1", "20.00", 5), made(make_invoice, "R-2", 11), storno("K-9", "10.00", 20)
    for document in (first, part, anew):
        await writer.work(await writer.event(document))
    await writer.work(writer.exclude(await writer.event(first)))
    await writer.work(await writer.event(second))
    outcome = await writer.outcome(second)
    assert outcome.reason == "original_unclear"
    assert outcome.params["left"] == {"R-1": "29.90 EUR", "R-2": "49.90 EUR"}


async def test_an_invoice_booked_by_hand_and_taken_back_is_no_candidate_r37(writer: Writer) -> None:
    first = wrong("R-1")
    back, anew, second = (
        made(make_credit_note, "K-1", 10),
        made(make_invoice, "R-2", 11),
        storno("K-9", "10", 20),
    )
    await writer.work(await writer.event(first))
    await writer.work(writer.resolve(await writer.event(first), "by_hand"))
    for document in (back, anew, second):
        await writer.work(await writer.event(document))
    outcomes = [await writer.outcome(document) for document in (back, second)]
    assert [outcome.status for outcome in outcomes] == ["booked", "booked"]
    assert [outcome.evidence.get("corrected_invoice") for outcome in outcomes] == ["R-1", "R-2"]


def wrong(number: str) -> Document:
    """An invoice with a rate that was not in force: it parks, and its corrections with it."""
    parts = {"lines": (make_line(rate="16"),), "net_total": None, "tax_total": None}
    return made(make_invoice, number, 0).model_copy(update=parts)


def storno(number: str, amount: str, minutes: int) -> Document:
    """A correction of so much of the goods."""
    made_at = START + timedelta(minutes=minutes)
    lines = (make_line(amount),)
    document: Document = make_credit_note(
        number=number, created_at=made_at, issued_at=START, lines=lines, gross_total=euro(amount)
    )
    return document


async def test_a_correction_issued_in_place_of_a_negative_invoice_is_booked_r36(writer: Writer) -> None:
    first, second = made(make_invoice, "R-1", 0), storno("K-1", "10.00", 20)
    negative = made(make_invoice, "R-2", 10).model_copy(
        update={
            "gross_total": euro("-10"),
            "net_total": None,
            "tax_total": None,
            "lines": (make_line("-10"),),
        }
    )
    for document in (first, negative):
        await writer.work(await writer.event(document))
    assert (await writer.outcome(negative)).reason == "negative_invoice"
    await writer.work(writer.exclude(await writer.event(negative)))
    await writer.work(await writer.event(second))
    outcome = await writer.outcome(second)
    assert (outcome.status, outcome.evidence.get("corrected_invoice")) == ("booked", "R-1")
