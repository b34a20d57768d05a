"""How an order comes about: what was asked for, and what is made up from a seed."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from random import Random

from sandbox.epages.basket import Basket, Coupon, Discount, Extra, Line, Part, split, with_coupon
from sandbox.epages.catalog import Product, goods, payment_method, person, transaction_id
from sandbox.epages.documents.render import product_id
from sandbox.epages.models import Address, Customer, Order, Payment, ShippingMethod, Shop
from sandbox.epages.specs import ExtraSpec, LineSpec, OrderSpec
from sandbox.epages.state import ShopState
from sandbox.epages.values import cents, guid, stamp

PAID_AT_ONCE = ("PayPal", "Stripe", "Klarna", "Mollie")
METHOD_WEIGHTS = {
    "PayPal": 40,
    "Kreditkarte": 20,
    "Klarna Rechnung": 15,
    "Mollie": 10,
    "Vorkasse": 10,
    "Rechnung": 5,
}
STANDARD_SHIPPING = Decimal("4.90")


def make_order(state: ShopState, spec: OrderSpec, now: datetime, tax_free_lines: str = "gross") -> Order:
    """A complete order, not yet saved; numbers and ids follow the shop's counters."""
    shop, at = state.shop, spec.at or now
    seq = shop.counters["order"] = shop.counters.get("order", 0) + 1
    random = Random(f"{shop.key}/{seq if spec.seed is None else spec.seed}")
    billing = _billing(spec, random)
    order_id = guid(shop.key, "order", seq)
    payment = _payment(shop, spec, random)
    created = stamp(at)
    paid = spec.paid or (payment.provider in PAID_AT_ONCE and spec.payment is None and spec.lines is None)
    return Order(
        order_id=order_id,
        seq=seq,
        number=spec.number or f"{at.year}-{1000 + seq}",
        created=created,
        updated=created,
        customer=_customer(state, billing, created),
        locale=spec.locale,
        basket=_priced(fill_basket(shop, order_id, spec, random), shop, spec, billing, tax_free_lines),
        billing=billing,
        shipping=None if spec.shipping is None else {**billing, **spec.shipping},
        shipping_method=_shipping_method(shop, spec.shipping_method),
        payment=payment,
        dates={"paidOn": created} if paid else {},
        comment=spec.comment,
        note=spec.note,
    )


def fill_basket(shop: Shop, order_id: str, spec: OrderSpec, random: Random) -> Basket:
    """The basket that was asked for, with shipping, fee and discounts taxed at their rates."""
    model = spec.tax_model or shop.tax_model
    basket = Basket(tax_model=model, currency=spec.currency or shop.currency)
    if spec.lines is not None:
        basket.lines = [_line(shop, order_id, place, line) for place, line in enumerate(spec.lines)]
    else:
        chosen = goods(random)
        basket.lines = [
            _random_line(shop, order_id, place, basket, product, quantity)
            for place, (product, quantity) in enumerate(chosen)
        ]
    shipping = spec.shipping_price
    if shipping is None:
        shipping = STANDARD_SHIPPING if spec.lines is None and basket.subtotal < 80 else Decimal(0)
    if spec.shipping_parts is not None:
        basket.shipping = [Part(rate=part.rate, amount=part.amount) for part in spec.shipping_parts]
    elif spec.shipping_method is not None:
        basket.shipping = split(shipping, basket, over_rates=spec.shipping_split, rate=spec.shipping_rate)
    if spec.fee:
        basket.fee = split(spec.fee, basket, over_rates=False, rate=spec.fee_rate)
    basket.deposits = _extras(basket, spec.deposits)
    basket.eco_participations = _extras(basket, spec.eco_participations)
    basket.shipping_options = _extras(basket, spec.shipping_options)
    return _discounted(order_id, basket, spec)


def _priced(basket: Basket, shop: Shop, spec: OrderSpec, billing: Address, shown: str) -> Basket:
    """A gross shop sells tax-free abroad: lines show the catalogue's prices, or those without tax."""
    country = {**billing, **(spec.shipping or {})}.get("country")
    is_taxed = any(line.rate for line in basket.lines)
    if basket.tax_model != "GROSS" or is_taxed or country == shop.country or not shop.display_taxes:
        return basket
    lines = [
        line.model_copy(update={"home_rate": Decimal(19) if line.home_rate is None else line.home_rate})
        for line in basket.lines
    ]
    if shown == "gross":
        return basket.model_copy(update={"lines": lines, "nets_totals": True})
    net = [
        line.model_copy(update={"price": cents(line.price * 100 / (100 + (line.home_rate or 0)))})
        for line in lines
    ]
    return basket.model_copy(update={"lines": net})


def _discounted(order_id: str, basket: Basket, spec: OrderSpec) -> Basket:
    if spec.discount is not None:
        basket.discount = Discount(name=spec.discount_name, amount=spec.discount)
    if spec.coupon is None:
        return basket
    coupon = Coupon(
        amount=spec.coupon,
        coupon_id=guid(order_id, "coupon"),
        campaign_id=guid(order_id, "campaign"),
        shows_shares=spec.coupon_shows_shares,
    )
    return with_coupon(basket, coupon)


def _line(shop: Shop, order_id: str, place: int, spec: LineSpec) -> Line:
    sku = spec.sku or f"A-{place + 1:03d}"
    return Line(
        line_id=guid(order_id, "line", place),
        product_id=product_id(shop, sku),
        sku=sku,
        name=spec.name,
        quantity=spec.quantity,
        unit=spec.unit,
        price=spec.price,
        rate=spec.rate,
        home_rate=spec.home_rate,
        tax_class=spec.tax_class,
        variation=spec.variation,
    )


def _random_line(
    shop: Shop, order_id: str, place: int, basket: Basket, product: Product, quantity: Decimal
) -> Line:
    price = product.gross
    if basket.tax_model == "NET":
        price = cents(product.gross * 100 / (100 + product.rate))
    return Line(
        line_id=guid(order_id, "line", place),
        product_id=product_id(shop, product.sku),
        sku=product.sku,
        name=product.name,
        quantity=quantity,
        unit=product.unit,
        price=price,
        rate=product.rate,
        weight_grams=250 + 50 * place,
    )


def _extras(basket: Basket, specs: Sequence[ExtraSpec]) -> list[Extra]:
    def product_of(line: int | None) -> str | None:
        return basket.lines[line].product_id if line is not None and line < len(basket.lines) else None

    return [
        Extra(name=spec.name, amount=spec.amount, rate=spec.rate, product_guid=product_of(spec.line))
        for spec in specs
    ]


def _billing(spec: OrderSpec, random: Random) -> Address:
    country = spec.billing.get("country") or "DE"
    return {**person(random, country), **spec.billing}


def _customer(state: ShopState, billing: Address, created: str) -> Customer:
    shop = state.shop
    customer_id = guid(shop.key, "customer", billing.get("emailAddress"))
    known = state.customers.get(customer_id)
    if known is not None:
        return known
    shop.counters["customer"] = shop.counters.get("customer", 0) + 1
    number = str(10000 + shop.counters["customer"])
    return Customer(customer_id=customer_id, number=number, created=created, address=billing)


def _shipping_method(shop: Shop, name: str | None) -> ShippingMethod | None:
    return None if name is None else ShippingMethod(method_id=guid(shop.key, "shipping", name), name=name)


def _payment(shop: Shop, spec: OrderSpec, random: Random) -> Payment:
    drawn = random.choices(list(METHOD_WEIGHTS), list(METHOD_WEIGHTS.values()))[0]
    method = payment_method(spec.payment or (drawn if spec.lines is None else "Vorkasse"))
    return Payment(
        method_id=guid(shop.key, "payment", method.name),
        name=method.name,
        provider=spec.provider or method.provider,
        transaction_id=spec.transaction_id or transaction_id(random, method.transaction_form),
        status=spec.payment_status,
        invoice_terms=spec.invoice_terms,
    )
