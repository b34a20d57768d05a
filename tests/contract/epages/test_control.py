"""The control calls of the simulated shop do what they say, or refuse with a reason and change nothing."""

from pathlib import Path

import httpx

from contract.epages.shop_client import Shop
from sandbox.testing import running_sandbox


async def test_many_shops_and_documents_are_made_in_one_call_each(shop: Shop) -> None:
    made = await shop.control.post("bulk/shops", {"count": 200, "prefix": "Bench"})
    shops = made["shops"]
    assert len({one["access_token"] for one in shops}) == 200
    documents = await shop.control.post(
        "bulk/documents", {"shops": [one["shop"] for one in shops], "count": 2000, "credit_every": 10}
    )
    assert documents["count"] == 2000
    keys = {(one["shop"], one["type"], one["number"]) for one in documents["documents"]}
    assert len(keys) == 2000
    assert {one["type"] for one in documents["documents"]} == {"Invoice", "CreditNote"}


async def test_the_state_tells_what_was_issued_with_its_sums(shop: Shop) -> None:
    sold = await shop.sell({"number": "R1", "override_totals": {"grandTotal": "61.00"}})
    state = await shop.control.state()
    (demo,) = state["shops"]
    (order,) = demo["orders"]
    assert order["order_id"] == sold["order_id"]
    (document,) = order["documents"]
    assert (document["number"], document["gross_total"], document["tax_total"]) == ("R1", "61.00", "8.67")
    brief = await shop.control.state(brief="true", shop="DemoShop")
    assert brief["shops"][0]["document_count"] == 1
    assert "orders" not in brief["shops"][0]


async def test_requests_are_counted_by_method_and_template(shop: Shop) -> None:
    order = await shop.sell()
    await shop.documents(order["order_id"])
    await shop.get("/orders")
    requests = (await shop.control.state())["requests"]
    assert requests["GET /rs/shops/{shop_id}/orders"] == 1
    assert requests["GET /rs/shops/{shop_id}/orders/{order_id}/documents"] == 1


async def test_impossible_wishes_are_refused_with_a_reason(shop: Shop) -> None:
    root = shop.base_url.split("/rs/")[0] + "/_control/"
    order = await shop.place()
    wishes = [
        ("orders", {"lines": []}, 422),
        ("orders", {"grand_total": "1.00"}, 422),
        ("orders/finalise", {"order": "nothing"}, 404),
        ("orders/credit", {"order": order["order_id"]}, 422),
        ("orders/finalise", {"order": order["order_id"], "lines": [{"index": 9}]}, 422),
        ("orders/status", {"order": order["order_id"], "dates": {"shinyOn": None}}, 422),
        ("shops", {"shop_id": "DemoShop"}, 409),
        ("orders", {"shop": "Nobody"}, 404),
        ("orders", {"lines": [{"price": "1e30"}]}, 422),
        ("orders", {"lines": [{"price": "1.00", "quantity": "1e50"}]}, 422),
        ("orders", {"fee": "-1e9"}, 422),
        ("orders/touch", {"order": order["order_id"], "paid": True}, 422),
        ("orders/pay", {"order": order["order_id"], "paid_on": "2026-03-02"}, 422),
        ("shops/revoke", {"token": "x"}, 422),
        ("orders/sell", {"lines": [{"price": "1.00"}]}, 422),
        ("orders/invent", {}, 404),
        ("faults", None, 422),
    ]
    async with httpx.AsyncClient(trust_env=False) as http:
        for path, body, status in wishes:
            response = await http.post(root + path, json=body)
            assert response.status_code == status, (path, response.text)
            assert response.json()["message"]


async def test_a_refused_wish_changes_nothing(shop: Shop) -> None:
    order = await shop.place()
    root = shop.base_url.split("/rs/")[0] + "/_control/"
    async with httpx.AsyncClient(trust_env=False) as http:
        for path in ("orders/delete", "orders/touch", "orders/edit", "orders/dispatch"):
            refused = await http.post(root + path, json={"order": order["order_id"], "why": "typo"})
            assert refused.status_code == 422
    (listed,) = (await shop.json("/orders"))["items"]
    assert (listed["dispatchedOn"], listed["lastUpdatedOnDate"]) == (None, order["updated"])


async def test_a_reset_leaves_the_demo_shop_with_its_token_and_nothing_else(shop: Shop) -> None:
    await shop.sell()
    await shop.control.post("shops", {"shop_id": "Other"})
    await shop.control.reset()
    assert (await shop.json("/orders"))["results"] == 0
    assert [one["shop_id"] for one in (await shop.control.state())["shops"]] == ["DemoShop"]


async def test_everything_outlives_the_process(shop: Shop, tmp_path: Path) -> None:
    async with running_sandbox("epages", data_dir=tmp_path) as sandbox:
        first = Shop(sandbox.epages.credentials, sandbox.epages.control)
        sold = await first.sell({"number": "R1"})
        before = await first.json("/orders")
        await first.http.aclose()
    async with running_sandbox("epages", data_dir=tmp_path) as sandbox:
        second = Shop(sandbox.epages.credentials, sandbox.epages.control)
        assert second.credentials["access_token"] == first.credentials["access_token"]
        after = await second.json("/orders")
        (document,) = await second.documents(sold["order_id"])
        another = await second.sell()
        await second.http.aclose()
    assert after["items"][0]["orderNumber"] == before["items"][0]["orderNumber"]
    assert document["documentNumber"] == "R1"
    assert another["order_number"] != sold["order_number"]
