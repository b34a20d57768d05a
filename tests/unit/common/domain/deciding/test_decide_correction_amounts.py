"""Corrections take back what their invoice booked, rate by rate, and together never more (R36, R38)."""

from decimal import Decimal

import pytest

from common.domain.money import Money
from common.domain.reasons import DocumentReason
from common.domain.verdicts import CorrectionContext, Park
from factories.documents import (
    decide_on,
    euro,
    make_credit_note,
    make_invoice,
    make_line,
    make_original,
    make_original_invoice,
)
from factories.verdicts import booked, parked

BOTH_RATES = (make_line("20.00"), make_line("10.00", "7", line_id="line-2"))


@pytest.mark.parametrize(
    ("booked_by_rate", "corrected_by_rate", "left"),
    [
        ({19: "20.00", 7: "10.00"}, {}, None),
        ({19: "20.01", 7: "10.00"}, {19: "0.01"}, None),
        ({19: "20.00", 7: "10.00"}, {19: "0.01"}, ("19", "19.99 EUR")),
        ({19: "29.99", 7: "9.99"}, {}, ("7", "9.99 EUR")),
        ({19: "30.00"}, {}, ("7", "0.00 EUR")),
    ],
)
def test_all_corrections_together_stay_within_their_invoice_rate_by_rate_r38(
    booked_by_rate: dict[int, str], corrected_by_rate: dict[int, str], left: tuple[str, str] | None
) -> None:
    document = make_credit_note(gross_total=euro("30.00"), lines=BOTH_RATES)
    original = make_original(
        gross_total=euro("30.00"),
        gross_by_rate={Decimal(rate): euro(amount) for rate, amount in booked_by_rate.items()},
        corrected_by_rate={Decimal(rate): euro(amount) for rate, amount in corrected_by_rate.items()},
    )
    verdict = decide_on(document, original=original)
    if left is None:
        assert "correction.within_invoice" in booked(verdict).rules
        return
    assert parked(verdict) is DocumentReason.CORRECTION_EXCEEDS_INVOICE
    assert isinstance(verdict, Park)
    assert (verdict.params["rate"], verdict.params["left"]) == left


def test_without_knowing_what_the_invoice_booked_its_correction_is_booked_and_says_so_r38() -> None:
    assert "correction.invoice_amounts_unknown" in booked(decide_on(make_credit_note())).rules


@pytest.mark.parametrize(("gross", "is_booked"), [("49.90", True), ("49.91", False)])
def test_a_correction_never_exceeds_the_total_of_an_invoice_whose_rates_are_unknown_r38(
    gross: str, is_booked: bool
) -> None:
    document = make_credit_note(gross_total=euro(gross), lines=(make_line(gross),))
    verdict = decide_on(document, original=make_original())
    assert isinstance(verdict, Park) is not is_booked
    assert is_booked or parked(verdict) is DocumentReason.CORRECTION_EXCEEDS_INVOICE


@pytest.mark.parametrize(("elsewhere", "is_booked"), [("29.90", True), ("29.91", False)])
@pytest.mark.parametrize("by_rate", [None, {Decimal(19): euro("49.90")}])
def test_what_corrections_of_unknown_rates_took_back_counts_against_the_total_r38(
    by_rate: dict[Decimal, Money] | None, elsewhere: str, is_booked: bool
) -> None:
    document = make_credit_note(gross_total=euro("20.00"), lines=(make_line("20.00"),))
    invoice = make_original_invoice(gross_by_rate=by_rate)
    original = CorrectionContext(candidates=(invoice,), corrected_unsplit=euro(elsewhere))
    verdict = decide_on(document, original=original)
    assert isinstance(verdict, Park) is not is_booked
    assert is_booked or parked(verdict) is DocumentReason.CORRECTION_EXCEEDS_INVOICE


@pytest.mark.parametrize(("unassigned", "is_booked"), [("40.00", True), ("40.01", False)])
def test_a_correction_of_no_clear_invoice_stays_within_all_of_them_r38(
    unassigned: str, is_booked: bool
) -> None:
    invoices = tuple(
        make_original_invoice(number=f"R-{n}", gross_by_rate={Decimal(19): euro("49.90")}) for n in (1, 2)
    )
    corrections = {Decimal(19): euro("9.90")}
    first = invoices[0].model_copy(update={"corrected_by_rate": corrections})
    original = CorrectionContext(
        candidates=(first, invoices[1]), corrected_by_rate={Decimal(19): euro(unassigned)}
    )
    verdict = decide_on(make_credit_note(), original=original)
    assert isinstance(verdict, Park) is not is_booked
    if isinstance(verdict, Park):
        assert verdict.reason is DocumentReason.CORRECTION_EXCEEDS_INVOICE
        assert verdict.params["invoices"] == "R-1, R-2"


def test_one_invoice_of_unknown_amounts_leaves_the_bound_unknown_r38() -> None:
    known = make_original_invoice(number="R-1", gross_by_rate={Decimal(19): euro("0.01")})
    originals = make_original(known, make_original_invoice(number="R-2"))
    assert (
        "correction.invoice_amounts_unknown"
        in booked(decide_on(make_credit_note(), original=originals)).rules
    )


def test_an_invoice_and_its_full_correction_are_the_same_per_rate_r36() -> None:
    invoice = booked(decide_on(make_invoice(gross_total=euro("30.00"), lines=BOTH_RATES)))
    correction = booked(decide_on(make_credit_note(gross_total=euro("30.00"), lines=BOTH_RATES)))
    assert correction.lines == invoice.lines
