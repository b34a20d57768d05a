"""What can be decided about a document: a voucher to write, a reason to park it, a rule that excludes it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import JsonValue

from common.domain.customers import Customer
from common.domain.documents import Fact
from common.domain.money import Money
from common.domain.reason_codes import Reason
from common.domain.vat_checks import VatCheck

VoucherType = Literal["salesinvoice", "salescreditnote"]
OriginalOutcome = Literal["booked", "waiting", "parked", "excluded"]


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

    reason: Reason
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


class OriginalInvoice(Fact):
    """An invoice of the order a correction belongs to, and where it stands.

    `supplied_on` is the day its rates were decided by. `gross_by_rate` is what was booked of it, and
    `corrected_by_rate` what other corrections took back already; None while nothing of it was booked by us.
    `in_oss`: whether it was booked for the One-Stop-Shop, None where that is not known. `checked` is the
    check of the buyer's VAT id that it was booked tax-free with.
    """

    number: str
    issued_on: date
    gross_total: Money
    outcome: OriginalOutcome
    supplied_on: date | None = None
    gross_by_rate: dict[Decimal, Money] | None = None
    corrected_by_rate: dict[Decimal, Money] = {}
    in_oss: bool | None = None
    checked: VatCheck | None = None


class Original(Fact):
    """What is known of the invoices a correction may refer to: all invoices of the same order.

    `corrected_by_rate` is what corrections took back that name none of them, `corrected_unsplit` what others
    did of which only the total is known.
    """

    candidates: tuple[OriginalInvoice, ...] = ()
    corrected_by_rate: dict[Decimal, Money] = {}
    corrected_unsplit: Money | None = None

    def corrected_by(self, gross_total: Money) -> OriginalInvoice | None:
        """The invoice that is meant: the only one, or the only one of equal total; None if unclear."""
        if len(self.candidates) == 1:
            return self.candidates[0]
        equal = [invoice for invoice in self.candidates if invoice.gross_total == abs(gross_total)]
        return equal[0] if len(equal) == 1 else None
