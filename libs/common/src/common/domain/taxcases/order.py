"""Tax cases in the order they are asked; each recognises one by place, parties and rates.

The first that answers decides, and the last always answers. What none of them can explain is parked.
"""

from common.domain.reasons import DocumentReason
from common.domain.taxcases.abroad import third_country
from common.domain.taxcases.eu import distance_sale, taxed_to_company, untaxed_to_member_state
from common.domain.taxcases.home import domestic, home_company_abroad, margin_scheme, small_business
from common.domain.taxcases.sale import Sale
from common.domain.taxcases.treatment import TaxCase, Treatment
from common.domain.verdicts import Park, Trail


def mixed_abroad(sale: Sale, trail: Trail) -> Park | None:
    """Goods and services of one document may be taxed in different places; abroad that is not split."""
    return trail.park(DocumentReason.GOODS_AND_SERVICES_MIXED) if sale.kind == "mixed" else None


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


def choose_treatment(sale: Sale, trail: Trail) -> Treatment | Park:
    """How the sale is booked, or why not."""
    for tax_case in TAX_CASES:
        if (answer := tax_case(sale, trail)) is not None:
            return answer
    raise AssertionError("the last tax case always answers")
