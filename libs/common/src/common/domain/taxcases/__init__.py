"""Which VAT case a sale is: at home, in the EU, abroad, and corrections of each."""

from common.domain.taxcases.causes import is_voucher, zero_category
from common.domain.taxcases.corrections import (
    CHECKED_VALID,
    DOCUMENT,
    OSS_CASE,
    SHOWN_INVALID,
    SHOWN_UNCHECKED,
    original_booked,
    supplied_on,
    within_invoice,
)
from common.domain.taxcases.order import choose_treatment
from common.domain.taxcases.sale import PICKED_UP, Sale, find_places, sale_of, supplied_at_shop
from common.domain.taxcases.treatment import Treatment, vouchers_only

__all__ = [
    "CHECKED_VALID",
    "DOCUMENT",
    "OSS_CASE",
    "PICKED_UP",
    "SHOWN_INVALID",
    "SHOWN_UNCHECKED",
    "Sale",
    "Treatment",
    "choose_treatment",
    "find_places",
    "is_voucher",
    "original_booked",
    "sale_of",
    "supplied_at_shop",
    "supplied_on",
    "vouchers_only",
    "within_invoice",
    "zero_category",
]
