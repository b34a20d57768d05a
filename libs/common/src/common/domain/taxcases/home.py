"""Tax cases at home: small business, margin scheme, sales taxed in Germany."""

import re
from datetime import date

from common.domain.buyers import HOME
from common.domain.cleaning import clean
from common.domain.documents import DocumentLine
from common.domain.reasons import DocumentReason
from common.domain.taxcases.sale import Sale
from common.domain.taxcases.treatment import Treatment, untaxed
from common.domain.verdicts import Park, Trail

NEW_CATEGORY_SINCE = date(2026, 4, 28)
_MARGIN_CLASS = re.compile(r"differenz|25\s?a\b", re.IGNORECASE)
_MARGIN_NAME = re.compile(r"differenzbesteuer|§\s?25\s?a\b", re.IGNORECASE)


def small_business(sale: Sale, trail: Trail) -> Treatment | Park | None:
    """A small business shows no VAT anywhere; the books changed its category on a day of 2026."""
    if not sale.case.profile.small_business:
        return None
    if sale.is_taxed:
        return trail.park(DocumentReason.SMALL_BUSINESS_TAXED)
    settings = sale.case.settings
    is_new = sale.case.document.issued_on >= NEW_CATEGORY_SINCE
    category_id = settings.small_business_category_id if is_new else settings.small_business_before_id
    trail.fired("small_business", category_period="since 2026-04-28" if is_new else "before 2026-04-28")
    return untaxed("small_business", category_id, real_contact=False, tax_free=False)


def margin_scheme(sale: Sale, trail: Trail) -> Treatment | Park | None:
    """Second-hand goods under § 25a: never a tax taken out of the gross, and only into a category of its own.

    The shop has no field for it. It is recognised by the name of the tax class or by the name of the line.
    """
    lines = [line for line in sale.lines if line.price]
    marked = [line for line in lines if _is_margin(line)]
    if not marked:
        return None
    category_id = sale.case.settings.margin_category_id
    if category_id is None or sale.is_taxed or len(marked) < len(lines):
        return trail.park(
            DocumentReason.MARGIN_SCHEME, marked_lines=len(marked), lines=len(lines), taxed=sale.is_taxed
        )
    trail.fired("margin_scheme")
    return untaxed("margin_scheme", category_id, real_contact=False, tax_free=False)


def domestic(sale: Sale, trail: Trail) -> Treatment | Park | None:
    """Taxed in Germany: German rates and the merchant's categories; 0 % needs a reason of its own."""
    if not sale.place.is_home:
        return None
    if sale.has_untaxed and sale.is_to_company:
        answer = _untaxed_to_company(sale, trail)
        if answer is not None:
            return answer
    return _taxed_at_home(sale, "domestic", trail)


def home_company_abroad(sale: Sale, trail: Trail) -> Treatment | Park | None:
    """A company with a German VAT id has goods sent to another member state: taxed here.

    No distance sale, because it is no consumer; and not free of tax, because no other state identifies it.
    """
    vat_id = sale.vat_id
    if sale.place.state is None or vat_id is None or not vat_id.is_well_formed or vat_id.state != HOME:
        return None
    if not sale.is_taxed:
        return trail.park(DocumentReason.VAT_ID_NOT_FOREIGN, vat_id=vat_id.value, country=sale.country)
    return _taxed_at_home(sale, "domestic.home_company_abroad", trail)


def _taxed_at_home(sale: Sale, name: str, trail: Trail) -> Treatment:
    settings = sale.case.settings
    trail.fired(name)
    return Treatment(
        name,
        rates_of=HOME,
        category_id=settings.services_category_id if sale.kind == "services" else settings.category_id,
        zero_by_cause=True,
        zero_reason=DocumentReason.ZERO_RATE_UNMAPPED,
    )


def _untaxed_to_company(sale: Sale, trail: Trail) -> Treatment | Park | None:
    """A company may owe the tax itself; which it is, only the merchant knows. None: as for anybody else."""
    if sale.vat_id is not None and sale.vat_id.is_foreign:
        return trail.park(DocumentReason.BUYER_VAT_ID_FOREIGN, state=sale.vat_id.value[:2])
    choice = sale.case.settings.domestic_zero_to_companies
    if choice == "zero_rate":
        trail.fired("domestic.zero_rate_to_company")
        return None
    if choice == "park" or sale.is_taxed:
        return trail.park(DocumentReason.ZERO_RATE_TO_COMPANY)
    trail.fired("reverse_charge.domestic")
    category_id = sale.case.settings.reverse_charge_category_id
    return untaxed("reverse_charge.domestic", category_id, company_only=True)


def _is_margin(line: DocumentLine) -> bool:
    return bool(_MARGIN_CLASS.search(clean(line.tax_class)) or _MARGIN_NAME.search(clean(line.name)))
