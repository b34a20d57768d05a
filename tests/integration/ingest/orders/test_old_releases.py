"""A shop from before 7.32 sends no date of issue and cancels orders under another name."""

import json
from decimal import Decimal
from typing import Any

import pytest

from common.domain.documents import Document, OrderSnapshot
from common.domain.merchant import MerchantSettings
from common.domain.reasons import DocumentReason
from common.domain.verdicts import Park
from common.shops.epages.answers import parse, parse_order
from common.shops.epages.wire import OrderDocument
from contract.epages.shop_client import Shop
from factories.documents import decide_on
from factories.verdicts import booked, parked
from ingest.orders import to_snapshot
from ingest.orders.translate import to_document
from sandbox.testing import running_sandbox


async def sold(*, tells: bool) -> tuple[Document, OrderSnapshot, dict[str, Any]]:
    """A cancelled sale as such a shop shows it, and its document as it was sent."""
    async with running_sandbox("epages") as sandbox:
        control = sandbox.epages.control
        made = await control.post("shops", {"shop_id": "Old", "tells_issue_dates": tells})
        shop = Shop({**sandbox.epages.credentials, **made, "shop": "Old"}, control)
        order = await shop.sell({"created_at": "2018-03-01T09:00:00Z", "issue_date": "2018-04-05"})
        await shop.do("orders/status", order=order["order_id"], dates={"rejectedOn": "2018-05-01T00:00:00Z"})
        path = f"/orders/{order['order_id']}"
        read, page = [
            json.loads((await shop.get(place)).text, parse_float=Decimal)
            for place in (path, f"{path}/documents")
        ]
        await shop.http.aclose()
    [item] = page["items"]
    document = to_document(parse(OrderDocument, item))
    assert document is not None
    return document, to_snapshot(parse_order(read)), item


async def test_a_document_without_a_date_of_issue_is_parked_with_that_of_its_record() -> None:
    document, order, sent = await sold(tells=False)
    assert "issueDate" not in sent and document.date_missing
    verdict = decide_on(document, order)
    assert isinstance(verdict, Park) and verdict.reason is DocumentReason.ISSUE_DATE_MISSING
    assert verdict.params == {"recorded_on": "2018-03-01"}
    later = MerchantSettings.model_validate({"start_on": "2018-04-01"})
    assert parked(decide_on(document, order, settings=later)) is DocumentReason.ISSUE_DATE_MISSING


@pytest.mark.parametrize("tells", [True, False])
async def test_an_order_is_cancelled_under_either_name(tells: bool) -> None:
    _, order, _ = await sold(tells=tells)
    assert order.rejected_at is not None and order.rejected_at.date().isoformat() == "2018-05-01"


async def test_a_document_with_its_date_is_booked_with_it() -> None:
    document, order, _ = await sold(tells=True)
    assert booked(decide_on(document, order)).voucher_on.isoformat() == "2018-04-05"


def test_a_document_without_any_date_is_unreadable_and_reported_as_such() -> None:
    content = {"grandTotal": "1.00", "productLineItems": []}
    with pytest.raises(ValueError, match="does not fit"):
        parse(OrderDocument, {"documentType": "Invoice", "lineItemContainer": content})
