"""Answers of a shop are read exactly, tolerantly, and with the bytes they came as."""

import hashlib
import json
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from common.shops.epages.answers import (
    NotJson,
    TooManyValues,
    fingerprint,
    parse,
    parse_order,
    read_json,
    read_list,
)
from common.shops.epages.wire import Order, OrderDocument, TaxClass

CONTAINER = {"grandTotal": {"amount": 1, "currency": "EUR"}, "productLineItems": []}


def order(**fields: Any) -> Order:
    return parse_order({"orderId": "A-1", **fields})


def document(**fields: Any) -> OrderDocument:
    whole = {"documentType": "Invoice", "documentNumber": "1", "issueDate": "2025-03-03T23:00:00.000Z"}
    return parse(OrderDocument, {**whole, "lineItemContainer": CONTAINER, **fields})


def test_numbers_are_read_without_binary_floats() -> None:
    """R21: 0.1 + 0.2 stays 0.3, and more digits than a float has survive."""
    data = read_json(b'{"a": 0.1, "b": 0.2, "c": 12345678901234.567891}')
    assert data["a"] + data["b"] == Decimal("0.3")
    assert data["c"] == Decimal("12345678901234.567891")


@pytest.mark.parametrize("given", ["67.50", "96.9", "0", 67.5, 96, "-3"])
def test_order_totals_come_as_text_or_number(given: Any) -> None:
    read = read_json(json.dumps({"orderId": "A-1", "grandTotal": given}).encode())
    total = parse_order(read).grand_total
    assert total is not None
    assert total.amount == Decimal(str(given))


@pytest.mark.parametrize("given", ["viel", "1e999", "NaN", True, [], {"amount": None}, "", None, "0,5"])
def test_unusable_order_total_is_absent_and_spoils_nothing(given: Any) -> None:
    assert order(grandTotal=given, orderNumber="7").grand_total is None


@pytest.mark.parametrize(
    "given", [None, "", "gestern", 17, {}, "2025-13-01T00:00:00Z", "0001-01-01T00:00:00+01:00"]
)
def test_unusable_order_date_is_absent(given: Any) -> None:
    assert order(paidOn=given).paid_on is None


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2025-03-04T08:42:49.000Z", datetime(2025, 3, 4, 8, 42, 49, tzinfo=UTC)),
        ("2025-03-04T08:42:49Z", datetime(2025, 3, 4, 8, 42, 49, tzinfo=UTC)),
        ("2025-03-04T08:42:49.123Z", datetime(2025, 3, 4, 8, 42, 49, 123000, tzinfo=UTC)),
        ("2025-03-04T09:42:49+01:00", datetime(2025, 3, 4, 8, 42, 49, tzinfo=UTC)),
        ("2025-03-04T08:42:49", datetime(2025, 3, 4, 8, 42, 49, tzinfo=UTC)),
    ],
)
def test_moments_are_read_with_and_without_milliseconds(given: str, moment: datetime) -> None:
    """R12 begins here: the moment must be exact before it becomes a date."""
    assert document(issueDate=given).issue_date == moment


def test_absent_null_and_unknown_fields_are_no_trouble() -> None:
    bare = order()
    full = order(
        paymentData={
            "paymentMethod": None,
            "transactionId": None,
            "price": None,
            "status": None,
            "taxes": None,
        },
        shippingData=None,
        shippingAddress=None,
        locale=None,
        futureField={"since": "8.0"},
    )
    assert bare.payment_data is None
    assert full.payment_data is not None
    assert full.payment_data.taxes == ()


def test_text_that_no_database_can_hold_is_cleaned() -> None:
    data = read_json(b'{"orderId": "A-1", "orderNumber": "7\\u0000\\ud800", "customerNumber": 10077}')
    read = parse_order(data)
    assert (read.order_number, read.customer_number) == ("7", "10077")
    assert TaxClass.model_validate({"name": "7\0\ud800"}).name == "7"


@pytest.mark.parametrize("order_id", ["", "..", "a/b", "a?b", "a b", "ü", "x" * 101, None, 7])
def test_order_ids_that_mean_something_in_a_path_are_refused(order_id: Any) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        parse_order({"orderId": order_id})


@pytest.mark.parametrize(
    "broken",
    [
        {"issueDate": None},
        {"lineItemContainer": None},
        {"lineItemContainer": {"grandTotal": None}},
        {"lineItemContainer": {**CONTAINER, "productLineItems": [{"sku": "x", "lineItemPrice": None}]}},
        {"lineItemContainer": {**CONTAINER, "totalTax": {"amount": "many"}}},
    ],
)
def test_document_without_date_or_amounts_does_not_fit_and_its_values_stay_out_of_the_message(
    broken: dict[str, Any],
) -> None:
    with pytest.raises(ValueError, match="does not fit: ") as refusal:
        document(**broken)
    assert "many" not in str(refusal.value)


def test_items_are_cut_out_bit_for_bit() -> None:
    """R8: what is archived is what was received, white space and all."""
    first = b'{ "documentNumber" : "R-\xc3\xbc", "x": 1.50, "items": [1, "]}"] }'
    second = b'{"documentNumber":"2"}'
    content = b' {"page": 1 , "items": [ ' + first + b" ,\n" + second + b' ], "results" : 2}'
    total, items = read_list(content)
    assert total == 2
    assert [raw for raw, _ in items] == [first, second]
    assert items[0][1]["documentNumber"] == "R-ü"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>Wartung</body></html>",
        b'{"results": 1, "items": [{"a": 1}',
        b'{"results": 1}',
        b'{"items": {}}',
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"items": [NaN]}',
        b'{"items": [1], "items": []}',
        b'{"items": "[", "items": []}' + b" trailing",
        b"[" * 100_000,
    ],
)
def test_what_is_no_list_is_told_apart(content: bytes) -> None:
    with pytest.raises(NotJson):
        read_list(content)


@pytest.mark.parametrize("one", [b"0.1,", b"{},", b"[[[]]],", b'"",'])
def test_an_answer_of_more_values_than_any_shop_sends_is_refused_unread(one: bytes) -> None:
    """One that unpacks to megabytes of nothing would hold up everybody for the time of reading it."""
    many = b'{"items":[' + one * 2_000_000 + b"0]}"
    started = time.process_time()
    with pytest.raises(TooManyValues):
        read_list(many)
    assert time.process_time() - started < 1
    lines = b",".join(b'{"quantity":1,"name":"a","price":[1,2]}' for _ in range(20_000))
    assert len(read_list(b'{"items":[' + lines + b"]}")[1]) == 20_000


def test_total_that_is_no_number_is_unknown() -> None:
    assert read_list(b'{"results": "many", "items": []}') == (None, [])


def test_fingerprint_is_the_same_in_list_and_single_read_and_moves_with_content() -> None:
    item: dict[str, Any] = {
        "orderId": "A-1",
        "paidOn": None,
        "locale": None,
        "grandTotal": Decimal("1.10"),
        "links": [],
    }
    single: dict[str, Any] = {
        **item,
        "lineItemContainer": {"productLineItems": []},
        "locale": "de_DE",
        "links": [1],
    }
    assert fingerprint(item) == fingerprint(single)
    assert fingerprint(item) != fingerprint({**item, "paidOn": "2025-03-04T08:42:49Z"})
    assert len(bytes.fromhex(fingerprint({"x": "\ud800"}))) == hashlib.sha256().digest_size


def test_order_knows_whether_any_status_is_set() -> None:
    assert not order(creationDate="2025-03-04T08:42:49Z", lastUpdatedOnDate="2025-03-04T08:42:49Z").has_status
    assert order(archivedOn="2025-03-04T08:42:49Z").has_status
