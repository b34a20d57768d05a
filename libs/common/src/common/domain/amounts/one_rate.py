"""Documents of one rate: whatever is above or below zero in them, nothing is unclear about their tax."""

from collections.abc import Iterator
from decimal import Decimal

from common.domain.amounts.tax import is_plausible, tax_on_net
from common.domain.documents import Charge, Document, DocumentType, OrderSnapshot, TaxModel
from common.domain.money import Money, total


def only_rate(document: Document, order: OrderSnapshot) -> Decimal | None:
    """The rate of all lines, if shipping and fee say no other and the parts at it come to the total.

    A correction that mixes signs is never read like this: which way it goes is not clear.
    """
    rates = {line.rate for line in document.lines if line.price}
    rate = rates.pop() if len(rates) == 1 else None
    if rate is None or not is_plausible(rate) or document.gross_total.minor <= 0:
        return None
    if any(sum_ is not None and sum_.minor < 0 for sum_ in (document.net_total, document.tax_total)):
        return None
    if document.type is DocumentType.CREDIT_NOTE and any(part.minor < 0 for part in _given(document)):
        return None
    if any(share.rate not in (0, rate) for charge in _charges(document, order) for share in charge.taxes):
        return None
    return rate if _adds_up(document, order, rate) else None


def _adds_up(document: Document, order: OrderSnapshot, rate: Decimal) -> bool:
    """To the cent; of net prices within one cent, if tax is put on."""
    fee = order.payment.price if order.payment is not None else None
    known = total(_parts(document), document.currency)
    for whole in (known, known + fee) if fee else (known,):
        if order.tax_model is TaxModel.NET:
            if abs((whole + tax_on_net(whole, rate) - document.gross_total).minor) <= bool(rate):
                return True
        elif whole == document.gross_total:
            return True
    return False


def _parts(document: Document) -> Iterator[Money]:
    yield from _given(document)
    for taken_off in (document.coupon, document.basket_discount):
        if taken_off is not None:
            yield -abs(taken_off)


def _given(document: Document) -> Iterator[Money]:
    yield from (line.price for line in document.lines)
    yield from (extra.price for extra in document.extras)
    if document.shipping is not None:
        yield document.shipping


def _charges(document: Document, order: OrderSnapshot) -> Iterator[Charge]:
    if order.shipping is not None and document.shipping:
        yield order.shipping
    if order.payment is not None and order.payment.price:
        yield order.payment
