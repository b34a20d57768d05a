"""Tax-free orders as a shop sends them, with gross or with net lines, become one voucher of their total."""

import json
from decimal import Decimal
from typing import Any

import pytest

from common.domain.merchant import EXPORT_CATEGORY
from common.domain.money import Money
from common.domain.reasons import DocumentReason
from common.domain.verdicts import Verdict
from common.shops.epages.answers import parse, parse_order
from common.shops.epages.wire import OrderDocument
from contract.epages.shop_client import Shop
from factories.documents import decide_on, euro
from factories.verdicts import booked, parked
from ingest.orders import to_snapshot
from ingest.orders.translate import to_document
from sandbox.testing import running_sandbox

LONDON = {"country": "GB", "zipCode": "SW1A 1AA", "city": "London"}
LINES = [
    {"price": "199.99", "rate": 0},
    {"price": "12.50", "rate": 0, "home_rate": 7, "quantity": 3},
    {"price": "25.99", "rate": 0},
]


async def read(
    mode: str, order: dict[str, Any], *, lost: int | None = None
) -> tuple[Verdict, dict[str, Any]]:
    """The verdict on a tax-free sale in this mode, and the document as the shop sent it."""
    async with running_sandbox("epages", switches={"epages": {"tax_free_lines": mode}}) as sandbox:
        shop = Shop(sandbox.epages.credentials, sandbox.epages.control)
        sold = await shop.do("orders/sell", order={"billing": LONDON, "lines": LINES} | order)
        path = f"/orders/{sold['order_id']}"
        snapshot, page = [
            json.loads((await shop.get(place)).text, parse_float=Decimal)
            for place in (path, f"{path}/documents")
        ]
        await shop.http.aclose()
    [item] = page["items"]
    if lost is not None:
        item["lineItemContainer"]["productLineItems"].pop(lost)
    document = to_document(parse(OrderDocument, item))
    assert document is not None
    return decide_on(document, to_snapshot(parse_order(snapshot))), item


@pytest.mark.parametrize("mode", ["gross", "net"])
async def test_a_tax_free_order_is_booked_with_the_total_of_its_document_r53(mode: str) -> None:
    verdict, sent = await read(mode, {"shipping_price": "7.32"} if mode == "gross" else {})
    container = sent["lineItemContainer"]
    decision = booked(verdict)
    [line] = decision.lines
    assert (line.category_id, line.rate) == (EXPORT_CATEGORY, Decimal(0))
    assert line.gross == Money.of(str(container["grandTotal"]["amount"]))
    assert container["totalTax"]["amount"] == 0
    shown = sum(Decimal(str(each["lineItemPrice"]["amount"])) for each in container["productLineItems"])
    assert shown == (Decimal("263.48") if mode == "gross" else Decimal("224.94"))
    assert ("tax_free.home_rates_taken_out" in decision.rules) is (mode == "gross")


async def test_the_sample_of_the_vendor_comes_out_as_it_is_printed_r53() -> None:
    lines = [{"price": "290.99", "rate": 0}]
    verdict, sent = await read("gross", {"lines": lines, "shipping_price": "7.63"})
    assert str(sent["lineItemContainer"]["grandTotal"]["amount"]) == "250.94"
    assert booked(verdict).gross_total == euro("250.94")


@pytest.mark.parametrize("mode", ["gross", "net"])
@pytest.mark.parametrize("lost", [0, 1, 2])
async def test_a_line_that_was_lost_on_the_way_parks_the_document_r53(mode: str, lost: int) -> None:
    verdict, _ = await read(mode, {}, lost=lost)
    assert parked(verdict) is DocumentReason.AMOUNTS_DO_NOT_ADD_UP
