"""Safely domestic or not: addresses, rates on the day of supply, zero per cent."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from common.domain.documents import OrderSnapshot
from common.domain.merchant import GOODS_CATEGORY, MerchantSettings
from common.domain.reasons import DocumentReason
from common.domain.verdicts import Park
from factories.documents import (
    CATEGORIES,
    ZERO_CATEGORY,
    decide_on,
    euro,
    make_address,
    make_invoice,
    make_line,
    make_order,
    zero_rated,
)
from factories.verdicts import booked, parked


@pytest.mark.parametrize(
    "order",
    [
        make_order(billing_address=None),
        make_order(billing_address=make_address(country=None)),
        make_order(shipping_address=make_address(zip_code="D-27499")),
    ],
    ids=["no billing address", "billing country unknown", "next to a territory"],
)
def test_without_a_delivery_address_goods_go_to_the_billing_address(order: OrderSnapshot) -> None:
    booked(decide_on(make_invoice(), order))


@pytest.mark.parametrize(
    ("rate", "issued_at", "dispatched_at", "reason"),
    [
        ("19", datetime(2020, 6, 30, 12, tzinfo=UTC), None, None),
        ("19", datetime(2020, 7, 1, 12, tzinfo=UTC), None, DocumentReason.RATE_NOT_VALID_ON_DATE),
        ("16", datetime(2020, 6, 30, 12, tzinfo=UTC), None, DocumentReason.RATE_NOT_VALID_ON_DATE),
        ("16", datetime(2020, 7, 1, 12, tzinfo=UTC), None, None),
        ("16", datetime(2020, 12, 31, 22, 59, tzinfo=UTC), None, None),
        ("16", datetime(2020, 12, 31, 23, 1, tzinfo=UTC), None, DocumentReason.RATE_NOT_VALID_ON_DATE),
        ("5", datetime(2021, 1, 4, 12, tzinfo=UTC), datetime(2020, 12, 31, 12, tzinfo=UTC), None),
        (
            "7",
            datetime(2021, 1, 4, 12, tzinfo=UTC),
            datetime(2020, 12, 31, 12, tzinfo=UTC),
            DocumentReason.RATE_NOT_VALID_ON_DATE,
        ),
        ("20", datetime(2025, 3, 4, 12, tzinfo=UTC), None, DocumentReason.RATE_UNKNOWN),
        ("-7", datetime(2025, 3, 4, 12, tzinfo=UTC), None, DocumentReason.RATE_UNKNOWN),
        ("1E+60", datetime(2025, 3, 4, 12, tzinfo=UTC), None, DocumentReason.RATE_UNKNOWN),
    ],
)
def test_rates_must_be_in_force_on_the_day_of_supply_r23(
    rate: str, issued_at: datetime, dispatched_at: datetime | None, reason: DocumentReason | None
) -> None:
    document = make_invoice(gross_total=euro("49.90"), issued_at=issued_at, lines=(make_line(rate=rate),))
    verdict = decide_on(document, make_order(dispatched_at=dispatched_at))
    assert (verdict.reason if isinstance(verdict, Park) else None) is reason


def test_the_date_that_decided_the_rate_is_evidence_r23() -> None:
    assert booked(decide_on(make_invoice())).evidence["supplied_on_from"] == "document"
    order = make_order(dispatched_at=datetime(2025, 3, 5, 12, tzinfo=UTC))
    evidence = booked(decide_on(make_invoice(), order)).evidence
    assert (evidence["supplied_on"], evidence["supplied_on_from"]) == ("2025-03-05", "dispatch")


def test_zero_percent_goes_only_where_the_settings_send_it_r24() -> None:
    assert parked(decide_on(zero_rated())) is DocumentReason.ZERO_RATE_UNMAPPED
    settings = MerchantSettings(domestic_zero_category_id=ZERO_CATEGORY)
    decision = booked(decide_on(zero_rated(), settings=settings))
    assert [(line.category_id, line.rate) for line in decision.lines] == [
        (GOODS_CATEGORY, Decimal(19)),
        (ZERO_CATEGORY, Decimal(0)),
    ]


def test_a_free_line_at_zero_percent_changes_nothing() -> None:
    lines = (make_line(), make_line("0", "0", line_id="gift"), make_line("0", None, line_id="note"))
    assert len(booked(decide_on(make_invoice(lines=lines))).lines) == 1


@pytest.mark.parametrize("vat_id", ["ATU12345678", "at u123 456 78", "XI123456789"])
def test_zero_percent_for_a_buyer_with_a_foreign_vat_id_is_parked_r24(vat_id: str) -> None:
    settings = MerchantSettings(domestic_zero_category_id=ZERO_CATEGORY)
    for document, order in (
        (zero_rated(address=make_address(vat_id=vat_id)), make_order()),
        (zero_rated(), make_order(billing_address=make_address(vat_id=vat_id))),
        (zero_rated(), make_order(shipping_address=make_address(vat_id=vat_id))),
    ):
        assert parked(decide_on(document, order, settings=settings)) is DocumentReason.BUYER_VAT_ID_FOREIGN


@pytest.mark.parametrize("vat_id", ["123456789", "", None])
def test_zero_percent_for_a_buyer_without_a_vat_id_follows_the_settings(vat_id: str | None) -> None:
    settings = MerchantSettings(domestic_zero_category_id=ZERO_CATEGORY)
    booked(decide_on(zero_rated(address=make_address(vat_id=vat_id)), settings=settings))


def test_a_taxed_domestic_sale_to_a_buyer_with_a_foreign_vat_id_is_booked() -> None:
    booked(decide_on(make_invoice(address=make_address(vat_id="ATU12345678"))))


@pytest.mark.parametrize(
    ("category_id", "over", "reason"),
    [
        ("unheard-of", {}, DocumentReason.CATEGORY_MISSING),
        (GOODS_CATEGORY, {"type": "outgo"}, DocumentReason.CATEGORY_NOT_INCOME),
        (GOODS_CATEGORY, {"split_allowed": False}, DocumentReason.CATEGORY_SINGLE_RATE),
    ],
)
def test_a_category_that_cannot_take_the_voucher_parks_it_r34(
    category_id: str, over: dict[str, object], reason: DocumentReason
) -> None:
    goods = CATEGORIES[GOODS_CATEGORY].model_copy(update=over)
    document = make_invoice(
        gross_total=euro("60.60"), lines=(make_line(), make_line("10.70", "7", line_id="line-2"))
    )
    verdict = decide_on(
        document,
        categories={**CATEGORIES, GOODS_CATEGORY: goods},
        settings=MerchantSettings(category_id=category_id),
    )
    assert parked(verdict) is reason


def test_a_single_rate_category_takes_a_single_rate() -> None:
    goods = CATEGORIES[GOODS_CATEGORY].model_copy(update={"split_allowed": False})
    booked(decide_on(make_invoice(), categories={GOODS_CATEGORY: goods}))


def test_an_unused_category_needs_not_exist() -> None:
    settings = MerchantSettings(domestic_zero_category_id="unheard-of")
    booked(decide_on(make_invoice(), settings=settings))
