"""Tax cases in the order they are asked; each recognises one by place, parties and rates.

The first that answers decides, and the last always answers. What none of them can explain is parked.
"""

from common.domain.case import Trail
from common.domain.reason_codes import Reason
from common.domain.sale import Sale
from common.domain.treatment import TaxCase, Treatment
from common.domain.treatments_abroad import third_country
from common.domain.treatments_eu import distance_sale, taxed_to_company, untaxed_to_member_state
from common.domain.treatments_home import domestic, home_company_abroad, margin_scheme, small_business
from common.domain.verdicts import Park


def mixed_abroad(sale: Sale, trail: Trail) -> Park | None:
    """Goods and services of one document may be taxed in different places; abroad that is not split."""
    return trail.park(Reason.GOODS_AND_SERVICES_MIXED) if sale.kind == "mixed" else None


TAX_CASES: tuple[TaxCase, ...] = (
    small_business,
    margin_scheme,
    domestic,
    home_company_abroad,
    mixed_abroad,
    third_country,
    untaxed_to_member_state,
    taxed_to_company,
    distance_sale,
)


def settle(sale: Sale, trail: Trail) -> Treatment | Park:
    """How the sale is booked, or why not."""
    for tax_case in TAX_CASES:
        if (answer := tax_case(sale, trail)) is not None:
            return answer
    raise AssertionError("the last tax case always answers")
