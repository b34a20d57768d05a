"""Documents and charges written by their amounts, for tests of how a total splits over the rates."""

from decimal import Decimal
from typing import Any

from common.domain.documents import Charge, Document, DocumentLine, OrderSnapshot, TaxShare
from common.domain.reasons import DocumentReason
from common.domain.verdicts import Decision, Park
from factories.documents import decide_on, euro, make_invoice, make_line, make_order, make_payment


def split_of(document: Document, order: OrderSnapshot | None = None) -> dict[str, tuple[str, str]]:
    """Rate to gross and tax."""
    decision = decide_on(document, order)
    assert isinstance(decision, Decision), decision
    return {str(line.rate): (str(line.gross.decimal), str(line.tax.decimal)) for line in decision.lines}


def refused(document: Document, order: OrderSnapshot | None = None) -> DocumentReason:
    """Why the document is parked."""
    park = decide_on(document, order)
    assert isinstance(park, Park), park
    return park.reason


def charge(price: str, **taxes: str) -> Charge:
    """A shipping charge with its taxes, written as `at19="0.78"`."""
    shares = tuple(TaxShare(rate=Decimal(rate[2:]), tax=euro(tax)) for rate, tax in taxes.items())
    return Charge(name="Paket", price=euro(price), taxes=shares)


def lines(**prices: str) -> tuple[DocumentLine, ...]:
    """One line per rate, written as `at19="49.90"`."""
    return tuple(make_line(price, rate[2:], line_id=rate) for rate, price in prices.items())


def invoice(gross: str, tax: str | None = None, **over: Any) -> Document:
    """An invoice over this gross total, with the shop's tax total if given."""
    values = {"gross_total": euro(gross), "tax_total": None if tax is None else euro(tax)} | over
    return make_invoice(**values)


def fee(price: str, **taxes: str) -> OrderSnapshot:
    """An order whose payment method costs this much."""
    payment = make_payment(price, taxes=charge(price, **taxes).taxes)
    return make_order(payment=payment)
