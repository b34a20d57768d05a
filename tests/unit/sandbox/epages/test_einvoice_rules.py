"""The e-invoices of the simulated shop are what their standard demands: else they would prove nothing."""

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from common.domain.money import Money
from common.einvoice.cii import read_einvoice
from common.einvoice.pdf import LARGEST_XML, EInvoiceTooLarge, embedded_xml
from sandbox.clock import Clock
from sandbox.epages.demo import DEMO_KEY, DemoPlayer
from sandbox.epages.documents.einvoice import einvoice_of
from sandbox.epages.documents.pdf import write_pdf
from sandbox.epages.models import Document
from sandbox.epages.simulator import EpagesSimulator
from sandbox.epages.specs import DocumentSpec, FinaliseSpec, LineSpec, OrderSpec
from sandbox.epages.switches import EpagesSwitches
from sandbox.faults import Faults
from sandbox.store import Store
from support.einvoice_judge import broken_rules

HONEST = ("zugferd", "rounded", "storno_384", "negative_381", "af_only")


@pytest.fixture
def epages() -> Iterator[EpagesSimulator]:
    made = EpagesSimulator(EpagesSwitches(), Store(None), Clock(), Faults())
    made.seed()
    yield made
    made.store.close()


def sell(epages: EpagesSimulator, price: str = "9.99", **spec: Any) -> tuple[Document, bytes]:
    """A document with one line of this price, and its e-invoice."""
    state = epages.world.shops[DEMO_KEY]
    merchant = epages.platform.merchant(state)
    order = merchant.place(OrderSpec(lines=[LineSpec(price=Decimal(price))], shipping_method=None))
    document = merchant.finalise(order, FinaliseSpec(**spec))
    return document, einvoice_of(state.shop, document) or b""


@pytest.mark.parametrize("mode", HONEST)
def test_every_honest_einvoice_keeps_schema_and_rules(epages: EpagesSimulator, mode: Any) -> None:
    epages.world.shops[DEMO_KEY].shop.einvoices = mode
    player, shop = (
        DemoPlayer(epages.platform, epages.store.flush, 20, Clock()),
        epages.world.shops[DEMO_KEY].shop,
    )
    for _ in range(15):
        xml = einvoice_of(shop, player.step())
        assert xml is not None
        assert broken_rules(xml) == []


def test_a_net_shop_keeps_schema_and_rules_too(epages: EpagesSimulator) -> None:
    state = epages.world.shops[DEMO_KEY]
    order = epages.platform.merchant(state).place(
        OrderSpec(
            tax_model="NET",
            lines=[LineSpec(price=Decimal("8.39")), LineSpec(price=Decimal("3.33"), rate=Decimal(7))],
        )
    )
    document = epages.platform.merchant(state).finalise(order, FinaliseSpec())
    assert broken_rules(einvoice_of(state.shop, document) or b"") == []


def test_the_judges_see_what_is_wrong(epages: EpagesSimulator) -> None:
    _, xml = sell(epages, einvoice="wrong_total")
    assert any("BR-CO-15" in rule for rule in broken_rules(xml))


def test_rounded_is_what_no_net_and_rate_can_give(epages: EpagesSimulator) -> None:
    read = read_einvoice(sell(epages, einvoice="rounded")[1])
    assert (read.grand_total, read.rounding, read.tax_total) == tuple(map(Money.of, ("9.98", "0.01", "1.59")))
    assert read.owed == Money.of("9.99")


def test_rounded_needs_no_rounding_where_net_and_rate_give_the_total(epages: EpagesSimulator) -> None:
    read = read_einvoice(sell(epages, "119.00", einvoice="rounded")[1])
    assert (read.rounding, read.owed) == (None, Money.of("119.00"))


def test_storno_384_says_nothing_of_the_direction(epages: EpagesSimulator) -> None:
    read = read_einvoice(sell(epages, einvoice="storno_384")[1])
    assert (read.is_correction, read.owed) == (None, Money.of("9.99"))


def test_negative_381_takes_back_with_all_its_amounts(epages: EpagesSimulator) -> None:
    state = epages.world.shops[DEMO_KEY]
    merchant = epages.platform.merchant(state)
    order = merchant.place(OrderSpec())
    merchant.finalise(order, FinaliseSpec())
    credit = merchant.credit(order, DocumentSpec(einvoice="negative_381"))
    xml = einvoice_of(state.shop, credit) or b""
    read = read_einvoice(xml)
    assert (read.is_correction, read.owed.decimal) == (True, credit.basket.totals().grand)
    assert f"<ram:GrandTotalAmount>-{read.owed.decimal}<".encode() in xml


def test_af_only_is_named_by_the_catalog_and_in_no_list() -> None:
    content = write_pdf("Rechnung R-1", ["x"], attachment=("factur-x.xml", b"<x/>"), af_only=True)
    reader = PdfReader(io.BytesIO(content), strict=True)
    assert list(reader.attachments) == ["agb.txt"]
    assert embedded_xml(content) == b"<x/>"


def test_too_large_is_an_einvoice_beyond_every_limit(epages: EpagesSimulator) -> None:
    _, xml = sell(epages, einvoice="too_large")
    assert len(xml) > LARGEST_XML
    with pytest.raises(EInvoiceTooLarge):
        embedded_xml(write_pdf("R-1", [], attachment=("factur-x.xml", xml)))
