"""Orders, documents and customers in the shape the shop API gives them."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sandbox.epages.basket import Basket, Extra, Line, Part, tax_within
from sandbox.epages.catalog import ADDRESS_FIELDS
from sandbox.epages.documents.einvoice import EINVOICE_NAME, einvoice_of
from sandbox.epages.documents.pdf import write_pdf
from sandbox.epages.models import STATUS_DATES, Address, Customer, Document, Order, Shop, TotalName
from sandbox.epages.values import Price, cents, formatted, guid, plain, price

ORIGIN = "http://origin.invalid"  # stands in cached answers for the address the request came to
TOO_BIG = 5 * 1024 * 1024 + 512 * 1024
IMAGE_SIZES = (("HotDeal", "_h"), ("Large", ""), ("Medium", "_m"), ("Small", "_s"), ("Thumbnail", "_xs"))

Json = dict[str, Any]


class Renderer:
    """Gives the wire form of what one shop keeps, for one locale."""

    def __init__(self, shop: Shop, locale: str | None = None) -> None:
        self._shop, self._locale = shop, locale or shop.locale
        self._root = f"{ORIGIN}/rs/shops/{shop.shop_id}"

    def list_item(self, order: Order) -> Json:
        """An order as the list gives it: everything but the line items."""
        totals, basket = order.basket.totals(), order.basket
        item: Json = {
            "orderId": order.order_id,
            "orderNumber": order.number,
            "creationDate": order.created,
            "customerId": order.customer.customer_id,
            "customerNumber": order.customer.number,
            "locale": order.locale,
            "currencyId": basket.currency,
            "taxModel": basket.tax_model,
            "grandTotal": plain(totals.grand),
            "totalBeforeTax": plain(totals.before_tax),
            "totalTax": plain(totals.tax),
            "customerComment": order.comment,
            "internalNote": order.note,
            "billingAddress": address(order.billing),
            "shippingAddress": address(order.shipping) if order.shipping is not None else None,
            "shippingData": self._shipping_data(order),
            "paymentData": self._payment_data(order),
        }
        item |= {self._said(name): order.dates.get(name) for name in STATUS_DATES}
        if self._shop.reports_last_update:
            item["lastUpdatedOnDate"] = order.updated
        return item | {"links": self._order_links(order)}

    def order(self, order: Order) -> Json:
        """An order with its line items."""
        item = self.list_item(order)
        links = item.pop("links")
        return item | {"lineItemContainer": self.container(order.basket), "links": links}

    def document(self, order: Order, document: Document, *, negative: bool = False) -> Json:
        """A finalised document without its file."""
        sign = Decimal(-1) if document.negative or negative else Decimal(1)
        dated = {"issueDate": document.issued} if self._shop.tells_issue_dates else {}
        return {
            "orderId": order.order_id,
            "documentType": document.type,
            "documentNumber": document.number,
            **dated,
            "creationDate": document.created,
            "address": address(document.address),
            "lineItemContainer": self.container(document.basket, document.overrides, sign),
            "links": [_link("order", f"{self._root}/orders/{order.order_id}")],
        }

    def customer(self, customer: Customer) -> Json:
        """A buyer with links to itself and its orders."""
        href = f"{self._root}/customers/{customer.customer_id}"
        orders = f"{self._root}/orders?customerId={customer.customer_id}"
        return {
            "customerId": customer.customer_id,
            "customerNumber": customer.number,
            "creationDate": customer.created.split(".")[0] + "Z",
            "billingAddress": address(customer.address),
            "internalNote": customer.note,
            "links": [_link("self", href), _link("orders", orders)],
        }

    def container(
        self, basket: Basket, overrides: Mapping[TotalName, Decimal] | None = None, sign: Decimal = Decimal(1)
    ) -> Json:
        """The line items with their sums; overrides replace single sums and may contradict the lines."""
        totals, model = basket.totals(), basket.tax_model
        sums: dict[TotalName, tuple[str, Decimal]] = {
            "grandTotal": ("GROSS", totals.grand),
            "totalBeforeTax": ("NET", totals.before_tax),
            "totalTax": ("NONE", totals.tax),
            "lineItemsSubTotal": (model, totals.subtotal),
        }
        given = overrides or {}
        container: Json = {
            name: self._price(basket, sign * given.get(name, amount), tax_type)
            for name, (tax_type, amount) in sums.items()
        }
        shown = basket.coupon is not None and basket.coupon.shows_shares
        return container | {
            "productLineItems": [self._line(basket, line, sign, shown) for line in basket.lines],
            "couponLineItem": self._coupon(basket, sign),
            "shippingPrice": self._price(basket, sign * basket.shipping_price, model),
            "deposits": [self._extra(basket, extra, sign) for extra in basket.deposits],
            "ecoParticipations": [self._extra(basket, extra, sign) for extra in basket.eco_participations],
            "shippingOptions": [self._extra(basket, extra, sign) for extra in basket.shipping_options],
            "basketDiscount": self._discount(basket, sign),
        }

    def _said(self, status_date: str) -> str:
        older = status_date == "rejectedOn" and not self._shop.tells_issue_dates
        return "cancelledOn" if older else status_date

    def _price(self, basket: Basket, amount: Decimal, tax_type: str) -> Price:
        return price(cents(amount), tax_type, basket.currency, self._locale)

    def _line(self, basket: Basket, line: Line, sign: Decimal, shows_share: bool) -> Json:
        share = self._price(basket, line.coupon_share, basket.tax_model) if shows_share else None
        product = f"{self._root}/products/{line.product_id}"
        tax_class = self._class_of(line)
        weight = None if line.weight_grams is None else {"amount": line.weight_grams, "unit": "g"}
        return {
            "lineItemId": line.line_id,
            "sku": line.sku,
            "name": line.name,
            "productId": line.product_id,
            "quantity": {"amount": line.quantity, "unit": line.unit},
            "lineItemPrice": self._price(basket, sign * line.total, basket.tax_model),
            "singleItemPrice": self._price(basket, sign * line.price, basket.tax_model),
            "lineItemCouponDiscount": share,
            "images": [self._image(line.sku, name, suffix) for name, suffix in IMAGE_SIZES],
            "links": [
                _link("product", product),
                _link("taxClass", f"{self._root}/tax-classes/{tax_class['taxClassId']}"),
            ],
            "variationString": line.variation,
            "essentialFeatures": None,
            "taxClass": tax_class,
            "deliveryWeight": weight,
        }

    def _image(self, sku: str, classifier: str, suffix: str) -> Json:
        url = f"{self._root}/Products/{sku}/{sku}{suffix}.jpg"
        sizes = {"isZoomEnabled": False, "width": 0, "height": 0, "fileSize": 0}
        return {"url": url, "classifier": classifier, **sizes}

    def _class_of(self, line: Line) -> Json:
        """The line's class with the rate applied; untaxed goods keep the class they have at home."""
        shown = self._tax_class(line.rate if line.home_rate is None else line.home_rate)
        name = line.tax_class or shown["name"]
        return {"taxClassId": self._shop.tax_class_id(name), "name": name, "percentage": line.rate}

    def _tax_class(self, rate: Decimal) -> Json:
        name = "steuerfrei" if rate == 0 else "normal" if rate > 12 else "ermäßigt"
        name = "normal" if rate == Decimal("8.1") else name
        return {"taxClassId": self._shop.tax_class_id(name), "name": name, "percentage": rate}

    def _coupon(self, basket: Basket, sign: Decimal) -> Json | None:
        if basket.coupon is None:
            return None
        coupon = basket.coupon
        given = self._price(basket, -sign * coupon.amount, "NONE")
        item: Json = {"couponLineItemId": coupon.coupon_id, "lineItemPrice": given}
        return item if coupon.campaign_id is None else item | {"couponCampaignId": coupon.campaign_id}

    def _discount(self, basket: Basket, sign: Decimal) -> Json:
        if basket.discount is None:
            return {"links": []}
        given = self._price(basket, -sign * basket.discount.amount, basket.tax_model)
        return {"name": basket.discount.name, "lineItemPrice": given, "links": []}

    def _extra(self, basket: Basket, extra: Extra, sign: Decimal) -> Json:
        item: Json = {
            "name": extra.name,
            "lineItemPrice": self._price(basket, sign * extra.amount, basket.tax_model),
        }
        return item if extra.product_guid is None else item | {"lineItemProductGuid": extra.product_guid}

    def _shipping_data(self, order: Order) -> Json | None:
        method = order.shipping_method
        if method is None:
            return None
        basket = order.basket
        return {
            "shippingMethod": {"id": method.method_id, "name": method.name},
            "price": self._price(basket, basket.shipping_price, basket.tax_model),
            "taxes": self._taxes(basket, basket.shipping),
        }

    def _payment_data(self, order: Order) -> Json:
        basket, payment = order.basket, order.payment
        return {
            "paymentMethod": {
                "id": payment.method_id,
                "name": payment.name,
                "providerName": payment.provider,
                "additionalData": payment.invoice_terms,
            },
            "transactionId": payment.transaction_id,
            "price": self._price(basket, basket.fee_price, basket.tax_model),
            "status": payment.status,
            "taxes": self._taxes(basket, basket.fee) if basket.fee else None,
        }

    def _taxes(self, basket: Basket, parts: Sequence[Part]) -> list[Json]:
        return [
            {
                "taxClass": self._tax_class(part.rate),
                "price": self._price(basket, tax_within(basket.tax_model, part.rate, part.amount), "NONE"),
            }
            for part in parts
        ]

    def _order_links(self, order: Order) -> list[Json]:
        links = [
            _link("self", f"{self._root}/orders/{order.order_id}"),
            _link("customer", f"{self._root}/customers/{order.customer.customer_id}"),
        ]
        if order.shipping_method is not None:
            href = f"{self._root}/shipping-methods/{order.shipping_method.method_id}"
            links.append(_link("shipping-method", href))
        return links


def address(given: Address) -> Json:
    """All fields of an address, the unknown ones as null."""
    return {name: given.get(name) for name in ADDRESS_FIELDS}


def file_of(shop: Shop, order: Order, document: Document, now: str) -> str | None:
    """The Base64 text of the document's file, or None while it is not rendered yet."""
    pdf = document.pdf
    if pdf.available is not None and now < pdf.available:
        return None
    if pdf.mode == "not_pdf":
        content = f"<html><body>Beleg {document.number} konnte nicht erzeugt werden</body></html>".encode()
    else:
        content = _print(shop, order, document, TOO_BIG if pdf.mode == "too_big" else 0)
    return b64encode(content).decode()


def _print(shop: Shop, order: Order, document: Document, min_bytes: int) -> bytes:
    basket, totals = document.basket, document.basket.totals()
    title = f"{'Rechnung' if document.type == 'Invoice' else 'Rechnungskorrektur'} {document.number}"

    def money(amount: Decimal) -> str:
        return formatted(amount, basket.currency, "de_DE")

    buyer = " ".join(filter(None, (document.address.get("firstName"), document.address.get("lastName"))))
    lines = [shop.name, buyer, f"Datum {document.issued[:10]}", f"Bestellung {order.number}", ""]
    lines += [
        f"{plain(line.quantity)} {line.unit}  {line.name}  {money(line.total)}  {plain(line.rate)} %"
        for line in basket.lines
    ]
    lines += ["", f"Versand {money(basket.shipping_price)}"]
    lines += [f"enthaltene USt {plain(rate)} %: {money(tax)}" for rate, tax in totals.tax_by_rate.items()]
    lines += [f"Netto {money(totals.before_tax)}", f"Gesamtbetrag {money(totals.grand)}"]
    xml = einvoice_of(shop, document)
    inside = None if xml is None else (EINVOICE_NAME, xml)
    is_hidden = document.einvoice == "af_only"
    return write_pdf(title, lines, min_bytes=min_bytes, attachment=inside, af_only=is_hidden)


def shop_info(shop: Shop) -> Json:
    """The shop itself."""
    host = shop.host or "shop.example"
    return {
        "name": shop.name,
        "email": f"kontakt@{host.split(':')[0]}",
        "slogan": "<p>Gutes für Küche und Garten</p>",
        "logoUrl": f"{ORIGIN}/WebRoot/{shop.shop_id}/logo.png",
        "sfUrl": f"{ORIGIN}/epages/{shop.shop_id}.sf/?ObjectPath=/Shops/{shop.shop_id}",
        "mboUrl": f"{ORIGIN}/epages/{shop.shop_id}.admin/?ObjectPath=/Shops/{shop.shop_id}",
        "isInEU": shop.is_in_eu,
        "countryCode2": shop.country,
    }


def product_id(shop: Shop, sku: str) -> str:
    """The shop's id of the product with this number."""
    return guid(shop.key, "product", sku)


def _link(rel: str, href: str) -> Json:
    return {"rel": rel, "href": href}
