"""Which invoice of its order a correction takes back: what is left, when it was made, what it sold (R37)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common.domain.documents import lines_key
from common.domain.merchant import MerchantSettings
from common.domain.reasons import REASONS, DocumentReason
from common.domain.verdicts import CorrectedInvoice, CorrectionContext, Park
from factories.amounts import charge
from factories.documents import (
    decide_on,
    euro,
    make_address,
    make_credit_note,
    make_invoice,
    make_line,
    make_order,
    make_original_invoice,
    make_profile,
)
from factories.verdicts import booked, excluded, parked

MADE = datetime(2025, 3, 10, 9, tzinfo=UTC)
LATER = MADE + timedelta(seconds=7)
LAMP, TABLE = (make_line("49.90"),), (make_line("49.90", sku="T-02", name="Tisch"),)


def invoice(
    number: str, gross: str = "49.90", *, taken: str = "0", at: str = "19", **over: Any
) -> CorrectedInvoice:
    """A booked invoice of one rate, of which corrections took back so much."""
    values = {
        "number": number,
        "gross_total": euro(gross),
        "gross_by_rate": {Decimal(at): euro(gross)},
        "corrected_by_rate": {Decimal(at): euro(taken)} if taken != "0" else {},
    }
    return make_original_invoice(**(values | over))


def named(*invoices: CorrectedInvoice, **over: Any) -> object:
    """The number of the invoice the correction of 49.90 at 19 % names."""
    document = make_credit_note(**over)
    return booked(decide_on(document, original=CorrectionContext(candidates=invoices))).evidence.get(
        "corrected_invoice"
    )


def test_an_invoice_taken_back_wholly_leaves_the_one_issued_anew_r37() -> None:
    assert named(invoice("R-1", taken="49.90"), invoice("R-2")) == "R-2"


def test_an_invoice_with_nothing_left_at_the_corrections_rate_is_no_candidate_r37() -> None:
    assert named(invoice("R-BOOKS", at="7"), invoice("R-LAMP", "80.00")) == "R-LAMP"


def test_a_correction_of_shipping_alone_takes_nothing_of_an_invoice_with_nothing_left_r37() -> None:
    shipped = make_order(shipping=charge("4.90", at19="0.78"))
    document = make_credit_note(lines=(), gross_total=euro("4.90"), shipping=euro("4.90"))
    both = (invoice("R-1", "54.80", taken="54.80"), invoice("R-2", "54.80"))
    decision = booked(decide_on(document, shipped, original=CorrectionContext(candidates=both)))
    assert decision.evidence.get("corrected_invoice") == "R-2"


def test_an_invoice_made_after_the_correction_is_the_one_issued_anew_r37() -> None:
    first, again = invoice("R-1", created_at=MADE), invoice("R-2", created_at=LATER + timedelta(days=1))
    assert named(first, again, created_at=LATER) == "R-1"


@pytest.mark.parametrize(("first", "second"), [(None, None), (MADE, None), (MADE, MADE)])
def test_a_time_of_making_says_nothing_else_r37(first: datetime | None, second: datetime | None) -> None:
    invoices = (invoice("R-1", created_at=first), invoice("R-2", created_at=second))
    assert named(*invoices, created_at=LATER) is None


def test_of_several_left_the_only_one_of_equal_total_is_named_r37() -> None:
    assert named(invoice("R-1", "80.00"), invoice("R-2"), invoice("R-3", "60.00")) == "R-2"


def test_of_several_left_of_one_total_the_only_one_of_equal_lines_is_named_r37() -> None:
    lamp, table = (lines_key(make_invoice(lines=lines)) for lines in (LAMP, TABLE))
    both = (invoice("R-LAMP", lines_key=lamp), invoice("R-TABLE", lines_key=table))
    assert named(*both, lines=TABLE, gross_total=euro("49.90")) == "R-TABLE"
    assert named(*both, lines=LAMP, gross_total=euro("49.90")) == "R-LAMP"


def test_equal_lines_name_an_invoice_of_another_total_too_r37() -> None:
    lamp, table = (lines_key(make_invoice(lines=lines)) for lines in (LAMP, TABLE))
    both = (invoice("R-LAMP", "54.80", lines_key=lamp), invoice("R-TABLE", "54.80", lines_key=table))
    assert named(*both, lines=TABLE, gross_total=euro("49.90")) == "R-TABLE"


def test_with_several_left_none_is_named_and_each_ones_rest_is_told_r37() -> None:
    original = CorrectionContext(candidates=(invoice("R-1", "80.00"), invoice("R-2", "90.00", taken="20.00")))
    decision = booked(decide_on(make_credit_note(), original=original))
    assert decision.remark.startswith("Rechnungskorrektur,")
    assert decision.evidence["left"] == {"R-1": "80.00 EUR", "R-2": "70.00 EUR"}


def test_where_it_matters_which_is_meant_the_park_says_what_each_has_left_r37() -> None:
    out = invoice("R-1", outcome="excluded", gross_by_rate=None)
    verdict = decide_on(make_credit_note(), original=CorrectionContext(candidates=(out, invoice("R-2"))))
    assert isinstance(verdict, Park) and verdict.reason is DocumentReason.ORIGINAL_UNCLEAR
    assert verdict.params == {"invoices": "R-1, R-2", "left": {"R-1": "49.90 EUR", "R-2": "49.90 EUR"}}


def test_two_days_of_supply_in_the_one_stop_shop_are_told_truly_r26() -> None:
    vienna = make_address(country="AT", zip_code="1010", city="Wien")
    document = make_credit_note(address=vienna, gross_total=euro("120"), lines=(make_line("120", "20"),))
    invoices = (
        invoice("R-1", "120.00", at="20"),
        invoice("R-2", "120.00", at="20", issued_on=date(2025, 3, 5)),
    )
    verdict = decide_on(
        document,
        make_order(billing_address=vienna),
        profile=make_profile(distance_sales_principle="DESTINATION"),
        original=CorrectionContext(candidates=invoices),
    )
    assert isinstance(verdict, Park) and verdict.reason is DocumentReason.ORIGINAL_UNCLEAR
    assert verdict.params["left"] == {"R-1": "120.00 EUR", "R-2": "120.00 EUR"}
    assert "not all of them are booked" not in REASONS[DocumentReason.ORIGINAL_UNCLEAR].cause_en


def test_where_nothing_is_left_anywhere_the_correction_exceeds_r38() -> None:
    both = (invoice("R-1", taken="49.90"), invoice("R-2", taken="49.90"))
    verdict = decide_on(make_credit_note(), original=CorrectionContext(candidates=both))
    assert parked(verdict) is DocumentReason.CORRECTION_EXCEEDS_INVOICE


def test_an_excluded_invoice_and_its_correction_leave_the_new_one_alone_r37() -> None:
    out = invoice("R-1", outcome="excluded", gross_by_rate=None, created_at=MADE)
    anew = invoice("R-2", created_at=LATER + timedelta(days=1))
    verdict = decide_on(
        make_credit_note(created_at=LATER),
        settings=MerchantSettings(),
        original=CorrectionContext(candidates=(out, anew)),
    )
    assert excluded(verdict) == "original_excluded"
