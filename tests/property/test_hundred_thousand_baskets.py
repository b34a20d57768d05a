"""100,000 generated baskets: Σ voucher = document total to the cent, and the simulated books take each (R15).

A seeded generator of our own makes them, because it is fast; `test_amounts.py` holds the same laws with
hypothesis, which finds the smallest basket that breaks one. BASKETS sets how many there are.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from common.domain.documents import Document, DocumentType, OrderSnapshot
from common.domain.merchant import MerchantSettings
from common.domain.money import Money
from common.domain.reasons import DocumentReason
from common.domain.verdicts import CollectiveContact, Decision, Exclude, Verdict
from factories.documents import ZERO_CATEGORY, decide_on, make_address, make_original, make_profile
from factories.little_shop import Basket, Item, document_of, order_of, part_of, totals_of
from invoice_writer.vouchers.mapping import voucher_of
from sandbox.clock import Clock
from sandbox.lexware.books import Books
from sandbox.lexware.resources.vouchers.checks import checked_draft
from sandbox.lexware.switches import LexwareSwitches
from sandbox.store import Store

BASKETS = int(os.environ.get("BASKETS", "100000"))
PARTS = 10  # tests, so that several processes can share the work
MARKER, CONTACT = "#0123456789abcdef", "0b6f3f6e-0000-4000-8000-00000000c001"
MERCHANT = MerchantSettings(domestic_zero_category_id=ZERO_CATEGORY)
OSS = make_profile(distance_sales_principle="DESTINATION")
VIENNA = make_address(country="AT", zip_code="1010", city="Wien")
HOME_RATES, AUSTRIAN_RATES = (19, 19, 7, 7, 0), (20, 20, 10, 13)
UNCLEAR = {
    DocumentReason.AMOUNTS_DO_NOT_ADD_UP,
    DocumentReason.TAX_SPLIT_UNCLEAR,
    DocumentReason.DISCOUNT_EXCEEDS_GOODS,
}
LEFT_OUT = {DocumentReason.NEGATIVE_INVOICE, DocumentReason.MIXED_SIGNS}

pytestmark = pytest.mark.timeout(max(300, BASKETS // 100))


@dataclass(frozen=True)
class Sample:
    """A document with its order, and whether the shop told all that is needed to book it."""

    basket: Basket
    document: Document
    order: OrderSnapshot
    is_abroad: bool
    is_telling: bool


def samples(seed: int, count: int) -> Iterator[Sample]:
    """The same baskets for the same seed."""
    chance = random.Random(seed)
    while count:
        abroad = chance.random() < 0.25
        basket = _basket(chance, AUSTRIAN_RATES if abroad else HOME_RATES)
        if not any(item.cents for item in basket.items):
            continue
        kind = chance.choice(list(DocumentType))
        is_part = chance.random() < 0.2
        shown = part_of(basket, chance.randint(1, 6), chance.randint(0, 2000)) if is_part else basket
        document, order = document_of(shown, kind), order_of(basket)
        if abroad:
            document = document.model_copy(update={"address": VIENNA})
            order = order.model_copy(update={"billing_address": VIENNA})
        yield Sample(basket, document, order, abroad, is_telling=not is_part and _is_telling(basket))
        count -= 1


def _basket(chance: random.Random, rates: tuple[int, ...]) -> Basket:
    items = tuple(
        Item(
            unit_cents=chance.randint(1, 60_000),
            thousandths=chance.choice((1000, 2000, 3000, 250, 333, 1500, 12_345)),
            rate=chance.choice(rates),
            coupon_percent=chance.choice((0, 0, 10, 33, 100)),
            deposit_cents=chance.choice((0, 0, 0, 8, 25, 330)),
        )
        for _ in range(chance.randint(1, 6))
    )
    return Basket(
        items,
        net_prices=chance.random() < 0.5,
        coupon=chance.choice(("none", "by_line", "whole")),
        coupon_percent=chance.randint(0, 100),
        discount_percent=chance.choice((0, 0, 3, 10, 50)),
        packing_cents=chance.choice((0, 0, 199)),
        shipping_cents=chance.randint(0, 2000),
        shipping_on_highest_rate=chance.random() < 0.5,
        fee_cents=chance.choice((0, chance.randint(-500, 900))),
        tells_taxes=chance.random() < 0.5,
    )


def _is_telling(basket: Basket) -> bool:
    """A shop whose discounts leave next to nothing, or a negative rate, tells too little of its split."""
    taxed = any(item.rate for item in basket.items)
    left = sum(basket.goods_by_rate().values())
    no_doubt = totals_of(basket).tax > 1 or not taxed
    return min(basket.bases().values()) >= 0 and no_doubt and (left == 0 or left >= 500)


def verdict_on(sample: Sample) -> Verdict:
    """The decision core's word."""
    original = make_original(gross_total=abs(sample.document.gross_total))
    profile = OSS if sample.is_abroad else None
    return decide_on(sample.document, sample.order, settings=MERCHANT, profile=profile, original=original)


class Judge:
    """The simulated books' own check of a voucher, without the HTTP around it."""

    def __init__(self) -> None:
        self._books = Books(Store(None), Clock(), LexwareSwitches(contact_lag=0))
        self._organization = {"id": "o", "smallBusiness": False, "distanceSalesPrinciple": "DESTINATION"}
        contact = {"id": CONTACT, "organizationId": "o", "roles": {"customer": {}}, "person": {}}
        self._books.contacts.put(CONTACT, contact)

    def issues(self, decision: Decision) -> list[Any]:
        """Why the books would refuse the voucher."""
        contact_id = None if isinstance(decision.contact, CollectiveContact) else CONTACT
        body = json.loads(voucher_of(decision, MARKER, contact_id).to_wire(), parse_float=Decimal)
        return checked_draft(body, self._organization, "open", self._books).issues


@pytest.mark.parametrize("part", range(PARTS))
def test_every_telling_basket_is_booked_to_the_cent_and_accepted_r15(part: int) -> None:
    judge, outcomes = Judge(), Counter[str]()
    for sample in samples(part, BASKETS // PARTS):
        verdict = verdict_on(sample)
        outcomes[type(verdict).__name__] += 1
        if isinstance(verdict, Decision):
            assert verdict.gross_total == abs(sample.document.gross_total), sample
            assert sum(line.gross.minor for line in verdict.lines) == verdict.gross_total.minor, sample
            assert judge.issues(verdict) == [], sample
        elif isinstance(verdict, Exclude):
            assert not sample.document.gross_total, sample
        else:
            assert not sample.is_telling, (verdict, sample)
            assert verdict.reason in UNCLEAR | LEFT_OUT | {DocumentReason.ZERO_RATE_UNEXPLAINED}, (
                verdict,
                sample,
            )
    assert outcomes["Decision"] > 0.7 * outcomes.total()


def test_the_judge_refuses_a_cent_too_much() -> None:
    judge = Judge()
    decision = next(v for s in samples(0, 50) if isinstance(v := verdict_on(s), Decision))
    line = decision.lines[0]
    wrong = line.model_copy(update={"tax": line.tax + Money(1)})
    assert judge.issues(decision.model_copy(update={"lines": (wrong, *decision.lines[1:])}))
