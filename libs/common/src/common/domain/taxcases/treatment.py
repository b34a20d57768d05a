"""How a tax case is booked: whose rates hold, which categories, and what they ask of the contact."""

from collections.abc import Callable
from dataclasses import dataclass

from common.domain.reasons import DocumentReason
from common.domain.taxcases.sale import Sale
from common.domain.verdicts import Park, Trail


@dataclass(frozen=True, slots=True)
class Treatment:
    """How a sale is treated, as its tax case chose.

    `rates_of`: the country whose rates above zero hold. `zero_category_id`: where untaxed amounts go; None
    means that this case explains no 0 %, and `zero_reason` says why that parks the document.
    `zero_by_cause`: untaxed amounts go by what the merchant said of each line.
    `real_contact`: a contact of the customer's own is needed; `company_only`: and it must be a company.
    `unmixed`: the books take nothing of another category beside it.
    `keeps_supply_day`: the day of supply is sent with a correction too, because the return is filed by it.
    """

    name: str
    rates_of: str
    category_id: str
    zero_category_id: str | None = None
    zero_reason: DocumentReason = DocumentReason.ZERO_RATE_UNEXPLAINED
    real_contact: bool = False
    company_only: bool = False
    tax_free: bool = False
    keeps_supply_day: bool = False
    zero_by_cause: bool = False
    unmixed: bool = False


TaxCase = Callable[[Sale, Trail], Treatment | Park | None]


def untaxed(
    name: str,
    category_id: str,
    *,
    real_contact: bool = True,
    company_only: bool = False,
    tax_free: bool = True,
) -> Treatment:
    """A case in which nothing is taxed and all goes to one category."""
    return Treatment(
        name,
        rates_of="",
        category_id=category_id,
        zero_category_id=category_id,
        real_contact=real_contact,
        company_only=company_only,
        tax_free=tax_free,
    )


def vouchers_only(category_id: str) -> Treatment:
    """A document that sells nothing: only vouchers, which are owed."""
    return Treatment("multi_purpose_voucher", rates_of="", category_id=category_id)
