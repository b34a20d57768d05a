"""What the control API tells about shops, orders and documents; amounts are text with two decimals."""

from decimal import Decimal
from typing import Any

from sandbox.epages.models import Document, Order
from sandbox.epages.platform import Platform
from sandbox.epages.state import ShopState

Json = dict[str, Any]


def shop_overview(platform: Platform, state: ShopState, *, brief: bool) -> Json:
    """A shop with its credentials; unless brief, with all orders and documents."""
    shop, orders = state.shop, sorted(state.orders.values(), key=lambda order: order.seq)
    overview: Json = {
        **shop_credentials(platform, state),
        "key": shop.key,
        "tax_model": shop.tax_model,
        "country": shop.country,
        "scopes": shop.scopes,
        "order_count": len(orders),
        "document_count": sum(len(order.finalised()) for order in orders),
    }
    if brief:
        return overview
    return overview | {"orders": [order_overview(order) for order in orders]}


def shop_credentials(platform: Platform, state: ShopState) -> Json:
    """What a client needs to use the shop."""
    shop = state.shop
    api_url = platform.api_url(shop)
    return {
        "shop": shop.key,
        "shop_id": shop.shop_id,
        "host": shop.host,
        "base_url": api_url,
        "access_token": shop.access_token,
        "client_id": shop.client_id,
        "client_secret": shop.client_secret,
    }


def order_overview(order: Order) -> Json:
    """An order in short, with its documents and drafts."""
    return {
        "order_id": order.order_id,
        "order_number": order.number,
        "created": order.created,
        "updated": order.updated,
        "customer_number": order.customer.number,
        "gross_total": two_decimals(order.basket.totals().grand),
        "currency": order.basket.currency,
        "payment": order.payment.name,
        "transaction_id": order.payment.transaction_id,
        "dates": order.dates,
        "documents": [document_overview(order, document) for document in order.documents],
    }


def document_overview(order: Order, document: Document) -> Json:
    """A document in short; the totals are the shown ones, even when they contradict the lines."""
    totals, given = document.basket.totals(), document.overrides
    return {
        "document_id": document.document_id,
        "type": document.type,
        "number": document.number,
        "order_id": order.order_id,
        "order_number": order.number,
        "issued": document.issued,
        "finalised": document.finalised,
        "gross_total": two_decimals(given.get("grandTotal", totals.grand)),
        "net_total": two_decimals(given.get("totalBeforeTax", totals.before_tax)),
        "tax_total": two_decimals(given.get("totalTax", totals.tax)),
        "currency": document.basket.currency,
        "pdf": document.pdf.mode,
    }


def two_decimals(amount: Decimal) -> str:
    """Text like 67.50."""
    return f"{amount:.2f}"
