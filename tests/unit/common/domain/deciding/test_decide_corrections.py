"""A correction follows its invoice, names it where that is clear, and stands on its facts."""

from datetime import UTC, date, datetime, time

import pytest

from common.db.types import unknown_word
from common.domain.buyers import VatCheck
from common.domain.deciding import decide
from common.domain.merchant import (
    GOODS_CATEGORY,
    INTRA_COMMUNITY_CATEGORY,
    ORIGIN_CATEGORY,
    OSS_CATEGORY,
    MerchantSettings,
)
from common.domain.reasons import DocumentReason
from common.domain.stored_words import DocumentStatus
from common.domain.verdicts import CorrectedInvoice, CorrectionContext, Exclude, Park, Verdict
from factories.documents import (
    CATEGORIES,
    decide_on,
    euro,
    make_address,
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
    assert parked(verdict) is DocumentReason.RATE_NOT_VALID_ON_DATE


def test_without_anything_known_of_the_invoice_a_correction_is_parked_as_missing_it_r37() -> None:
    args = (make_credit_note(), make_order(), make_profile(), CATEGORIES, MerchantSettings())
    assert parked(decide(*args)) is DocumentReason.ORIGINAL_MISSING
    assert parked(decide(*args, original=CorrectionContext())) is DocumentReason.ORIGINAL_MISSING


def test_a_correction_becomes_a_credit_note_with_positive_amounts_r36() -> None:
    decision = booked(decide_on(make_credit_note()))
    assert decision.voucher_type == "salescreditnote"
    assert decision.gross_total == euro("49.90")
    assert "Rechnungskorrektur zu Rechnung R-2025-0311 vom 04.03.2025" in decision.remark


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("parked", DocumentReason.ORIGINAL_PARKED),
        ("waiting", DocumentReason.ORIGINAL_WAITING),
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


def test_a_correction_is_not_booked_after_an_invoice_that_stands_as_only_a_newer_release_knows_r37() -> None:
    newer = unknown_word(DocumentStatus, "shelved")
    verdict = decide_on(make_credit_note(), original=make_original(outcome=newer))
    assert isinstance(verdict, Park)
    assert verdict.reason is DocumentReason.ORIGINAL_WAITING


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
        (("booked", "excluded"), DocumentReason.ORIGINAL_UNCLEAR),
        (("booked", "parked"), DocumentReason.ORIGINAL_PARKED),
        (("booked", "waiting"), DocumentReason.ORIGINAL_WAITING),
    ],
)
def test_an_unclear_invoice_is_never_guessed_r37(outcomes: tuple[str, ...], expected: object) -> None:
    originals = make_original(*(make_original_invoice(number=f"R-{o}", outcome=o) for o in outcomes))
    verdict = decide_on(make_credit_note(), original=originals)
    assert (verdict.rule if isinstance(verdict, Exclude) else parked(verdict)) == expected


def test_the_only_invoice_is_named_even_if_only_part_of_it_is_corrected_r37() -> None:
    document = make_credit_note(gross_total=euro("10.00"), lines=(make_line("10.00"),))
    assert "R-2025-0311" in booked(decide_on(document, original=make_original())).remark


AUSTRIAN_ID = "ATU13585627"
AUSTRIAN = make_address(country="AT", zip_code="1010", city="Wien", company="Handel", vat_id=AUSTRIAN_ID)


def vat_check(result: str, vat_id: str = AUSTRIAN_ID, request_id: str = "WAPI-1") -> VatCheck:
    """An answer about a VAT id."""
    asked_at = datetime(2025, 3, 4, 8, tzinfo=UTC)
    return VatCheck.model_validate(
        {"vat_id": vat_id, "result": result, "checked_at": asked_at, "request_id": request_id}
    )


def tax_free_correction(now: VatCheck | None, *invoices: CorrectedInvoice) -> Verdict:
    """What becomes of a correction to an Austrian company while this is known of its VAT id."""
    document = make_credit_note(gross_total=euro("49.90"), address=AUSTRIAN, lines=(make_line("49.90", "0"),))
    order = make_order(billing_address=AUSTRIAN)
    return decide_on(document, order, original=make_original(*invoices), vat_check=now)


@pytest.mark.parametrize("now", [None, vat_check("unavailable"), vat_check("invalid", request_id="WAPI-2")])
def test_a_correction_stands_on_the_vat_id_check_of_its_invoice_r27(now: VatCheck | None) -> None:
    then = vat_check("valid")
    decision = booked(tax_free_correction(now, make_original_invoice(checked=then)))
    assert [line.category_id for line in decision.lines] == [INTRA_COMMUNITY_CATEGORY]
    assert "vat_id.checked_with_invoice" in decision.rules
    assert decision.evidence["vat_check"] == then.model_dump(mode="json")


@pytest.mark.parametrize(
    ("invoices", "now", "expected"),
    [
        ([None], None, DocumentReason.VAT_CHECK_PENDING),
        ([None], vat_check("invalid"), DocumentReason.VAT_ID_INVALID),
        ([vat_check("valid", "ATU00000024")], vat_check("invalid"), DocumentReason.VAT_ID_INVALID),
        ([vat_check("valid"), None], vat_check("invalid"), DocumentReason.VAT_ID_INVALID),
        ([vat_check("valid"), None], None, DocumentReason.VAT_CHECK_PENDING),
    ],
)
def test_a_correction_whose_invoice_had_no_such_check_needs_one_of_its_own_r27(
    invoices: list[VatCheck | None], now: VatCheck | None, expected: DocumentReason
) -> None:
    candidates = [
        make_original_invoice(number=f"R-{number}", checked=checked)
        for number, checked in enumerate(invoices)
    ]
    assert parked(tax_free_correction(now, *candidates)) is expected


def test_a_correction_asks_nothing_of_invoices_it_does_not_name_r27() -> None:
    named = make_original_invoice(number="R-1", gross_total=euro("49.90"), checked=vat_check("valid"))
    other = make_original_invoice(number="R-2", gross_total=euro("80.00"), checked=None)
    decision = booked(tax_free_correction(None, named, other))
    assert decision.evidence["corrected_invoice"] == "R-1"


def test_corrections_of_unclear_invoices_stand_on_the_check_all_of_them_had_r27() -> None:
    candidates = [make_original_invoice(number=n, checked=vat_check("valid")) for n in ("R-1", "R-2")]
    booked(tax_free_correction(None, *candidates))


VIENNA = make_address(country="AT", zip_code="1010", city="Wien")
OSS = make_profile(distance_sales_principle="DESTINATION")


@pytest.mark.parametrize(
    ("original", "dispatched_on", "expected", "source"),
    [
        ({"supplied_on": date(2025, 2, 1)}, date(2025, 2, 3), "2025-02-01", "corrected_invoice"),
        ({}, date(2025, 2, 3), "2025-02-03", "dispatch"),
        ({}, None, "2025-03-04", "corrected_invoice"),
    ],
)
def test_the_day_of_supply_of_a_correction_is_its_invoices_r26(
    original: dict[str, object], dispatched_on: date | None, expected: str, source: str
) -> None:
    moment = None if dispatched_on is None else datetime.combine(dispatched_on, time(9), tzinfo=UTC)
    order = make_order(dispatched_at=moment)
    evidence = booked(decide_on(make_credit_note(), order, original=make_original(**original))).evidence
    assert (evidence["supplied_on"], evidence["supplied_on_from"]) == (expected, source)


@pytest.mark.parametrize(("second", "is_booked"), [(date(2025, 3, 4), True), (date(2025, 3, 5), False)])
def test_a_correction_for_the_one_stop_shop_needs_a_clear_day_of_supply_r26(
    second: date, is_booked: bool
) -> None:
    document = make_credit_note(address=VIENNA, gross_total=euro("120"), lines=(make_line("120", "20"),))
    originals = make_original(
        make_original_invoice(number="R-1", gross_total=euro("120")),
        make_original_invoice(number="R-2", gross_total=euro("120"), issued_on=second),
    )
    verdict = decide_on(document, make_order(billing_address=VIENNA), profile=OSS, original=originals)
    if is_booked:
        assert booked(verdict).shipping_on == second
        assert "correction.day_of_supply_of_its_invoice" in booked(verdict).rules
    else:
        assert parked(verdict) is DocumentReason.ORIGINAL_UNCLEAR


CYPRUS = make_address(country="CY", zip_code="1010", city="Nikosia")  # 19 % there as in Germany


@pytest.mark.parametrize(
    ("principle", "oss_since", "in_oss", "expected"),
    [
        ("DESTINATION", None, None, OSS_CATEGORY),
        ("DESTINATION", None, True, OSS_CATEGORY),
        ("DESTINATION", None, False, GOODS_CATEGORY),
        ("DESTINATION", date(2025, 4, 1), None, GOODS_CATEGORY),
        ("DESTINATION", date(2025, 4, 1), True, OSS_CATEGORY),
        ("DESTINATION", date(2025, 1, 1), False, GOODS_CATEGORY),
        ("ORIGIN", None, False, ORIGIN_CATEGORY),
        ("ORIGIN", None, True, DocumentReason.DISTANCE_SALES_MISMATCH),
    ],
)
def test_a_correction_goes_to_the_return_its_invoice_was_in_r26(
    principle: str, oss_since: date | None, in_oss: bool | None, expected: object
) -> None:
    verdict = decide_on(
        make_credit_note(address=CYPRUS),
        make_order(billing_address=CYPRUS),
        profile=make_profile(distance_sales_principle=principle),
        settings=MerchantSettings(oss_since=oss_since),
        original=make_original(in_oss=in_oss),
    )
    found = parked(verdict) if isinstance(verdict, Park) else booked(verdict).lines[0].category_id
    assert found == expected
