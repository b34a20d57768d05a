"""0 % is booked by its cause: a category chosen for one never takes another, least of all a gift card."""

from decimal import Decimal
from typing import Any

import pytest

from common.domain.documents import Document
from common.domain.merchant import GOODS_CATEGORY, INCOME_CATEGORY, MerchantSettings
from common.domain.money import Money
from common.domain.reasons import DocumentReason
from common.domain.verdicts import Decision, Park, Verdict
from factories.documents import (
    LIABILITY_CATEGORY as LIABILITY,
)
from factories.documents import (
    ZERO_CATEGORY,
    decide_on,
    euro,
    make_address,
    make_credit_note,
    make_invoice,
    make_line,
    make_order,
    make_profile,
)
from factories.verdicts import booked, parked

SOLAR = {"tax_class": "Photovoltaik", "category_id": ZERO_CATEGORY}
CARDS = {"voucher": True, "category_id": LIABILITY}


def settings(*rules: dict[str, Any], **others: Any) -> MerchantSettings:
    """A merchant with these rules about 0 %."""
    return MerchantSettings.model_validate({"zero_rates": rules} | others)


def sold(*lines: tuple[str, str, dict[str, Any]], make: Any = make_invoice, **over: Any) -> Document:
    """A document over lines of this price at this rate."""
    made = tuple(
        make_line(price, rate, line_id=f"line-{place}", **said)
        for place, (price, rate, said) in enumerate(lines)
    )
    whole = sum((line.price for line in made), start=Money.zero())
    values = {"gross_total": whole, "lines": made} | over
    document: Document = make(**values)
    return document


def lines_of(verdict: Verdict) -> dict[tuple[str, Decimal], Money]:
    """The voucher's items."""
    return {(line.category_id, line.rate): line.gross for line in booked(verdict).lines}


PANEL = ("600", "0", {"name": "Solarmodul", "tax_class": "Photovoltaik", "sku": "PV-400"})
CARD = ("50", "0", {"name": "Geschenkgutschein 50 €", "tax_class": "steuerfrei", "sku": "GS-50"})
LAMP: tuple[str, str, dict[str, Any]] = ("119", "19", {})


def test_a_line_without_vat_goes_where_its_tax_class_is_mapped_r24() -> None:
    verdict = decide_on(sold(PANEL, LAMP), settings=settings(SOLAR))
    assert lines_of(verdict) == {
        (GOODS_CATEGORY, Decimal(19)): euro("119"),
        (ZERO_CATEGORY, Decimal(0)): euro("600"),
    }
    assert booked(verdict).evidence["zero_rate"] == {ZERO_CATEGORY: "600.00"}


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({"tax_class": " photoVOLTAIK "}, True),
        ({"tax_class": "steuerfrei"}, False),
        ({"sku": "pv-400"}, True),
        ({"sku": "PV-*"}, True),
        ({"sku": "PV-4"}, False),
        ({"name": "solar"}, True),
        ({"name": "wind"}, False),
        ({"tax_class": "Photovoltaik", "name": "wind"}, False),
        ({"tax_class": "Photovoltaik", "sku": "PV*", "name": "Modul"}, True),
    ],
)
def test_all_that_a_rule_names_must_be_true_of_the_line_r24(rule: dict[str, str], fits: bool) -> None:
    verdict = decide_on(sold(PANEL), settings=settings(rule | {"category_id": ZERO_CATEGORY}))
    assert isinstance(verdict, Decision) is fits
    assert fits or parked(verdict) is DocumentReason.ZERO_RATE_UNMAPPED


def test_a_line_of_no_mapped_cause_parks_the_document_and_is_named_r24() -> None:
    course = ("80", "0", {"name": "Kurs", "tax_class": "steuerfrei § 4 Nr. 21", "sku": "K-1"})
    verdict = decide_on(sold(PANEL, course), settings=settings(SOLAR))
    assert isinstance(verdict, Park) and verdict.reason is DocumentReason.ZERO_RATE_UNMAPPED
    assert verdict.params == {"product": "Kurs", "tax_class": "steuerfrei § 4 Nr. 21", "sku": "K-1"}


def test_what_is_given_away_needs_no_category_r24() -> None:
    gift = ("0", "0", {"name": "Gratisprobe", "tax_class": "ohne", "sku": "G-1"})
    assert lines_of(decide_on(sold(PANEL, gift), settings=settings(SOLAR))) == {
        (ZERO_CATEGORY, Decimal(0)): euro("600")
    }
    shipped = sold(gift, gross_total=euro("4.90"), shipping=euro("4.90"))
    assert parked(decide_on(shipped, settings=settings(SOLAR))) is DocumentReason.ZERO_RATE_UNMAPPED


def test_the_first_rule_that_fits_decides_r24() -> None:
    first = {"sku": "PV-400", "category_id": INCOME_CATEGORY}
    assert lines_of(decide_on(sold(PANEL), settings=settings(first, SOLAR))) == {
        (INCOME_CATEGORY, Decimal(0)): euro("600")
    }


def test_two_causes_of_one_document_go_to_two_categories_r24() -> None:
    course = ("80", "0", {"name": "Kurs", "tax_class": "Bildung"})
    rules = settings(SOLAR, {"tax_class": "Bildung", "category_id": INCOME_CATEGORY})
    assert lines_of(decide_on(sold(PANEL, course), settings=rules)) == {
        (ZERO_CATEGORY, Decimal(0)): euro("600"),
        (INCOME_CATEGORY, Decimal(0)): euro("80"),
    }


def test_what_all_lines_share_follows_the_causes_by_value_to_the_cent_r17() -> None:
    course = ("300", "0", {"name": "Kurs", "tax_class": "Bildung"})
    document = sold(PANEL, course, gross_total=euro("894.89"), shipping=euro("4.99"), coupon=euro("-10.10"))
    rules = settings(SOLAR, {"tax_class": "Bildung", "category_id": INCOME_CATEGORY})
    assert lines_of(decide_on(document, settings=rules)) == {
        (ZERO_CATEGORY, Decimal(0)): euro("596.60"),
        (INCOME_CATEGORY, Decimal(0)): euro("298.29"),
    }


@pytest.mark.parametrize(
    "name",
    [
        "Geschenkgutschein 50 €",
        "Gutschein",
        "Mehrzweck-Gutschein",
        "Geschenkkarte",
        "Gift Card 25",
        "Wertgutschein",
    ],
)
@pytest.mark.parametrize("by", ["name", "tax_class"])
def test_a_multi_purpose_voucher_is_never_income_whatever_category_zero_has_r50(name: str, by: str) -> None:
    card = sold(("50", "0", {"name": "Karte", "tax_class": "frei"} | {by: name}))
    for merchant in (
        settings(domestic_zero_category_id=ZERO_CATEGORY),
        settings({"tax_class": card.lines[0].tax_class, "category_id": ZERO_CATEGORY}),
        settings({"name": "Karte", "category_id": ZERO_CATEGORY}),
    ):
        verdict = decide_on(card, settings=merchant)
        assert isinstance(verdict, Park) and verdict.reason is DocumentReason.MULTI_PURPOSE_VOUCHER, merchant


def test_a_voucher_taxed_when_it_is_sold_is_a_sale_r50() -> None:
    assert lines_of(decide_on(sold(("119", "19", {"name": "Gutschein Kochkurs"})))) == {
        (GOODS_CATEGORY, Decimal(19)): euro("119")
    }


def test_the_merchant_may_say_of_a_product_that_it_is_no_voucher_r24() -> None:
    merchant = settings({"sku": "GS-50", "category_id": ZERO_CATEGORY})
    assert lines_of(decide_on(sold(CARD), settings=merchant)) == {(ZERO_CATEGORY, Decimal(0)): euro("50")}


def test_a_mapped_voucher_goes_to_its_liability_beside_the_sale_r50() -> None:
    verdict = decide_on(sold(CARD, PANEL, LAMP), settings=settings(SOLAR, CARDS))
    assert lines_of(verdict) == {
        (GOODS_CATEGORY, Decimal(19)): euro("119"),
        (ZERO_CATEGORY, Decimal(0)): euro("600"),
        (LIABILITY, Decimal(0)): euro("50"),
    }
    assert "multi_purpose_voucher" in booked(verdict).rules


def test_products_the_merchant_calls_vouchers_are_vouchers_r50() -> None:
    box = sold(("50", "0", {"name": "Erlebnisbox", "sku": "BOX-1"}))
    merchant = settings({"voucher": True, "sku": "BOX-*", "category_id": LIABILITY})
    assert lines_of(decide_on(box, settings=merchant)) == {(LIABILITY, Decimal(0)): euro("50")}


@pytest.mark.parametrize(
    ("country", "profile"),
    [
        ("AT", {}),
        ("AT", {"distance_sales_principle": "DESTINATION"}),
        ("CH", {}),
        ("DE", {"small_business": True}),
    ],
)
def test_a_voucher_is_no_supply_anywhere_and_for_no_seller_r50(country: str, profile: dict[str, Any]) -> None:
    zip_code = {"AT": "1010", "CH": "8001", "DE": "10115"}[country]
    there = make_address(country=country, zip_code=zip_code, city="Ort")
    document, order = sold(CARD, address=there), make_order(billing_address=there)
    unmapped = decide_on(document, order, profile=make_profile(**profile))
    assert parked(unmapped) is DocumentReason.MULTI_PURPOSE_VOUCHER
    mapped = decide_on(document, order, profile=make_profile(**profile), settings=settings(CARDS))
    assert lines_of(mapped) == {(LIABILITY, Decimal(0)): euro("50")}


def test_what_is_charged_beside_a_voucher_without_vat_has_no_cause_and_parks_r24() -> None:
    document = sold(CARD, gross_total=euro("54.90"), shipping=euro("4.90"))
    verdict = decide_on(document, settings=settings(CARDS))
    assert isinstance(verdict, Park) and verdict.reason is DocumentReason.MULTI_PURPOSE_VOUCHER
    assert verdict.params["charges"] == "4.90 EUR"


def test_taxed_shipping_of_a_voucher_is_a_sale_of_its_own_r50() -> None:
    taxes = {"price": euro("4.90"), "taxes": ({"rate": Decimal(19), "tax": euro("0.78")},)}
    document = sold(
        CARD,
        gross_total=euro("54.90"),
        shipping=euro("4.90"),
        net_total=euro("54.12"),
        tax_total=euro("0.78"),
    )
    verdict = decide_on(document, make_order(shipping=taxes), settings=settings(CARDS))
    assert lines_of(verdict) == {
        (GOODS_CATEGORY, Decimal(19)): euro("4.90"),
        (LIABILITY, Decimal(0)): euro("50"),
    }


def test_a_correction_of_a_voucher_takes_its_liability_back_r36() -> None:
    verdict = decide_on(sold(CARD, make=make_credit_note), settings=settings(CARDS))
    assert lines_of(verdict) == {(LIABILITY, Decimal(0)): euro("50")}
    assert parked(decide_on(sold(CARD, make=make_credit_note))) is DocumentReason.MULTI_PURPOSE_VOUCHER


def test_a_distance_sale_and_a_voucher_do_not_go_into_one_voucher_of_the_books_r25() -> None:
    vienna = make_address(country="AT", zip_code="1010", city="Wien")
    document = sold(("120", "20", {}), CARD, address=vienna)
    verdict = decide_on(
        document,
        make_order(billing_address=vienna),
        profile=make_profile(distance_sales_principle="DESTINATION"),
        settings=settings(CARDS),
    )
    assert parked(verdict) is DocumentReason.MULTI_PURPOSE_VOUCHER


def test_settings_of_before_mean_what_they_meant_but_for_vouchers_r24() -> None:
    old = MerchantSettings.model_validate({"domestic_zero_category_id": ZERO_CATEGORY})
    assert lines_of(decide_on(sold(PANEL), settings=old)) == {(ZERO_CATEGORY, Decimal(0)): euro("600")}
    assert parked(decide_on(sold(CARD), settings=old)) is DocumentReason.MULTI_PURPOSE_VOUCHER


def test_what_is_fetched_from_abroad_without_vat_needs_a_cause_of_its_own_r24() -> None:
    zurich = make_address(country="CH", zip_code="8001", city="Zürich")
    order = make_order(billing_address=zurich, shipping={"name": "Selbstabholung"})
    document = sold(("600", "0", {"tax_class": "normal"}), address=zurich)
    old = settings(SOLAR, domestic_zero_category_id=INCOME_CATEGORY)
    assert parked(decide_on(document, order, settings=old)) is DocumentReason.ZERO_RATE_UNMAPPED
    mapped = decide_on(sold(PANEL, address=zurich), order, settings=old)
    assert lines_of(mapped) == {(ZERO_CATEGORY, Decimal(0)): euro("600")}


@pytest.mark.parametrize(
    "rule",
    [
        {"category_id": ZERO_CATEGORY},
        {"sku": "*", "category_id": ZERO_CATEGORY},
        {"sku": " ", "category_id": ZERO_CATEGORY},
        {"voucher": True, "category_id": GOODS_CATEGORY},
        {"voucher": True, "category_id": INCOME_CATEGORY},
    ],
)
def test_a_rule_that_would_take_everything_or_book_vouchers_as_income_is_refused_r24(
    rule: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match="zero_rates"):
        settings(rule)
