"""The simulator's answers have the shape of recorded payloads, given by the variable SAMPLES_DIR."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from contract.epages.shop_client import Shop

SAMPLES_DIR = os.environ.get("SAMPLES_DIR")

pytestmark = pytest.mark.skipif(SAMPLES_DIR is None, reason="SAMPLES_DIR is not set")

Shape = dict[str, set[str]]


def shape_of(value: Any, path: str = "$", known: Shape | None = None) -> Shape:
    """The kinds of value at every path; all elements of a list share one path."""
    shape: Shape = {} if known is None else known
    shape.setdefault(path, set()).add(kind_of(value))
    if isinstance(value, dict):
        for name, item in value.items():
            shape_of(item, f"{path}.{name}", shape)
    elif isinstance(value, list):
        for item in value:
            shape_of(item, f"{path}[]", shape)
    return shape


def kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "list" if isinstance(value, list) else "object"


def differences(ours: Any, theirs: Any) -> list[str]:
    """Paths that only one side has, or whose kinds contradict; null says nothing about the kind."""
    mine, recorded = shape_of(ours), shape_of(theirs)
    found = []
    for path in sorted(mine.keys() | recorded.keys()):
        if not comparable(path, mine, recorded):
            continue
        if path not in mine or path not in recorded:
            found.append(f"{path}: only {'theirs' if path in recorded else 'ours'}")
        elif (mine[path] - {"null"}) - recorded[path] and recorded[path] != {"null"}:
            found.append(f"{path}: {mine[path]} instead of {recorded[path]}")
    return found


def comparable(path: str, mine: Shape, recorded: Shape) -> bool:
    """Whether both sides hold something at the parent of this path."""
    parent = path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]
    if path.endswith("[]"):
        return path in mine and path in recorded
    return not parent or all("object" in side.get(parent, set()) for side in (mine, recorded))


def recorded(name: str) -> Any:
    return json.loads((Path(SAMPLES_DIR or "") / "epages" / f"{name}.json").read_text())


@pytest.fixture
async def sold(shop: Shop) -> dict[str, Any]:
    lines = [{"price": "72.95", "variation": "Farbe: blau"}, {"price": "16.95"}]
    order = await shop.sell(lines=lines, shipping_price="7.00", coupon="1.70", paid=True)
    await shop.do("orders/credit", order=order["order_id"], lines=[{"index": 1}], shipping_price="7.00")
    await shop.do("orders/dispatch", order=order["order_id"])
    return order


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("", "shop-info"),
        ("/orders", "orders-list"),
        ("/orders/{order_id}", "order-detail"),
        ("/orders/{order_id}/documents?includePdf=true", "order-documents-invoice-creditnote"),
        ("/tax-model", "tax-model"),
        ("/tax-classes", "tax-classes"),
        ("/currencies", "currencies"),
        ("/locales", "locales"),
        ("/countries", "countries"),
        ("/customers", "customers-list"),
        ("/legal", "legal"),
        ("/legal/contact-information", "legal-contact"),
        ("/shipping-methods", "shipping-methods"),
    ],
)
async def test_an_answer_has_the_recorded_shape(
    shop: Shop, sold: dict[str, Any], path: str, name: str
) -> None:
    theirs = recorded(name)
    response = await shop.http.get(shop.base_url + path.format(**sold))
    assert differences(response.json(), theirs) == []


async def test_single_resources_have_the_recorded_shape(shop: Shop, sold: dict[str, Any]) -> None:
    customer = (await shop.json("/customers"))["items"][0]["customerId"]
    assert differences(await shop.json(f"/customers/{customer}"), recorded("customer")) == []
    tax_class = (await shop.json("/tax-classes"))["items"][0]["taxClassId"]
    assert differences(await shop.json(f"/tax-classes/{tax_class}"), recorded("tax-class-single")) == []


async def test_a_patch_takes_and_gives_the_recorded_shape(shop: Shop, sold: dict[str, Any]) -> None:
    response = await shop.http.patch(
        f"{shop.base_url}/orders/{sold['order_id']}",
        json=recorded("patch-order-request"),
        headers={"Content-Type": "application/json-patch+json"},
    )
    assert response.status_code == 200
    # The recorded answer is older than some fields.
    found = differences(response.json(), recorded("patch-order-response"))
    assert [one for one in found if not one.endswith("only ours")] == []


async def test_a_webhook_registration_has_the_recorded_shape(shop: Shop) -> None:
    asked = recorded("historic-webhook-post-webhooks-request")
    response = await shop.http.post(f"{shop.base_url}/webhooks", json=asked)
    assert response.status_code == 201
    assert differences(response.json(), recorded("historic-webhook-post-webhooks-response")) == []
