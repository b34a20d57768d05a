"""What a shop sends becomes our words without losing or guessing anything."""

import base64
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from common.domain.documents import Address, Document, DocumentType, TaxModel
from common.domain.money import Money
from common.shops.epages.answers import parse, parse_order
from common.shops.epages.wire import OrderDocument
from ingest.orders import to_snapshot
from ingest.orders.translate import to_document, to_document_type, to_file, to_tags


def price(amount: str, currency: str = "EUR", tax_type: str = "GROSS") -> dict[str, Any]:
    return {"taxType": tax_type, "formatted": "?", "amount": Decimal(amount), "currency": currency}


def line(amount: str = "24.95", rate: str = "19", **over: Any) -> dict[str, Any]:
    return {
        "lineItemId": "L-1",
        "productId": "P-1",
        "sku": "T-01",
        "name": "Lampe",
        "quantity": {"amount": Decimal("1.5"), "unit": "Stück"},
        "singleItemPrice": price(amount),
        "lineItemPrice": price(amount),
        "lineItemCouponDiscount": None,
        "taxClass": {"percentage": Decimal(rate)},
    } | over


def document(container: dict[str, Any] | None = None, **over: Any) -> Document:
    content = {"grandTotal": price("24.95"), "productLineItems": [line()]} | (container or {})
    whole = {
        "documentType": "Invoice",
        "documentNumber": "R-1",
        "issueDate": "2025-03-03T23:00:00.000Z",
        "lineItemContainer": content,
    } | over
    translated = to_document(parse(OrderDocument, whole))
    assert translated is not None
    return translated


@pytest.mark.parametrize(
    ("sent", "printed"),
    [
        ("2024-12-31T23:30:00Z", date(2025, 1, 1)),
        ("2025-06-30T22:30:00.000Z", date(2025, 7, 1)),
        ("2025-03-31T22:00:00.000Z", date(2025, 4, 1)),
        ("2025-03-04T08:00:00Z", date(2025, 3, 4)),
    ],
)
def test_r12_the_date_of_a_document_is_its_moment_in_german_time(sent: str, printed: date) -> None:
    assert document(issueDate=sent).issued_on == printed


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Invoice", DocumentType.INVOICE),
        ("INVOICE", DocumentType.INVOICE),
        ("CreditNote", DocumentType.CREDIT_NOTE),
        ("creditnote", DocumentType.CREDIT_NOTE),
        ("PackingSlip", None),
        (None, None),
    ],
)
def test_a_document_is_an_invoice_or_a_credit_note_or_not_ours(
    name: str | None, kind: DocumentType | None
) -> None:
    assert to_document_type(name) is kind


def test_amounts_are_exact_cents_with_their_sign() -> None:
    """R36: whether a credit note's minus is meant is the writer's to judge."""
    negative = {
        "grandTotal": price("-23.95"),
        "totalTax": price("-3.82"),
        "productLineItems": [line("-23.95")],
    }
    translated = document(negative, documentType="CreditNote")
    assert (translated.gross_total, translated.tax_total) == (Money(-2395), Money(-382))
    assert translated.lines[0].price == Money(-2395)


def test_coupon_discount_and_extras_keep_their_sign_and_place() -> None:
    translated = document(
        {
            "productLineItems": [line(lineItemCouponDiscount=price("1.70"))],
            "couponLineItem": {"couponLineItemId": "C", "lineItemPrice": price("-5", tax_type="NONE")},
            "basketDiscount": {"name": "Treue", "lineItemPrice": price("-2.50"), "links": []},
            "shippingPrice": price("4.90"),
            "deposits": [{"name": "Pfand", "lineItemPrice": price("0.25"), "lineItemProductGuid": "P-1"}],
            "ecoParticipations": [{"name": "Eco", "lineItemPrice": price("0.10")}],
            "shippingOptions": [{"name": "Karte", "lineItemPrice": price("1")}, {"name": "ohne Preis"}],
        }
    )
    assert (translated.coupon, translated.basket_discount) == (Money(-500), Money(-250))
    assert (translated.lines[0].coupon_share, translated.shipping) == (Money(170), Money(490))
    assert [(extra.kind, extra.price, extra.line_id) for extra in translated.extras] == [
        ("deposit", Money(25), "L-1"),
        ("eco_participation", Money(10), None),
        ("shipping_option", Money(100), None),
    ]


def test_a_deposit_of_a_product_that_is_no_line_belongs_to_none() -> None:
    deposit = {"name": "Pfand", "lineItemPrice": price("0.25"), "lineItemProductGuid": "P-9"}
    assert document({"deposits": [deposit]}).extras[0].line_id is None


def test_empty_parts_of_a_document_are_absent() -> None:
    translated = document(
        {"couponLineItem": None, "basketDiscount": {"links": []}, "shippingPrice": None, "deposits": None}
    )
    assert translated.coupon is None
    assert translated.basket_discount is None
    assert translated.shipping is None
    assert translated.extras == ()


def test_a_line_without_tax_class_has_no_rate_and_one_without_quantity_is_one_piece() -> None:
    translated = document({"productLineItems": [line(taxClass=None, quantity=None), line()]})
    assert [(item.rate, item.quantity) for item in translated.lines] == [
        (None, Decimal(1)),
        (Decimal(19), Decimal("1.5")),
    ]


def test_a_document_without_number_is_still_a_document() -> None:
    """R4: it must show up somewhere, so it is not dropped here."""
    assert document(documentNumber=None).number == ""


def test_the_currency_of_a_document_is_that_of_its_total() -> None:
    translated = document({"grandTotal": price("10", "chf"), "totalTax": {"amount": Decimal(1)}})
    assert (translated.currency, translated.tax_total) == ("CHF", Money(100, "CHF"))


@pytest.mark.parametrize(
    ("sent", "model"),
    [
        ("GROSS", TaxModel.GROSS),
        ("gross", TaxModel.GROSS),
        ("Net", TaxModel.NET),
        ("NONE", None),
        (None, None),
    ],
)
def test_tax_model_is_read_in_any_case(sent: str | None, model: TaxModel | None) -> None:
    assert to_snapshot(parse_order({"orderId": "A", "taxModel": sent})).tax_model is model


def test_an_address_is_cleaned_of_case_and_absent_parts() -> None:
    translated = document(
        address={
            "company": "",
            "firstName": "Mara",
            "streetDetails": "Hinterhaus",
            "addressExtension": "1. Etage",
            "zipCode": 10115,
            "country": "de",
            "vatId": None,
            "mobilePhoneNumber": "0170",
            "birthday": "1975-11-08",
        }
    )
    assert translated.address == Address(
        first_name="Mara", supplement="Hinterhaus, 1. Etage", zip_code="10115", country="DE", phone="0170"
    )
    assert document(address=None).address is None
    assert document(address={"city": None}).address is None


def test_a_replaced_payment_method_leaves_nothing_but_its_price() -> None:
    snapshot = to_snapshot(
        parse_order(
            {
                "orderId": "A",
                "paymentData": {
                    "paymentMethod": {"id": None, "name": None, "providerName": None, "additionalData": None},
                    "transactionId": None,
                    "price": price("0.00"),
                    "status": None,
                    "taxes": None,
                },
            }
        )
    )
    payment = snapshot.payment
    assert payment is not None
    assert (payment.name, payment.provider, payment.transaction_id, payment.status) == (
        None,
        None,
        None,
        None,
    )
    assert (payment.price, payment.taxes) == (Money(0), ())


@pytest.mark.parametrize(
    ("note", "tags"),
    [
        (None, ()),
        ("bitte in bar, #NichtBuchen", ("nichtbuchen",)),
        ("#bar #eilig\n#Bar", ("bar", "eilig")),
        ("(#Größe-XL), #7", ("größe-xl", "7")),
        ("Auftrag#7, siehe https://example.test/a#teil und &#39;# so&#39;", ()),
        ("C# ## #", ()),
    ],
)
def test_the_tags_of_an_order_are_the_words_after_a_hash_in_its_internal_note(
    note: str | None, tags: tuple[str, ...]
) -> None:
    assert to_tags(note) == tags
    assert to_snapshot(parse_order({"orderId": "A", "internalNote": note})).tags == tags


def test_an_order_carries_payment_shipping_and_status() -> None:
    tax = {"taxClass": {"percentage": Decimal("19.0")}, "price": price("0.78", tax_type="NONE")}
    snapshot = to_snapshot(
        parse_order(
            {
                "orderId": "A",
                "orderNumber": None,
                "currencyId": "EUR",
                "grandTotal": "67.50",
                "totalTax": Decimal("9.77"),
                "paidOn": "2025-03-03T21:58:12.000Z",
                "lastUpdatedOnDate": "2025-03-04T08:01:33Z",
                "shippingData": {
                    "shippingMethod": {"id": "S", "name": "Paket"},
                    "price": price("4.9"),
                    "taxes": [tax],
                },
                "paymentData": {
                    "paymentMethod": {"id": "P", "name": "PayPal", "providerName": "PayPal"},
                    "transactionId": "9XX",
                },
            }
        )
    )
    assert (snapshot.order_number, snapshot.gross_total, snapshot.tax_total) == ("A", Money(6750), Money(977))
    assert snapshot.paid_at is not None
    assert snapshot.shipping is not None
    assert [(share.rate, share.tax) for share in snapshot.shipping.taxes] == [(Decimal(19), Money(78))]
    assert snapshot.payment is not None
    assert (snapshot.payment.method_id, snapshot.payment.transaction_id) == ("P", "9XX")


PDF = b"%PDF-1.4 test"


@pytest.mark.parametrize(
    ("sent", "content", "media_type"),
    [
        (base64.b64encode(PDF).decode(), PDF, "application/pdf"),
        (base64.b64encode(PDF).decode().rstrip("="), PDF, "application/pdf"),
        (
            base64.b64encode(PDF).decode()[:8] + "\r\n" + base64.b64encode(PDF).decode()[8:],
            PDF,
            "application/pdf",
        ),
        (base64.b64encode(b"<html>").decode(), b"<html>", "application/octet-stream"),
        ("kein Base64!", b"kein Base64!", "text/plain"),
    ],
)
def test_r8_a_file_is_unwrapped_or_kept_as_it_came(sent: str, content: bytes, media_type: str) -> None:
    file = to_file(sent)
    assert file is not None
    assert (file.content, file.media_type) == (content, media_type)


@pytest.mark.parametrize("sent", [None, "", "  \n"])
def test_nothing_is_no_file(sent: str | None) -> None:
    assert to_file(sent) is None
