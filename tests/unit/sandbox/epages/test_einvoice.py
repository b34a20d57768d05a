"""PDF files of the simulated shop carry an e-invoice where the shop or an order says so, right or wrong."""

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from common.domain.money import Money
from common.einvoice.cii import UnreadableEInvoice, read_einvoice
from common.einvoice.pdf import embedded_xml
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


@pytest.fixture
def epages() -> Iterator[EpagesSimulator]:
    made = EpagesSimulator(EpagesSwitches(), Store(None), Clock(), Faults())
    made.seed()
    yield made
    made.store.close()


def sell(epages: EpagesSimulator, **spec: Any) -> tuple[Document, bytes | None]:
    """A document of 119.00 with its e-invoice."""
    state = epages.world.shops[DEMO_KEY]
    merchant = epages.platform.merchant(state)
    lines = [LineSpec(price=Decimal("119.00"))]
    order = merchant.place(OrderSpec(lines=lines, shipping_method=None))
    document = merchant.finalise(order, FinaliseSpec(**spec))
    return document, einvoice_of(state.shop, document)


@pytest.mark.parametrize(
    ("mode", "differing"),
    [
        ("zugferd", {}),
        ("wrong_total", {"grand_total": Money.of("120.00")}),
        ("wrong_tax", {"tax_total": Money.of("20.00")}),
        ("wrong_kind", {"is_correction": True}),
    ],
)
def test_an_einvoice_says_what_is_ordered(
    epages: EpagesSimulator, mode: str, differing: dict[str, Any]
) -> None:
    document, xml = sell(epages, einvoice=mode)
    right = {
        "number": document.number,
        "is_correction": False,
        "grand_total": Money.of("119.00"),
        "tax_total": Money.of("19.00"),
    }
    assert xml is not None
    assert read_einvoice(xml).model_dump(exclude_none=True).keys() == right.keys()
    assert {name: getattr(read_einvoice(xml), name) for name in right} == right | differing


def test_a_wrong_number_and_a_broken_file_can_be_ordered(epages: EpagesSimulator) -> None:
    document, xml = sell(epages, einvoice="wrong_number")
    assert xml is not None
    assert read_einvoice(xml).number != document.number
    _, broken = sell(epages, einvoice="broken")
    with pytest.raises(UnreadableEInvoice):
        read_einvoice(broken or b"")


def test_the_shop_says_whether_its_files_carry_one(epages: EpagesSimulator) -> None:
    assert sell(epages)[1] is not None
    assert sell(epages, einvoice="none")[1] is None
    epages.world.shops[DEMO_KEY].shop.einvoices = "none"
    assert sell(epages)[1] is None


def test_a_credit_note_is_one_in_its_einvoice_too(epages: EpagesSimulator) -> None:
    state = epages.world.shops[DEMO_KEY]
    merchant = epages.platform.merchant(state)
    order = merchant.place(OrderSpec())
    merchant.finalise(order, FinaliseSpec())
    credit = merchant.credit(order, DocumentSpec(negative=True))
    read = read_einvoice(einvoice_of(state.shop, credit) or b"")
    assert (read.is_correction, read.grand_total.decimal) == (True, credit.basket.totals().grand)


def test_every_einvoice_of_the_demo_states_the_sums_of_its_document(epages: EpagesSimulator) -> None:
    player = DemoPlayer(epages.platform, epages.store.flush, 20, Clock())
    shop = epages.world.shops[DEMO_KEY].shop
    for _ in range(40):
        document = player.step()
        read, totals = read_einvoice(einvoice_of(shop, document) or b""), document.basket.totals()
        assert read.tax_total is not None
        assert (read.grand_total.decimal, read.tax_total.decimal) == (totals.grand, totals.tax)


def test_any_reader_of_pdf_finds_the_attachment() -> None:
    content = write_pdf("Rechnung R-1", ["x"], attachment=("factur-x.xml", b"<x/>" * 100))
    reader = PdfReader(io.BytesIO(content), strict=True)
    assert dict(reader.attachments) == {"factur-x.xml": [b"<x/>" * 100]}
    assert reader.metadata is not None
    assert reader.metadata.title == "Rechnung R-1"
    assert embedded_xml(content) == b"<x/>" * 100
