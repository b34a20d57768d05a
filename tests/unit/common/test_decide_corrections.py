"""A correction follows its invoice and names it where that is clear."""

from datetime import UTC, date, datetime

import pytest

from common.domain.decide import Exclude, Original, Park, decide
from common.domain.merchant import MerchantSettings
from common.domain.reasons import Reason
from factories.documents import (
    CATEGORIES,
    decide_on,
    euro,
    make_credit_note,
    make_line,
    make_order,
    make_original,
    make_original_invoice,
    make_profile,
)
from factories.verdicts import booked, parked


def test_a_correction_keeps_the_day_of_supply_of_the_invoice_it_names() -> None:
    document = make_credit_note(
        gross_total=euro("49.90"), issued_at=datetime(2021, 1, 15, tzinfo=UTC), lines=(make_line(rate="16"),)
    )
    booked(decide_on(document, original=make_original(issued_on=date(2020, 12, 20))))
    verdict = decide_on(document, original=make_original(issued_on=date(2021, 1, 2)))
    assert parked(verdict) is Reason.RATE_NOT_VALID_ON_DATE


def test_without_anything_known_of_the_invoice_a_correction_is_parked_as_missing_it_r37() -> None:
    args = (make_credit_note(), make_order(), make_profile(), CATEGORIES, MerchantSettings())
    assert parked(decide(*args)) is Reason.ORIGINAL_MISSING
    assert parked(decide(*args, original=Original())) is Reason.ORIGINAL_MISSING


def test_a_correction_becomes_a_credit_note_with_positive_amounts_r36() -> None:
    decision = booked(decide_on(make_credit_note()))
    assert decision.voucher_type == "salescreditnote"
    assert decision.gross_total == euro("49.90")
    assert "Rechnungskorrektur zu Rechnung R-2025-0311 vom 04.03.2025" in decision.remark


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("parked", Reason.ORIGINAL_PARKED),
        ("waiting", Reason.ORIGINAL_WAITING),
        ("excluded", "original_excluded"),
        ("booked", None),
    ],
)
def test_a_correction_goes_where_its_invoice_went_r37(outcome: str, expected: object) -> None:
    verdict = decide_on(make_credit_note(), original=make_original(outcome=outcome))
    found = (
        verdict.reason
        if isinstance(verdict, Park)
        else verdict.rule
        if isinstance(verdict, Exclude)
        else None
    )
    assert found == expected


def test_of_several_invoices_the_only_one_of_equal_total_is_named_r37() -> None:
    other = make_original_invoice(number="R-OTHER", gross_total=euro("12"), outcome="parked")
    same = make_original_invoice(number="R-SAME")
    decision = booked(decide_on(make_credit_note(), original=make_original(other, same)))
    assert "R-SAME" in decision.remark


def test_with_several_invoices_of_equal_total_none_is_named_r37() -> None:
    originals = make_original(make_original_invoice(number="R-1"), make_original_invoice(number="R-2"))
    decision = booked(decide_on(make_credit_note(), original=originals))
    assert "R-1" not in decision.remark
    assert decision.remark.startswith("Rechnungskorrektur,")
    assert "correction.invoice_unclear" in decision.rules


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (("excluded", "excluded"), "original_excluded"),
        (("booked", "excluded"), Reason.ORIGINAL_UNCLEAR),
        (("booked", "parked"), Reason.ORIGINAL_PARKED),
        (("booked", "waiting"), Reason.ORIGINAL_WAITING),
    ],
)
def test_an_unclear_invoice_is_never_guessed_r37(outcomes: tuple[str, ...], expected: object) -> None:
    originals = make_original(*(make_original_invoice(number=f"R-{o}", outcome=o) for o in outcomes))
    verdict = decide_on(make_credit_note(), original=originals)
    assert (verdict.rule if isinstance(verdict, Exclude) else parked(verdict)) == expected


def test_the_only_invoice_is_named_even_if_only_part_of_it_is_corrected_r37() -> None:
    document = make_credit_note(gross_total=euro("10.00"), lines=(make_line("10.00"),))
    assert "R-2025-0311" in booked(decide_on(document, original=make_original())).remark
