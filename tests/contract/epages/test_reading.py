"""Orders and documents of the simulated shop are served as the platform serves them."""

import base64
import re

import pytest

from contract.epages.shop_client import Shop

GUID = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def test_a_list_item_holds_everything_but_the_lines(shop: Shop) -> None:
    await shop.place(shipping_price="4.90", payment="PayPal", fee="2.00")
    page = await shop.json("/orders")
    assert {name: page[name] for name in ("results", "page", "resultsPerPage")} == {
        "results": 1,
        "page": 1,
        "resultsPerPage": 10,
    }
    (item,) = page["items"]
    assert GUID.fullmatch(item["orderId"])
    assert STAMP.fullmatch(item["creationDate"])
    assert (item["grandTotal"], item["totalBeforeTax"], item["totalTax"]) == ("67.5", "57.73", "9.77")
    assert (item["taxModel"], item["currencyId"], item["shippingAddress"]) == ("GROSS", "EUR", None)
    assert item["paymentData"]["paymentMethod"]["providerName"] == "PayPal"
    assert item["paymentData"]["price"] == {
        "taxType": "GROSS",
        "formatted": "2,00 €",
        "amount": 2,
        "currency": "EUR",
    }
    assert item["paymentData"]["taxes"][0]["price"]["amount"] == 0.32
    assert item["shippingData"]["taxes"][0]["price"]["amount"] == 0.78
    assert "lineItemContainer" not in item
    assert item["links"][0]["href"] == f"{shop.base_url}/orders/{item['orderId']}"


async def test_an_order_has_lines_and_an_unused_discount_is_an_object_with_links(shop: Shop) -> None:
    order = await shop.place(lines=[{"price": "12.50", "rate": 19, "quantity": "1.25", "unit": "m"}])
    container = (await shop.json(f"/orders/{order['order_id']}"))["lineItemContainer"]
    (line,) = container["productLineItems"]
    assert line["quantity"] == {"amount": 1.25, "unit": "m"}
    assert line["lineItemPrice"]["amount"] == 15.63
    assert line["taxClass"]["percentage"] == 19
    assert container["basketDiscount"] == {"links": []}
    assert container["couponLineItem"] is None


async def test_discounts_are_negative_and_the_parts_add_up(shop: Shop) -> None:
    order = await shop.place(
        coupon="6.06",
        discount="5.00",
        shipping_price="4.90",
        shipping_split=True,
        deposits=[{"name": "Pfand", "amount": "0.25", "line": 0}],
    )
    detail = await shop.json(f"/orders/{order['order_id']}")
    box = detail["lineItemContainer"]
    assert box["couponLineItem"]["lineItemPrice"] == {
        "taxType": "NONE",
        "formatted": "-6,06 €",
        "amount": -6.06,
        "currency": "EUR",
    }
    assert [line["lineItemCouponDiscount"]["amount"] for line in box["productLineItems"]] == [4.99, 1.07]
    assert box["basketDiscount"]["lineItemPrice"]["amount"] == -5
    assert box["deposits"][0]["lineItemProductGuid"] == box["productLineItems"][0]["productId"]
    assert len(detail["shippingData"]["taxes"]) == 2
    assert box["grandTotal"]["amount"] == pytest.approx(60.60 - 6.06 - 5 + 4.90 + 0.25)


async def test_a_net_shop_gives_net_prices_and_gross_totals(shop: Shop) -> None:
    net = Shop(await shop.control.post("shops", {"shop_id": "Net", "tax_model": "net"}), shop.control)
    sold = await net.sell(lines=[{"price": "100.00"}])
    (document,) = await net.documents(sold["order_id"])
    box = document["lineItemContainer"]
    prices = [box["grandTotal"], box["totalBeforeTax"], box["totalTax"], box["lineItemsSubTotal"]]
    assert [(one["taxType"], one["amount"]) for one in prices] == [
        ("GROSS", 119),
        ("NET", 100),
        ("NONE", 19),
        ("NET", 100),
    ]
    assert (await net.json("/tax-model"))["model"] == "net"
    await net.http.aclose()


async def test_drafts_are_invisible_until_they_are_finalised(shop: Shop) -> None:
    order = await shop.place()
    draft = await shop.do("orders/draft", order=order["order_id"])
    assert await shop.documents(order["order_id"]) == []
    await shop.do("orders/finalise", order=order["order_id"], document_id=draft["document_id"], number="R1")
    (document,) = await shop.documents(order["order_id"])
    assert (document["documentType"], document["documentNumber"]) == ("Invoice", "R1")


async def test_a_credit_note_is_positive_and_stands_before_its_invoice(shop: Shop) -> None:
    sold = await shop.sell(fee="2.00")
    credit = await shop.do(
        "orders/credit",
        order=sold["order_number"],
        lines=[{"index": 0, "quantity": 1}],
        shipping_price="1.00",
    )
    note, invoice = await shop.documents(sold["order_id"])
    assert [note["documentType"], invoice["documentType"]] == ["CreditNote", "Invoice"]
    assert note["lineItemContainer"]["grandTotal"]["amount"] == 25.95
    assert credit["gross_total"] == "25.95"
    line_sum = sum(
        line["lineItemPrice"]["amount"] for line in invoice["lineItemContainer"]["productLineItems"]
    )
    assert invoice["lineItemContainer"]["grandTotal"]["amount"] == pytest.approx(line_sum + 2)
    assert "paymentData" not in invoice


async def test_files_come_only_when_asked_for_and_differ_per_document(shop: Shop) -> None:
    sold = await shop.sell({"number": "R-77"})
    await shop.do("orders/credit", order=sold["order_id"], number="G-77")
    assert all("documentPdf" not in one for one in await shop.documents(sold["order_id"]))
    files = [
        base64.b64decode(one["documentPdf"])
        for one in await shop.documents(sold["order_id"], includePdf="true")
    ]
    assert all(file.startswith(b"%PDF") for file in files)
    assert b"G-77" in files[0]
    assert b"R-77" in files[1]


async def test_files_can_be_missing_broken_or_too_big_or_come_later(shop: Shop) -> None:
    for mode in ("missing", "not_pdf", "too_big", "late"):
        sold = await shop.sell(
            {"number": mode, "pdf": mode, "pdf_seconds": 10_000_000 if mode == "late" else 0}
        )
        (document,) = await shop.documents(sold["order_id"], includePdf="true")
        assert ("documentPdf" in document) is (mode != "missing")
        file = document.get("documentPdf")
        if file is None:
            assert mode in ("missing", "late")
        elif mode == "not_pdf":
            assert not base64.b64decode(file).startswith(b"%PDF")
        else:
            assert len(base64.b64decode(file)) > 5 * 1024 * 1024
    sold = await shop.sell({"number": "soon", "pdf": "late", "pdf_seconds": 0})
    (document,) = await shop.documents(sold["order_id"], includePdf="true")
    assert document["documentPdf"] is not None


async def test_documents_are_paged(shop: Shop) -> None:
    sold = await shop.sell()
    for _ in range(11):
        await shop.do("orders/credit", order=sold["order_id"])
    first = await shop.json(f"/orders/{sold['order_id']}/documents", resultsPerPage=10)
    second = await shop.json(f"/orders/{sold['order_id']}/documents", resultsPerPage=10, page=2)
    assert (first["results"], len(first["items"]), len(second["items"])) == (12, 10, 2)
    assert second["items"][-1]["documentType"] == "Invoice"


async def test_pages_never_hold_more_than_a_hundred_and_end_empty(shop: Shop) -> None:
    await shop.control.post("bulk/documents", {"shops": ["DemoShop"], "count": 120})
    page = await shop.json("/orders", resultsPerPage=500)
    assert (page["results"], page["resultsPerPage"], len(page["items"])) == (120, 100, 100)
    created = [item["creationDate"] for item in page["items"]]
    assert created == sorted(created, reverse=True)
    assert (await shop.json("/orders", resultsPerPage=100, page=3))["items"] == []


async def test_updated_from_includes_the_moment_itself(shop: Shop) -> None:
    old, changed = await shop.place(at="2024-05-05T10:00:00Z"), await shop.place()
    sold = await shop.do("orders/finalise", order=changed["order_id"])
    moment = sold["finalised"]
    found = (await shop.json("/orders", updatedFrom=moment))["items"]
    assert [item["orderId"] for item in found] == [changed["order_id"]]
    assert found[0]["lastUpdatedOnDate"] == moment
    all_items = (await shop.json("/orders", updatedFrom=old["updated"]))["items"]
    assert {item["orderId"] for item in all_items} == {old["order_id"], changed["order_id"]}


async def test_filters_narrow_the_list(shop: Shop) -> None:
    paid = await shop.place(paid=True, at="2024-05-05T10:00:00Z")
    other = await shop.place(lines=[{"sku": "X", "price": "1.00"}], currency="USD")
    detail = await shop.json(f"/orders/{other['order_id']}")
    product = detail["lineItemContainer"]["productLineItems"][0]["productId"]
    cases = [
        ({"paidOn": "true"}, paid),
        ({"paidOn": "false"}, other),
        ({"currency": "USD"}, other),
        ({"productId": product}, other),
        ({"customerId": detail["customerId"]}, other),
        ({"createdBefore": "2024-06-01T00:00:00Z"}, paid),
        ({"createdAfter": "2024-06-01T00:00:00Z"}, other),
    ]
    for query, expected in cases:
        found = await shop.json("/orders", **query)
        assert [item["orderId"] for item in found["items"]] == [expected["order_id"]], query


@pytest.mark.parametrize(
    "query",
    [
        {"updatedFrom": "yesterday"},
        {"page": "0"},
        {"page": "x"},
        {"page": "9" * 5000},
        {"resultsPerPage": "-1"},
        {"paidOn": "yes"},
        {"locale": "xx_XX"},
        {"createdAfter": "2023-01-01T00:00:00Z", "createdBefore": "2025-01-01T00:00:00Z"},
    ],
)
async def test_bad_parameters_are_refused_with_a_page_of_html(shop: Shop, query: dict[str, str]) -> None:
    response = await shop.get("/orders", **query)
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("text/html")
    assert "HTTP ERROR: 400" in response.text


async def test_text_is_given_in_the_wanted_locale(shop: Shop) -> None:
    order = await shop.place()
    english = await shop.json(f"/orders/{order['order_id']}", locale="en_GB")
    assert english["lineItemContainer"]["grandTotal"]["formatted"] == "60.60 €"


async def test_deleted_and_unknown_orders_are_not_found(shop: Shop) -> None:
    order = await shop.place()
    await shop.do("orders/delete", order=order["order_id"])
    for path in (f"/orders/{order['order_id']}", f"/orders/{order['order_id']}/documents", "/orders/nothing"):
        assert (await shop.get(path)).status_code == 404
    assert (await shop.json("/orders"))["results"] == 0


async def test_sales_sum_up_at_most_a_year(shop: Shop) -> None:
    await shop.place()
    (sales,) = (await shop.json("/sales"))["salesPerCurrency"]
    assert sales == {
        "currency": "EUR",
        "totalGrossRevenue": 60.6,
        "totalNetRevenue": sales["totalNetRevenue"],
        "unitsSold": 3,
        "totalOrders": 1,
    }
    too_long = {"createdAfter": "2023-01-01T00:00:00Z", "createdBefore": "2025-01-01T00:00:00Z"}
    assert (await shop.get("/sales", **too_long)).status_code == 400


async def test_master_data_is_there(shop: Shop) -> None:
    await shop.place(billing={"lastName": "Muster", "emailAddress": "m@kunde.example"})
    (customer,) = (await shop.json("/customers"))["items"]
    assert (await shop.json(f"/customers/{customer['customerId']}"))["billingAddress"]["lastName"] == "Muster"
    classes = await shop.json("/tax-classes")
    first = classes["items"][0]
    assert await shop.json(f"/tax-classes/{first['taxClassId']}") == first == classes["defaultTaxClass"]
    assert (await shop.json("/countries"))[0]["code2"] == "DE"
    assert (await shop.json("/currencies"))["default"] == "EUR"
    assert (await shop.json("/locales"))["default"] == "de_DE"
    assert (await shop.json())["countryCode2"] == "DE"
    assert (await shop.json("/tax-model"))["displayTaxes"] is True
    assert (await shop.json("/legal"))["contactInformation"] == {"name": "Impressum"}
    assert "email" in await shop.json("/legal/contact-information")
    method = (await shop.json("/shipping-methods"))[0]
    assert await shop.json(f"/shipping-methods/{method['shippingMethodId']}") == method
    for path in ("/tax-classes/X", "/customers/X", "/shipping-methods/X", "/nothing"):
        assert (await shop.get(path)).status_code == 404
