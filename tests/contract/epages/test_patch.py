"""Orders of the simulated shop change as the platform lets them be changed."""

import asyncio
from typing import Any

import httpx
import pytest

from contract.epages.shop_client import Shop

PATCH = {"Content-Type": "application/json-patch+json"}


async def patch(
    shop: Shop, order_id: str, *operations: dict[str, Any], headers: dict[str, str] = PATCH
) -> httpx.Response:
    url = f"{shop.base_url}/orders/{order_id}"
    return await shop.http.patch(url, json=list(operations), headers=headers)


async def test_a_patch_answers_with_the_whole_order_and_updates_it(shop: Shop) -> None:
    order = await shop.place()
    await asyncio.sleep(0.002)
    response = await patch(
        shop,
        order["order_id"],
        {"op": "add", "path": "/customerComment", "value": "eilt"},
        {"op": "add", "path": "/paidOn", "value": "2025-03-04T08:00:00Z"},
        {"op": "add", "path": "/shippingAddress", "value": {"city": "Wien", "country": "AT"}},
        {"op": "add", "path": "/orderNumber", "value": "B/1"},
    )
    changed = response.json()
    assert response.status_code == 200
    assert (changed["customerComment"], changed["orderNumber"]) == ("eilt", "B/1")
    assert changed["paidOn"] == "2025-03-04T08:00:00.000Z"
    assert changed["shippingAddress"]["country"] == "AT"
    assert changed["shippingAddress"]["lastName"] == changed["billingAddress"]["lastName"]
    assert changed["lastUpdatedOnDate"] > order["updated"]
    assert "lineItemContainer" in changed


async def test_a_status_date_can_be_removed_again(shop: Shop) -> None:
    order = await shop.place(paid=True)
    response = await patch(shop, order["order_id"], {"op": "remove", "path": "/paidOn"})
    assert response.json()["paidOn"] is None


async def test_a_replaced_payment_method_leaves_nothing_behind(shop: Shop) -> None:
    order = await shop.place(payment="PayPal", fee="2.00")
    response = await patch(shop, order["order_id"], {"op": "add", "path": "/payment", "value": {"id": "x"}})
    payment = response.json()["paymentData"]
    assert set(payment["paymentMethod"].values()) == {None}
    assert (payment["transactionId"], payment["price"]["amount"]) == (None, 0)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/customerComment", "value": "x"},
        {"op": "remove", "path": "/orderNumber"},
        {"op": "add", "path": "/paidOn", "value": "soon"},
        {"op": "add", "path": "/grandTotal", "value": "1"},
        {"op": "add", "path": "/billingAddress", "value": "Berlin"},
    ],
)
async def test_a_bad_operation_changes_nothing_at_all(shop: Shop, operation: dict[str, str]) -> None:
    order = await shop.place()
    good = {"op": "add", "path": "/internalNote", "value": "half"}
    assert (await patch(shop, order["order_id"], good, operation)).status_code == 400
    assert (await shop.json(f"/orders/{order['order_id']}"))["internalNote"] is None


async def test_an_order_that_is_being_edited_is_a_conflict(shop: Shop) -> None:
    order = await shop.place()
    await shop.do("orders/edit", order=order["order_id"])
    operation = {"op": "add", "path": "/customerComment", "value": "x"}
    assert (await patch(shop, order["order_id"], operation)).status_code == 409
    await shop.do("orders/edit", order=order["order_id"], editing=False)
    assert (await patch(shop, order["order_id"], operation)).status_code == 200


async def test_a_patch_needs_its_media_type_and_its_scope(shop: Shop) -> None:
    order = await shop.place()
    operation = {"op": "add", "path": "/customerComment", "value": "x"}
    wrong = {"Content-Type": "application/json"}
    assert (await patch(shop, order["order_id"], operation, headers=wrong)).status_code == 400
    await shop.do("shops/change", scopes=["orders_read"])
    assert (await patch(shop, order["order_id"], operation)).status_code == 403
