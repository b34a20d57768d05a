"""Every misbehaviour that can be ordered of the simulated shop looks as it does in the wild."""

import json
import time

import httpx
import pytest

from contract.epages.shop_client import Shop

ORDERS = "/rs/shops/{shop_id}/orders"
DOCUMENTS = "/rs/shops/{shop_id}/orders/{order_id}/documents"


async def test_an_html_page_can_come_with_an_error_or_with_success(shop: Shop) -> None:
    await shop.control.fault("GET", ORDERS, "html_error")
    await shop.control.fault("GET", ORDERS, "html_answer")
    refused, page, honest = await shop.get("/orders"), await shop.get("/orders"), await shop.get("/orders")
    assert (refused.status_code, refused.headers["content-type"][:9]) == (400, "text/html")
    assert (page.status_code, page.headers["content-type"][:9]) == (200, "text/html")
    assert honest.json()["results"] == 0


@pytest.mark.parametrize("body", ["html", "json", "message", "text", "empty"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 451])
async def test_somebody_in_front_of_the_shop_can_refuse_in_words_of_their_own(
    shop: Shop, status: int, body: str
) -> None:
    await shop.control.fault("GET", ORDERS, "foreign_refusal", status=status, body=body)
    foreign = await shop.get("/orders")
    assert foreign.status_code == status
    assert "HTTP ERROR" not in foreign.text
    assert f'"status": "{status}"' not in foreign.text
    assert (await shop.get("/orders")).status_code == 200


async def test_an_internal_error_is_json_that_calls_itself_html(shop: Shop) -> None:
    await shop.control.fault("GET", ORDERS, "json_in_html_500")
    response = await shop.get("/orders")
    assert response.status_code == 500
    assert response.headers["content-type"].startswith("text/html")
    expected = "Internal Server Error, Request: GET /rs/shops/DemoShop/orders"
    assert response.json() == {"message": expected, "status": "500"}


@pytest.mark.parametrize("status", [502, 503])
async def test_the_platform_can_be_unavailable(shop: Shop, status: int) -> None:
    await shop.control.fault("GET", "*", "unavailable", times=2, status=status)
    assert [(await shop.get("/orders")).status_code for _ in range(3)] == [status, status, 200]


async def test_an_answer_can_be_slow(shop: Shop) -> None:
    await shop.control.fault("GET", ORDERS, "slow", delay=200)
    began = time.monotonic()
    assert (await shop.get("/orders")).status_code == 200
    assert time.monotonic() - began >= 0.2


async def test_an_answer_can_stop_in_its_middle(shop: Shop) -> None:
    await shop.place()
    await shop.control.fault("GET", ORDERS, "truncated")
    with pytest.raises(json.JSONDecodeError):
        (await shop.get("/orders")).json()


async def test_a_token_can_be_refused_for_a_while(shop: Shop) -> None:
    await shop.control.fault("GET", ORDERS, "token_revoked", times=2)
    assert [(await shop.get("/orders")).status_code for _ in range(3)] == [403, 403, 200]


async def test_the_quota_can_seem_used_up(shop: Shop) -> None:
    await shop.control.fault("GET", ORDERS, "rate_limited", reset_seconds=60)
    response = await shop.get("/orders")
    assert (response.status_code, response.headers["X-RateLimit-Remaining"]) == (429, "0")


async def test_older_installations_know_no_last_update(shop: Shop) -> None:
    await shop.place()
    await shop.control.fault("GET", ORDERS, "no_last_updated")
    (item,) = (await shop.json("/orders"))["items"]
    assert "lastUpdatedOnDate" not in item
    assert "lastUpdatedOnDate" in (await shop.json("/orders"))["items"][0]
    await shop.do("shops/change", reports_last_update=False)
    assert "lastUpdatedOnDate" not in (await shop.json("/orders"))["items"][0]


async def test_totals_can_be_numbers_and_fields_unknown(shop: Shop) -> None:
    order = await shop.sell()
    await shop.control.fault("GET", ORDERS, "numeric_totals")
    assert '"grandTotal":60.6,' in (await shop.get("/orders")).text
    await shop.control.fault("GET", DOCUMENTS, "unknown_fields")
    (document,) = await shop.documents(order["order_id"])
    assert "futureField" in document
    assert document["lineItemContainer"]["grandTotal"]["amount"] == 60.6


async def test_an_order_can_appear_on_two_pages(shop: Shop) -> None:
    for _ in range(4):
        await shop.place()
    await shop.control.fault("GET", ORDERS, "duplicate_across_pages")
    first = (await shop.json("/orders", resultsPerPage=2))["items"]
    second = (await shop.json("/orders", resultsPerPage=2, page=2))["items"]
    assert second[0]["orderId"] == first[1]["orderId"]
    again = (await shop.json("/orders", resultsPerPage=2, page=2))["items"]
    assert again[0]["orderId"] != first[1]["orderId"]


async def test_an_order_can_be_gone_between_two_calls(shop: Shop) -> None:
    order = await shop.sell()
    await shop.control.fault("GET", "*", "gone_between")
    assert len((await shop.json("/orders"))["items"]) == 1
    assert (await shop.get(f"/orders/{order['order_id']}/documents")).status_code == 404
    assert len(await shop.documents(order["order_id"])) == 1


async def test_a_credit_note_can_be_negative(shop: Shop) -> None:
    order = await shop.sell()
    await shop.do("orders/credit", order=order["order_id"])
    await shop.control.fault("GET", DOCUMENTS, "negative_credit_note")
    note, invoice = await shop.documents(order["order_id"])
    assert note["lineItemContainer"]["grandTotal"]["amount"] == -60.6
    assert note["lineItemContainer"]["productLineItems"][0]["quantity"]["amount"] == 2
    assert invoice["lineItemContainer"]["grandTotal"]["amount"] == 60.6
    await shop.do("orders/credit", order=order["order_id"], number="N", negative=True)
    assert (await shop.documents(order["order_id"]))[0]["lineItemContainer"]["totalTax"]["amount"] < 0


async def test_a_file_can_be_missing_this_once(shop: Shop) -> None:
    order = await shop.sell()
    await shop.control.fault("GET", DOCUMENTS, "missing_pdf")
    await shop.documents(order["order_id"])
    assert (await shop.documents(order["order_id"], includePdf="true"))[0]["documentPdf"] is None
    assert (await shop.documents(order["order_id"], includePdf="true"))[0]["documentPdf"] is not None


async def test_totals_can_contradict_the_lines(shop: Shop) -> None:
    order = await shop.sell({"override_totals": {"grandTotal": "99.99"}})
    (document,) = await shop.documents(order["order_id"])
    box = document["lineItemContainer"]
    assert box["grandTotal"]["amount"] == 99.99 != box["totalBeforeTax"]["amount"] + box["totalTax"]["amount"]


async def test_a_document_can_change_under_its_number(shop: Shop) -> None:
    order = await shop.sell({"number": "R1"})
    await shop.do("documents/change", type="Invoice", number="R1", price="1.00", address={"country": "AT"})
    (document,) = await shop.documents(order["order_id"])
    assert document["documentNumber"] == "R1"
    assert document["lineItemContainer"]["grandTotal"]["amount"] == 12.7
    assert document["address"]["country"] == "AT"


async def test_an_unknown_fault_is_refused(shop: Shop) -> None:
    url = shop.base_url.split("/rs/")[0] + "/_control/faults"
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.post(url, json={"kind": "earthquake"})).status_code == 422
