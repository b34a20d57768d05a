"""Net shops get their tax put on; corrections in negative amounts are turned round."""

from typing import Any

import pytest

from common.domain.documents import Document, TaxModel
from common.domain.reasons import DocumentReason
from common.domain.verdicts import Decision
from factories.amounts import charge, invoice, lines, refused, split_of
from factories.documents import (
    decide_on,
    euro,
    make_credit_note,
    make_invoice,
    make_line,
    make_order,
    make_payment,
)

NET = {"tax_model": TaxModel.NET, "payment": None}


def test_net_prices_get_their_tax_per_rate_r16() -> None:
    document = invoice(
        "158.58",
        "18.58",
        net_total=euro("140.00"),
        lines=lines(at19="68.00", at7="62.00"),
        shipping=euro("10.00"),
    )
    order = make_order(**NET, shipping=charge("10.00", at19="0.99", at7="0.34"))
    assert split_of(document, order) == {"19": ("87.08", "13.90"), "7": ("71.50", "4.68")}


def test_a_net_shops_missing_cents_go_onto_the_highest_rate_r16() -> None:
    document = invoice("119.01", lines=lines(at19="100.00"))
    assert split_of(document, make_order(**NET)) == {"19": ("119.01", "19.00")}
    document = invoice("225.98", lines=lines(at19="100.00", at7="100.00"))
    assert split_of(document, make_order(**NET)) == {"19": ("118.98", "19.00"), "7": ("107.00", "7.00")}


def test_a_net_shop_that_misses_more_than_a_cent_per_rate_is_parked_r16() -> None:
    assert refused(invoice("119.02", lines=lines(at19="100.00")), make_order(**NET)) is (
        DocumentReason.AMOUNTS_DO_NOT_ADD_UP
    )


@pytest.mark.parametrize(
    ("gross", "parts"),
    [
        ("10.01", {"at0": "10.00"}),
        ("9.01", {"at0": "10.00", "extra": "-1.00"}),
        ("129.02", {"at19": "100.00", "at0": "10.00"}),
        ("0.03", {"at19": "0.01"}),
    ],
    ids=["untaxed", "untaxed below zero", "beside taxed", "of two cents"],
)
def test_a_net_shops_cents_are_those_of_its_taxes_and_none_is_at_zero_r16(
    gross: str, parts: dict[str, str]
) -> None:
    extra = (make_line(parts.pop("extra"), "0", line_id="extra"),) if "extra" in parts else ()
    document = invoice(gross, lines=(*lines(**parts), *extra))
    assert refused(document, make_order(**NET)) in (
        DocumentReason.AMOUNTS_DO_NOT_ADD_UP,
        DocumentReason.MIXED_SIGNS,
    )


def test_a_net_shops_coupon_is_net_r18() -> None:
    document = invoice("107.10", "17.10", lines=lines(at19="100.00"), coupon=euro("-10"))
    assert split_of(document, make_order(**NET)) == {"19": ("107.10", "17.10")}


@pytest.mark.parametrize(("gross", "price"), [("121.38", "2.00"), ("116.62", "-2.00")])
def test_a_net_shops_payment_fee_is_net(gross: str, price: str) -> None:
    order = make_order(tax_model=TaxModel.NET, payment=make_payment(price))
    assert split_of(invoice(gross, lines=lines(at19="100.00")), order)["19"][0] == gross
    assert split_of(invoice("119.00", lines=lines(at19="100.00")), order)["19"][0] == "119.00"


def test_a_net_shops_shipping_follows_the_orders_entries_r17() -> None:
    order = make_order(**NET, shipping=charge("10.00", at19="0.76", at7="0.42"))
    document = invoice("131.67", lines=lines(at19="50.00", at7="57.00"), shipping=euro("10.00"))
    assert split_of(document, order) == {"19": ("64.26", "10.26"), "7": ("67.41", "4.41")}


def test_a_correction_in_negative_amounts_is_turned_positive_and_noted_r36() -> None:
    document = make_credit_note(
        gross_total=euro("-50.90"),
        net_total=euro("-42.77"),
        tax_total=euro("-8.13"),
        lines=(make_line("-49.90", coupon_share=euro("-3.90")),),
        shipping=euro("-4.90"),
        coupon=euro("3.90"),
    )
    decision = decide_on(document)
    assert isinstance(decision, Decision)
    assert (decision.gross_total, decision.tax_total) == (euro("50.90"), euro("8.13"))
    assert "correction.amounts_made_positive" in decision.rules


@pytest.mark.parametrize(
    "document",
    [
        make_credit_note(gross_total=euro("-39.90"), lines=(make_line("-49.90"), make_line("10.00"))),
        make_credit_note(gross_total=euro("39.90"), lines=(make_line("49.90"), make_line("-10.00"))),
        make_credit_note(gross_total=euro("-45.00"), lines=(make_line("-49.90"),), shipping=euro("4.90")),
        make_credit_note(gross_total=euro("49.90"), tax_total=euro("-7.97")),
        make_invoice(gross_total=euro("39.90"), lines=(make_line("49.90"), make_line("-10.00", "7"))),
    ],
)
def test_mixed_signs_are_parked_r36(document: Document) -> None:
    assert refused(document) is DocumentReason.MIXED_SIGNS


def test_a_negative_invoice_is_parked() -> None:
    assert refused(invoice("-49.90", lines=(make_line("-49.90"),))) is DocumentReason.NEGATIVE_INVOICE


def test_an_invoice_and_its_full_correction_are_nothing_per_rate_r36() -> None:
    parts: dict[str, Any] = {
        "lines": lines(at19="60.00", at7="40.00"),
        "shipping": euro("4.90"),
        "coupon": euro("-10"),
    }
    assert split_of(invoice("94.90", **parts)) == split_of(
        make_credit_note(gross_total=euro("94.90"), **parts)
    )
