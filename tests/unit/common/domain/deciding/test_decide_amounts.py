"""How a document's total splits over the rates: worked examples of a gross shop, reckoned by hand."""

from decimal import Decimal
from typing import Any

import pytest

from common.domain.documents import Charge, Extra
from common.domain.reasons import DocumentReason
from common.domain.verdicts import Decision, Park
from factories.amounts import charge, fee, invoice, lines, refused, split_of
from factories.documents import (
    decide_on,
    euro,
    make_line,
    make_order,
    make_payment,
)


def test_lines_shipping_and_fee_at_the_rates_the_order_names_r17() -> None:
    order = make_order(
        shipping=charge("4.90", at19="0.78"),
        payment=make_payment("2.00", taxes=charge("2", at19="0.32").taxes),
    )
    document = invoice(
        "67.50",
        "9.77",
        lines=lines(at19="49.90", at7="10.70"),
        shipping=euro("4.90"),
        net_total=euro("57.73"),
    )
    assert split_of(document, order) == {"19": ("56.80", "9.07"), "7": ("10.70", "0.70")}


def test_two_lines_and_shipping_without_shipping_data_in_the_order() -> None:
    document = invoice(
        "96.90",
        "15.47",
        net_total=euro("81.43"),
        lines=(make_line("72.95"), make_line("16.95", line_id="line-2")),
        shipping=euro("7"),
    )
    assert split_of(document, make_order(shipping=None)) == {"19": ("96.90", "15.47")}


def test_shipping_follows_the_orders_tax_entries_to_the_cent_r17() -> None:
    order = make_order(shipping=charge("4.90", at7="0.19", at19="0.31"))
    document = invoice("104.90", lines=lines(at7="10.00", at19="90.00"), shipping=euro("4.90"))
    assert split_of(document, order) == {"19": ("91.96", "14.68"), "7": ("12.94", "0.85")}


@pytest.mark.parametrize(
    "shipping",
    [
        None,
        charge("4.90"),
        charge("4.90", at0="0.00"),
        charge("4.90", at19="0.10"),
        charge("4.90", at7="0.19", at19="-0.31"),
        Charge(price=None, taxes=charge("4.90", at19="0.78").taxes),
    ],
    ids=["no data", "no taxes", "rate zero", "no fit", "mixed signs", "no price"],
)
def test_shipping_goes_by_goods_value_where_the_order_does_not_say_r17(shipping: Charge | None) -> None:
    document = invoice("104.90", lines=lines(at7="60.00", at19="40.00"), shipping=euro("4.90"))
    assert split_of(document, make_order(shipping=shipping)) == {
        "19": ("41.96", "6.70"),
        "7": ("62.94", "4.12"),
    }


def test_shipping_of_a_partial_document_is_scaled_by_the_orders_entries_r17() -> None:
    order = make_order(shipping=charge("9.80", at7="0.38", at19="0.63"))
    document = invoice("104.90", lines=lines(at7="60.00", at19="40.00"), shipping=euro("4.90"))
    assert split_of(document, order) == {"19": ("41.98", "6.70"), "7": ("62.92", "4.12")}


def test_where_the_orders_entries_miss_the_documents_tax_its_goods_decide() -> None:
    order = make_order(shipping=charge("49.00", at7="1.92", at19="3.13"))
    document = invoice("149.00", "9.75", lines=lines(at7="100.00"), shipping=euro("49.00"))
    decision = decide_on(document, order)
    assert isinstance(decision, Decision)
    assert [(line.rate, line.gross) for line in decision.lines] == [(Decimal(7), euro("149.00"))]
    assert "shipping.by_goods_value" in decision.rules


def test_a_shipping_rate_no_line_has_is_taken_from_the_order() -> None:
    order = make_order(shipping=charge("4.90", at19="0.78"))
    document = invoice("14.90", "1.43", lines=lines(at7="10.00"), shipping=euro("4.90"))
    assert split_of(document, order) == {"19": ("4.90", "0.78"), "7": ("10.00", "0.65")}


def test_a_coupon_reduces_each_rate_in_proportion_r18() -> None:
    document = invoice("90.00", lines=lines(at19="60.00", at7="40.00"), coupon=euro("-10"))
    assert split_of(document) == {"19": ("54.00", "8.62"), "7": ("36.00", "2.36")}


def test_line_shares_that_sum_to_the_coupon_are_taken_once_r18() -> None:
    priced = (
        make_line("60.00", "19", coupon_share=euro("10")),
        make_line("40.00", "7", line_id="line-2"),
    )
    document = invoice("90.00", lines=priced, coupon=euro("-10"))
    assert split_of(document) == {"19": ("50.00", "7.98"), "7": ("40.00", "2.62")}


def test_line_shares_that_do_not_sum_to_the_coupon_are_ignored_r18() -> None:
    priced = (make_line("60.00", "19", coupon_share=euro("9.99")), make_line("40.00", "7", line_id="line-2"))
    document = invoice("90.00", lines=priced, coupon=euro("-10"))
    assert split_of(document) == {"19": ("54.00", "8.62"), "7": ("36.00", "2.36")}


def test_line_shares_without_a_coupon_take_nothing_off() -> None:
    document = invoice("49.90", lines=(make_line(coupon_share=euro("1.70")),))
    assert split_of(document) == {"19": ("49.90", "7.97")}


def test_a_basket_discount_reduces_each_rate_in_proportion_r18() -> None:
    document = invoice("90.00", lines=lines(at19="60.00", at7="40.00"), basket_discount=euro("-10"))
    assert split_of(document) == {"19": ("54.00", "8.62"), "7": ("36.00", "2.36")}


@pytest.mark.parametrize("over", [{"coupon": euro("-101")}, {"basket_discount": euro("-101")}])
def test_a_discount_larger_than_the_goods_is_parked(over: dict[str, Any]) -> None:
    document = invoice("3.90", lines=lines(at19="60.00", at7="40.00"), shipping=euro("4.90"), **over)
    assert refused(document) is DocumentReason.DISCOUNT_EXCEEDS_GOODS


def test_shipping_of_goods_that_a_coupon_made_free_goes_by_their_price_before_it() -> None:
    document = invoice(
        "4.90", lines=lines(at7="60.00", at19="40.00"), coupon=euro("-100"), shipping=euro("4.90")
    )
    assert split_of(document) == {"19": ("1.96", "0.31"), "7": ("2.94", "0.19")}


def test_shipping_of_free_goods_takes_their_only_rate() -> None:
    free = (make_line("0", "7"), make_line("0", "7.0", line_id="line-2"))
    assert split_of(invoice("4.90", lines=free, shipping=euro("4.90"))) == {"7": ("4.90", "0.32")}
    mixed = (make_line("0", "7"), make_line("0", "19", line_id="line-2"))
    assert refused(invoice("4.90", lines=mixed, shipping=euro("4.90"))) is DocumentReason.TAX_SPLIT_UNCLEAR


def test_a_deposit_takes_the_rate_of_its_line_r18() -> None:
    deposit = Extra(kind="deposit", price=euro("3.30"), line_id="at7")
    document = invoice("53.30", lines=lines(at19="40.00", at7="10.00"), extras=(deposit,))
    assert split_of(document) == {"19": ("40.00", "6.39"), "7": ("13.30", "0.87")}


@pytest.mark.parametrize("line_id", [None, "elsewhere"])
def test_a_deposit_without_its_line_is_parked_r18(line_id: str | None) -> None:
    deposit = Extra(kind="deposit", price=euro("3.30"), line_id=line_id)
    document = invoice("53.30", lines=lines(at19="40.00", at7="10.00"), extras=(deposit,))
    assert refused(document) is DocumentReason.DEPOSIT_WITHOUT_LINE


def test_packing_shares_the_tax_of_the_goods_r17() -> None:
    packing = Extra(kind="shipping_option", price=euro("4.90"))
    document = invoice("104.90", lines=lines(at7="60.00", at19="40.00"), extras=(packing,))
    assert split_of(document) == {"19": ("41.96", "6.70"), "7": ("62.94", "4.12")}


def test_what_is_missing_to_the_total_is_the_payment_fee() -> None:
    document = invoice("102.00", lines=lines(at7="60.00", at19="40.00"))
    assert split_of(document, fee("2.00")) == {"19": ("40.80", "6.51"), "7": ("61.20", "4.00")}
    assert split_of(document, fee("2.00", at19="0.32")) == {"19": ("42.00", "6.71"), "7": ("60.00", "3.93")}


def test_a_payment_discount_reduces_the_rates() -> None:
    document = invoice("98.00", lines=lines(at7="60.00", at19="40.00"))
    assert split_of(document, fee("-2.00")) == {"19": ("39.20", "6.26"), "7": ("58.80", "3.85")}
    assert split_of(document, fee("-2.00", at19="-0.32")) == {"19": ("38.00", "6.07"), "7": ("60.00", "3.93")}


def test_a_payment_discount_larger_than_its_rate_goes_by_goods_value() -> None:
    document = invoice("59.00", lines=lines(at7="60.00", at19="1.00"))
    assert split_of(document, fee("-2.00", at19="-0.32")) == {"19": ("0.97", "0.15"), "7": ("58.03", "3.80")}


def test_a_rate_that_discounts_leave_nothing_of_is_left_out() -> None:
    priced = (make_line("10.00", "19", coupon_share=euro("10")), make_line("40.00", "7", line_id="line-2"))
    assert split_of(invoice("40.00", lines=priced, coupon=euro("-10"))) == {"7": ("40.00", "2.62")}


def test_a_refusal_says_what_the_orders_own_entries_gave() -> None:
    order = make_order(shipping=charge("4.90", at19="0.78"))
    verdict = decide_on(invoice("14.90", "5.00", lines=lines(at7="10.00"), shipping=euro("4.90")), order)
    assert isinstance(verdict, Park)
    assert verdict.params == {"shop_tax": "5.00 EUR", "computed_tax": "1.43 EUR"}


def test_a_partial_document_may_go_without_the_fee() -> None:
    assert split_of(invoice("49.90"), fee("2.00")) == {"19": ("49.90", "7.97")}


@pytest.mark.parametrize("gross", ["51.91", "51.89", "48.90", "50.90"])
def test_a_cent_that_nothing_explains_parks_the_document_r15(gross: str) -> None:
    assert refused(invoice(gross), fee("2.00")) is DocumentReason.AMOUNTS_DO_NOT_ADD_UP
    assert refused(invoice(gross), make_order(payment=None)) is DocumentReason.AMOUNTS_DO_NOT_ADD_UP


def test_net_and_tax_that_miss_the_total_park_the_document() -> None:
    for net in ("41.91", "41.95"):
        assert refused(invoice("49.90", "7.97", net_total=euro(net))) is DocumentReason.AMOUNTS_DO_NOT_ADD_UP
    for net in ("41.92", "41.93", "41.94"):
        assert split_of(invoice("49.90", "7.97", net_total=euro(net))) == {"19": ("49.90", "7.97")}


@pytest.mark.parametrize("tax", ["7.96", "7.97", "7.98"])
def test_a_cent_per_rate_off_the_shops_tax_is_recorded_r16(tax: str) -> None:
    decision = decide_on(invoice("49.90", tax))
    assert isinstance(decision, Decision)
    assert decision.tax_total == euro("7.97")
    assert decision.evidence["amounts"]["tax_difference_to_shop"] == str((euro("7.97") - euro(tax)).decimal)  # type: ignore[index, call-overload]
    assert ("tax.difference_recorded" in decision.rules) is (tax != "7.97")


@pytest.mark.parametrize("tax", ["7.95", "7.99", "0.00"])
def test_more_than_a_cent_per_rate_off_the_shops_tax_is_parked_r16(tax: str) -> None:
    assert refused(invoice("49.90", tax)) is DocumentReason.TAX_SPLIT_UNCLEAR


def test_two_rates_allow_two_cents_and_no_more_r16() -> None:
    priced = lines(at19="40.00", at7="60.00")
    assert split_of(invoice("100.00", "10.34", lines=priced)) == {
        "19": ("40.00", "6.39"),
        "7": ("60.00", "3.93"),
    }
    assert refused(invoice("100.00", "10.35", lines=priced)) is DocumentReason.TAX_SPLIT_UNCLEAR


def test_a_rate_of_zero_allows_no_cent_r16() -> None:
    parts = lines(at19="119.00", at0="10.00")
    assert refused(invoice("129.00", "19.01", lines=parts)) is DocumentReason.ZERO_RATE_UNMAPPED
    assert refused(invoice("129.00", "19.02", lines=parts)) is DocumentReason.TAX_SPLIT_UNCLEAR


def test_the_shops_tax_is_also_known_from_its_net_total() -> None:
    assert refused(invoice("49.90", net_total=euro("41.90"))) is DocumentReason.TAX_SPLIT_UNCLEAR


def test_tax_the_shop_does_not_show_is_not_added_r39() -> None:
    assert refused(invoice("0.05", "0.00", lines=(make_line("0.05"),))) is DocumentReason.TAX_SPLIT_UNCLEAR
    assert refused(invoice("49.90", "0.01", lines=(make_line(rate="0"),))) is DocumentReason.TAX_SPLIT_UNCLEAR


def test_a_line_without_rate_is_parked() -> None:
    assert refused(invoice("49.90", lines=(make_line(rate=None),))) is DocumentReason.RATE_MISSING


def test_a_shop_that_does_not_name_its_tax_model_is_parked() -> None:
    assert refused(invoice("49.90"), make_order(tax_model=None)) is DocumentReason.TAX_MODEL_UNKNOWN


def test_shipping_alone_without_any_rate_is_parked() -> None:
    assert refused(invoice("4.90", lines=(), shipping=euro("4.90"))) is DocumentReason.TAX_SPLIT_UNCLEAR


def test_shipping_alone_takes_the_orders_entries() -> None:
    order = make_order(shipping=charge("4.90", at19="0.78"))
    assert split_of(invoice("4.90", lines=(), shipping=euro("4.90")), order) == {"19": ("4.90", "0.78")}


def test_one_rate_written_in_two_ways_is_one_line() -> None:
    priced = (make_line("10", "19"), make_line("20", "19.0"), make_line("30", "19.00"))
    assert split_of(invoice("60", lines=priced)) == {"19": ("60.00", "9.58")}


def test_evidence_shows_how_the_total_came_about() -> None:
    document = invoice("106.90", lines=lines(at7="60.00", at19="40.00"), shipping=euro("4.90"))
    decision = decide_on(document, fee("2.00"))
    assert isinstance(decision, Decision)
    assert decision.evidence["amounts"] == {
        "prices": "gross",
        "goods": {"7": "60.00", "19": "40.00"},
        "shipping": {"19": "1.96", "7": "2.94"},
        "payment_fee": {"19": "0.80", "7": "1.20"},
    }
