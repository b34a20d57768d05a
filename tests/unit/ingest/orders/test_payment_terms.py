"""Until when a purchase on invoice is to be paid, as far as a shop says so."""

from datetime import date

import pytest

from common.shops.epages.answers import parse_order
from ingest.orders import to_snapshot


@pytest.mark.parametrize(
    ("added", "due_on"),
    [
        (None, None),
        ({}, None),
        ("text", None),
        ([], None),
        ({"InvoicePaymentDueDate": None, "InvoiceIBAN": "DE02120300000000202051"}, None),
        ({"InvoicePaymentDueDate": "2025-04-03"}, date(2025, 4, 3)),
        ({"InvoicePaymentDueDate": "2025-04-03T00:00:00.000Z"}, date(2025, 4, 3)),
        ({"InvoicePaymentDueDate": " 3.4.2025 "}, date(2025, 4, 3)),
        ({"InvoicePaymentDueDate": "03.04.2025"}, date(2025, 4, 3)),
        ({"InvoicePaymentDueDate": "04/03/2025"}, None),
        ({"InvoicePaymentDueDate": "2025-13-45"}, None),
        ({"InvoicePaymentDueDate": 20250403}, None),
        ({"InvoicePaymentDueDate": ["2025-04-03"]}, None),
    ],
)
def test_a_purchase_on_invoice_says_until_when_and_nothing_else_is_kept(
    added: object, due_on: date | None
) -> None:
    method = {"id": "P", "name": "Rechnung", "providerName": "PayPal", "additionalData": added}
    snapshot = to_snapshot(parse_order({"orderId": "A", "paymentData": {"paymentMethod": method}}))
    assert snapshot.payment is not None
    assert (snapshot.payment.name, snapshot.payment.due_on) == ("Rechnung", due_on)
    assert "IBAN" not in snapshot.model_dump_json()
    assert ("due_on" in snapshot.model_dump(mode="json")["payment"]) == (due_on is not None)
