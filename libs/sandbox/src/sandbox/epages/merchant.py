"""What buyers and the merchant do in one shop: order, pay, send, draft, finalise and credit."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sandbox.clock import Clock
from sandbox.epages.basket import Basket, Pick, take
from sandbox.epages.checkout import make_order
from sandbox.epages.models import Address, Document, DocumentType, Order, Pdf, Shop
from sandbox.epages.specs import ChangeSpec, DocumentSpec, FinaliseSpec, OrderSpec, PickSpec
from sandbox.epages.state import ShopState
from sandbox.epages.values import guid, stamp

Notify = Callable[[Shop, str, Order], None]
TIME_ZONES = {"DE": "Europe/Berlin", "AT": "Europe/Vienna", "CH": "Europe/Zurich"}


class Impossible(Exception):
    """The shop administration does not allow this."""


class Merchant:
    """Acts in one shop; every action is saved at once and announced as the platform would."""

    def __init__(self, state: ShopState, clock: Clock, notify: Notify, tax_free_lines: str = "gross") -> None:
        self._state, self._clock, self._now, self._notify = state, clock, clock.now, notify
        self._tax_free_lines = tax_free_lines

    def place(self, spec: OrderSpec) -> Order:
        """A buyer places an order."""
        order = make_order(self._state, spec, self._now(), self._tax_free_lines)
        self._state.save(order)
        self._notify(self._state.shop, "ORDER_CREATE", order)
        return order

    def draft(self, order: Order, spec: FinaliseSpec) -> Document:
        """A document that the API does not show yet; the order counts as unchanged."""
        document = self._new_document(order, spec, spec.type, self._part(order.basket, spec))
        order.documents.append(document)
        self._state.save(order)
        return document

    def finalise(self, order: Order, spec: FinaliseSpec) -> Document:
        """A document with a number, visible at once; the order counts as updated."""
        if spec.document_id is None:
            document = self._new_document(order, spec, spec.type, self._part(order.basket, spec))
            order.documents.append(document)
        else:
            document = _draft_of(order, spec.document_id)
            document.address = document.address | spec.address
            if spec.issue_date is not None:
                document.issued = self._issue_stamp(spec.issue_date, self._now())
        return self._finalise(order, document, spec)

    def credit(self, order: Order, spec: DocumentSpec, invoice_number: str | None = None) -> Document:
        """A credit note over an invoice of the order, whole unless lines are named."""
        invoice = _invoice_of(order, invoice_number)
        document = self._new_document(order, spec, "CreditNote", self._part(invoice.basket, spec))
        order.documents.append(document)
        return self._finalise(order, document, spec)

    def change(self, order: Order, document: Document, spec: ChangeSpec) -> Document:
        """Other content under the same number, as only the older interface of the platform allows."""
        if spec.address:
            document.address = document.address | spec.address
        if spec.issue_date is not None:
            document.issued = self._issue_stamp(spec.issue_date, self._now())
        if spec.override_totals:
            document.overrides = dict(spec.override_totals)
        line = document.basket.lines[spec.line]
        changes = {"price": spec.price, "quantity": spec.quantity, "rate": spec.rate}
        given = {name: value for name, value in changes.items() if value is not None}
        file = spec.pdf or spec.einvoice
        nothing = not (given or spec.address or spec.issue_date or spec.override_totals or file)
        if nothing:
            given = {"quantity": line.quantity + 1}
        lines = list(document.basket.lines)
        lines[spec.line] = line.model_copy(update=given)
        document.basket = document.basket.model_copy(update={"lines": lines})
        if spec.pdf is not None:
            document.pdf = Pdf(mode=spec.pdf)
        if spec.einvoice is not None:
            document.einvoice = spec.einvoice
        self.touch(order)
        return document

    def set_dates(self, order: Order, dates: Mapping[str, str | None]) -> None:
        """Status dates set or, with None, taken back; the order counts as updated."""
        for name, value in dates.items():
            if value is None:
                order.dates.pop(name, None)
            else:
                order.dates[name] = value
        self.touch(order)

    def touch(self, order: Order) -> None:
        """The order counts as updated now."""
        order.updated = stamp(self._now())
        self._state.save(order)
        self._notify(self._state.shop, "ORDER_UPDATE", order)

    def delete(self, order: Order) -> None:
        """The order and its documents are gone."""
        self._state.delete(order)
        self._notify(self._state.shop, "ORDER_DELETE", order)

    def _finalise(self, order: Order, document: Document, spec: DocumentSpec) -> Document:
        at = spec.at or self._now()
        document.number = spec.number or self._next_number(document.type, at)
        document.finalised = order.updated = stamp(at)
        wait = timedelta(seconds=self._clock.real(spec.pdf_seconds))
        available = stamp(at + wait) if spec.pdf == "late" else None
        document.pdf = Pdf(mode=spec.pdf, available=available)
        document.einvoice = spec.einvoice or self._state.shop.einvoices
        if document.type == "Invoice":
            order.dates.setdefault("invoicedOn", order.updated)
        self._state.save(order)
        if self._state.shop.webhook_on_finalise:
            self._notify(self._state.shop, "ORDER_UPDATE", order)
        return document

    def _new_document(
        self, order: Order, spec: DocumentSpec, document_type: DocumentType, basket: Basket
    ) -> Document:
        at = spec.at or self._now()
        address: Address = {**order.billing, **spec.address}
        place = len(order.documents)
        return Document(
            document_id=guid(order.order_id, "document", place),
            type=document_type,
            created=stamp(spec.created_at or at),
            issued=self._issue_stamp(spec.issue_date, at),
            address=address,
            basket=basket,
            overrides=dict(spec.override_totals),
            negative=spec.negative,
        )

    def _part(self, basket: Basket, spec: DocumentSpec) -> Basket:
        if spec.lines is None and spec.shipping_price is None:
            return basket.model_copy()  # lines are replaced, never changed
        if spec.lines is None:
            part = take(basket, [], spec.shipping_price or Decimal(0))
            return basket.model_copy(update={"shipping": part.shipping})
        return take(basket, _picks(basket, spec.lines), spec.shipping_price or Decimal(0))

    def _issue_stamp(self, given: date | datetime | None, at: datetime) -> str:
        if isinstance(given, datetime):
            return stamp(given)
        zone = ZoneInfo(TIME_ZONES.get(self._state.shop.country, "UTC"))
        day = given or at.astimezone(zone).date()
        return stamp(datetime.combine(day, time(), tzinfo=zone))

    def _next_number(self, document_type: DocumentType, at: datetime) -> str:
        shop = self._state.shop
        shared = shop.shared_numbers or document_type == "Invoice"
        counter = "invoice" if shared else "credit-note"
        shop.counters[counter] = shop.counters.get(counter, 0) + 1
        prefix = shop.invoice_prefix if shared else shop.credit_note_prefix
        return f"{prefix}{at.year}-{shop.counters[counter]:04d}"


def _picks(basket: Basket, wanted: Sequence[PickSpec]) -> list[Pick]:
    picks = []
    for pick in wanted:
        if pick.index >= len(basket.lines):
            raise Impossible(f"there is no line {pick.index}")
        picks.append(Pick(pick.index, pick.quantity or basket.lines[pick.index].quantity))
    return picks


def _draft_of(order: Order, document_id: str) -> Document:
    for document in order.documents:
        if document.document_id == document_id:
            if document.finalised:
                raise Impossible("this document is finalised already")
            return document
    raise Impossible("the order has no such draft")


def _invoice_of(order: Order, number: str | None) -> Document:
    for document in order.finalised():
        if document.type == "Invoice" and number in (None, document.number):
            return document
    raise Impossible("there is no such invoice to credit")
