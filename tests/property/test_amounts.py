"""Laws of the amounts: whatever the basket, the voucher's total is the document's, or there is no voucher.

PROPERTY_EXAMPLES sets how many baskets each law is tried on.
"""

import os
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from common.domain.documents import Document, DocumentType, OrderSnapshot
from common.domain.merchant import MerchantSettings
from common.domain.money import Money
from common.domain.reasons import DocumentReason
from common.domain.verdicts import Decision, Exclude, Park, Verdict
from factories.documents import ZERO_CATEGORY, decide_on, make_original
from factories.little_shop import Basket, Item, document_of, half_up, order_of, part_of, totals_of

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "2000"))
MERCHANT = MerchantSettings(domestic_zero_category_id=ZERO_CATEGORY)
AMOUNT_REASONS = {
    DocumentReason.AMOUNTS_DO_NOT_ADD_UP,
    DocumentReason.TAX_SPLIT_UNCLEAR,
    DocumentReason.DISCOUNT_EXCEEDS_GOODS,
}

pytestmark = pytest.mark.timeout(max(300, EXAMPLES // 10))
law = settings(max_examples=EXAMPLES)

items = st.builds(
    Item,
    unit_cents=st.integers(1, 60_000),
    thousandths=st.sampled_from((1000, 2000, 3000, 250, 333, 1500, 12_345)),
    rate=st.sampled_from((19, 19, 7, 7, 0)),
    coupon_percent=st.sampled_from((0, 0, 10, 33, 100)),
    deposit_cents=st.sampled_from((0, 0, 0, 8, 25, 330)),
)
baskets = st.builds(
    Basket,
    items=st.lists(items, min_size=1, max_size=6)
    .filter(lambda chosen: any(i.cents for i in chosen))
    .map(tuple),
    net_prices=st.booleans(),
    coupon=st.sampled_from(("none", "by_line", "whole")),
    coupon_percent=st.integers(0, 100),
    discount_percent=st.sampled_from((0, 0, 3, 10, 50)),
    packing_cents=st.sampled_from((0, 0, 199)),
    shipping_cents=st.integers(0, 2_000),
    shipping_on_highest_rate=st.booleans(),
    fee_cents=st.one_of(st.just(0), st.integers(-500, 900)),
    tells_taxes=st.booleans(),
)


def verdict_on(document: Document, order: OrderSnapshot) -> Verdict:
    original = make_original(gross_total=abs(document.gross_total))
    return decide_on(document, order, settings=MERCHANT, original=original)


def check_books(decision: Decision, document: Document) -> None:
    """What the books check, and what we promise, reckoned without our own code."""
    assert decision.gross_total == abs(document.gross_total)
    assert sum(line.gross.minor for line in decision.lines) == decision.gross_total.minor
    assert sum(line.tax.minor for line in decision.lines) == decision.tax_total.minor
    for line in decision.lines:
        rate = int(line.rate)
        assert line.gross.minor > 0
        assert line.tax.minor == half_up(Fraction(line.gross.minor * rate, 100 + rate))
    rates = [line.rate for line in decision.lines]
    assert rates == sorted(set(rates), reverse=True)
    assert document.tax_total is not None
    assert abs(decision.tax_total.minor - abs(document.tax_total.minor)) <= len(rates)


@law
@given(basket=baskets, kind=st.sampled_from(DocumentType))
def test_every_consistent_basket_is_booked_to_the_cent_r15(basket: Basket, kind: DocumentType) -> None:
    assume(min(basket.bases().values()) >= 0)
    taxed = any(item.rate for item in basket.items)
    assume(totals_of(basket).tax > 1 or not taxed)  # a cent of tax against none is parked, by another rule
    left = sum(basket.goods_by_rate().values())
    assume(
        left == 0 or left >= 500
    )  # a few cents after discounts tell too little of how a shop split the rest
    document, order = document_of(basket, kind), order_of(basket)
    verdict = verdict_on(document, order)
    if isinstance(verdict, Exclude):
        assert totals_of(basket).gross == 0
        return
    assert isinstance(verdict, Decision), verdict
    check_books(verdict, document)


@law
@given(
    basket=baskets,
    kept=st.integers(1, 6),
    shipping_cents=st.integers(0, 2_000),
    with_fee=st.booleans(),
    kind=st.sampled_from(DocumentType),
)
def test_a_partial_document_is_booked_to_the_cent_or_parked_r15(
    basket: Basket, kept: int, shipping_cents: int, with_fee: bool, kind: DocumentType
) -> None:
    part = part_of(basket, kept, shipping_cents)
    document = document_of(part, kind, with_fee=with_fee)
    verdict = verdict_on(document, order_of(basket))
    if isinstance(verdict, Decision):
        check_books(verdict, document)
    elif isinstance(verdict, Park):
        assert verdict.reason in AMOUNT_REASONS | {
            DocumentReason.NEGATIVE_INVOICE,
            DocumentReason.MIXED_SIGNS,
        }


@law
@given(basket=baskets)
def test_negative_amounts_of_a_correction_give_the_same_voucher_r36(basket: Basket) -> None:
    assume(totals_of(basket).gross > 0)
    order = order_of(basket)
    plain = verdict_on(document_of(basket, DocumentType.CREDIT_NOTE), order)
    turned = verdict_on(document_of(basket, DocumentType.CREDIT_NOTE, sign=-1), order)
    if isinstance(plain, Decision):
        assert isinstance(turned, Decision)
        assert turned.lines == plain.lines
        assert "correction.amounts_made_positive" in turned.rules
    else:
        assert type(turned) is type(plain)


def is_a_home_rate_taken_out(basket: Basket, total_cents: int) -> bool:
    """Whether a shop that shows gross prices beside a tax-free total may have meant this one (R53)."""
    if any(item.rate for item in basket.items):
        return False
    shared = (basket.coupon_cents, basket.discount_cents, basket.packing_cents, basket.shipping_cents)
    parts = len(basket.items) + sum(map(bool, [*(item.deposit_cents for item in basket.items), *shared]))
    gross = totals_of(basket, with_fee=False).gross
    for whole, count in ((gross, parts), (gross + basket.fee_cents, parts + 1)):
        for net in (Fraction(whole * 100, 100 + rate) for rate in (19, 7)):
            if abs(net - total_cents) <= Fraction(count, 2) < abs(whole - net):
                return True
    return False


@law
@given(basket=baskets, off=st.integers(1, 400), less=st.booleans())
@example(basket=Basket((Item(1, 1000, rate=0),), shipping_cents=1, tells_taxes=False), off=1, less=True)
def test_a_total_that_nothing_explains_is_never_booked_r15(basket: Basket, off: int, less: bool) -> None:
    basket = replace(basket, net_prices=False)
    off = -off if less else off
    assume(off != -basket.fee_cents)
    document = document_of(basket)
    assume(not is_a_home_rate_taken_out(basket, document.gross_total.minor + off))
    document = document.model_copy(
        update={"gross_total": document.gross_total + Money(off), "net_total": None}
    )
    assert not isinstance(verdict_on(document, order_of(basket)), Decision)


@law
@given(basket=baskets, more=st.integers(4, 400))
def test_a_net_total_off_by_more_than_a_cent_per_rate_is_never_booked_r16(basket: Basket, more: int) -> None:
    basket = replace(basket, net_prices=True, fee_cents=0)
    document = document_of(basket)
    rates = len({item.rate for item in basket.items})
    off = Money(more + 2 * rates)
    document = document.model_copy(update={"gross_total": document.gross_total + off, "net_total": None})
    assert not isinstance(verdict_on(document, order_of(basket)), Decision)


@law
@given(basket=baskets)
def test_decisions_survive_json_exactly(basket: Basket) -> None:
    verdict = verdict_on(document_of(basket), order_of(basket))
    assert type(verdict).model_validate_json(verdict.model_dump_json()) == verdict


@law
@given(
    minor=st.integers(-(10**9), 10**9),
    weights=st.lists(st.integers(0, 10**9), min_size=1, max_size=5).filter(any),
)
def test_shares_always_add_up_r17(minor: int, weights: list[int]) -> None:
    parts = Money(minor).allocate(weights)
    assert sum(part.minor for part in parts) == minor
    exact = [Fraction(minor * weight, sum(weights)) for weight in weights]
    assert all(abs(part.minor - share) < len(weights) for part, share in zip(parts, exact, strict=True))
    assert all(part.minor == 0 for part, weight in zip(parts, weights, strict=True) if not weight)
