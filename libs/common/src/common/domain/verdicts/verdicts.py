"""What can be decided about a document: a voucher to write, a reason to park it, a rule that excludes it."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import JsonValue

from common.domain.buyers import Customer, VatCheck
from common.domain.documents import Document, Fact, lines_key
from common.domain.money import Money, total
from common.domain.reasons import DocumentReason
from common.domain.stored_words import DocumentStatus

VoucherType = Literal["salesinvoice", "salescreditnote"]


class CollectiveContact(Fact):
    """The books' one contact for all customers; the name is shown on the voucher only."""

    name: str | None = None


class SingleContact(Fact):
    """A contact of the customer's own; `why` names what asks for it, `tax_free` that it is shown no VAT."""

    customer: Customer
    why: Literal["category", "settings"]
    tax_free: bool = False


Contact = CollectiveContact | SingleContact


class VoucherLine(Fact):
    """The amount of one category and rate, with the tax inside it by the column method."""

    category_id: str
    rate: Decimal
    gross: Money
    tax: Money


class Decision(Fact):
    """A voucher as it must stand in the books; the gross total is the document's, to the cent.

    The writer puts its own marker before the remark. A due date is absent because the shop names none.
    """

    voucher_type: VoucherType
    voucher_number: str
    voucher_on: date
    shipping_on: date | None
    lines: tuple[VoucherLine, ...]
    gross_total: Money
    tax_total: Money
    contact: Contact
    remark: str
    rules: tuple[str, ...]
    evidence: dict[str, JsonValue]


class Park(Fact):
    """The document cannot be booked as things stand; `params` names what exactly is wrong.

    `waits`, else that of the reason's text: the writer shows the document as waiting for that long first.
    """

    reason: DocumentReason
    params: dict[str, JsonValue]
    rules: tuple[str, ...]
    evidence: dict[str, JsonValue]
    waits: timedelta | None = None


class Exclude(Fact):
    """The document is left out on purpose, by the named rule."""

    rule: str
    rules: tuple[str, ...]
    evidence: dict[str, JsonValue]


Verdict = Decision | Park | Exclude


class CorrectedInvoice(Fact):
    """An invoice of the order a correction belongs to, and where it stands.

    `supplied_on` is the day its rates were decided by. `gross_by_rate` is what was booked of it, and
    `corrected_by_rate` what other corrections took back already; None while nothing of it was booked by us.
    `in_oss`: whether it was booked for the One-Stop-Shop, None where that is not known. `checked` is the
    check of the buyer's VAT id that it was decided with. `created_at`: when its record was made. `lines_key`
    is equal to that of documents of equal lines. `left_out` is what corrections took back that were left out
    with it.
    """

    number: str
    issued_on: date
    gross_total: Money
    outcome: DocumentStatus
    supplied_on: date | None = None
    gross_by_rate: dict[Decimal, Money] | None = None
    corrected_by_rate: dict[Decimal, Money] = {}
    in_oss: bool | None = None
    checked: VatCheck | None = None
    created_at: datetime | None = None
    lines_key: str | None = None
    left_out: Money | None = None

    def left_at(self, rate: Decimal) -> Money | None:
        """What is left of the invoice at the rate; None while nothing of it was booked by us."""
        if self.gross_by_rate is None:
            return None
        nothing = Money.zero(self.gross_total.currency)
        return self.gross_by_rate.get(rate, nothing) - self.corrected_by_rate.get(rate, nothing)

    @property
    def left(self) -> Money:
        """What is left of the invoice in all, as far as corrections name it."""
        currency = self.gross_total.currency
        taken = total(self.corrected_by_rate.values(), currency)
        return abs(self.gross_total) - taken - (self.left_out or Money.zero(currency))


class CorrectionContext(Fact):
    """What is known of the invoices a correction may refer to: all invoices of the same order.

    `corrected_by_rate` is what corrections took back that name none of them, `corrected_unsplit` what others
    did of which only the total is known.
    """

    candidates: tuple[CorrectedInvoice, ...] = ()
    corrected_by_rate: dict[Decimal, Money] = {}
    corrected_unsplit: Money | None = None

    def left_for(self, correction: Document) -> tuple[CorrectedInvoice, ...]:
        """The invoices the correction may take back: none made after it, none with nothing left at its rates.

        Where that leaves no invoice it says nothing, and all are possible.
        """
        rates = {line.rate for line in correction.lines if line.price and line.rate is not None}
        made = [one for one in self.candidates if not _is_made_after(one, correction)] or self.candidates
        return tuple(one for one in made if _has_left(one, rates)) or tuple(made)

    def corrected_by(self, correction: Document) -> CorrectedInvoice | None:
        """The invoice that is meant: the only one left, or of those the only one of equal total or lines."""
        left = self.left_for(correction)
        if len(left) == 1:
            return left[0]
        of_total = [one for one in left if one.gross_total == abs(correction.gross_total)]
        of_lines = [one for one in of_total or left if one.lines_key == lines_key(correction)]
        return next((found[0] for found in (of_total, of_lines) if len(found) == 1), None)


def _is_made_after(invoice: CorrectedInvoice, correction: Document) -> bool:
    if invoice.created_at is None or correction.created_at is None:
        return False
    return invoice.created_at > correction.created_at


def _has_left(invoice: CorrectedInvoice, rates: set[Decimal]) -> bool:
    """Whether something is left in all and at each rate, as far as that is known."""
    if invoice.left.minor <= 0:
        return False
    return all(left is None or left.minor > 0 for left in map(invoice.left_at, rates))
