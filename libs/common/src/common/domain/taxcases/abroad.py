"""Tax cases outside the VAT area: goods that leave it, and services for customers there."""

from common.domain.reasons import DocumentReason
from common.domain.taxcases.sale import Sale
from common.domain.taxcases.treatment import Treatment, untaxed
from common.domain.verdicts import Park, Trail


def third_country(sale: Sale, trail: Trail) -> Treatment | Park | None:
    """No VAT outside the VAT area; VAT that was shown all the same is owed and never dropped."""
    if sale.place.state is not None:
        return None
    if sale.is_taxed:
        return trail.park(DocumentReason.TAX_SHOWN_ON_EXPORT, country=sale.country)
    settings = sale.case.settings
    if sale.kind == "services":
        name, category_id = "export.services", settings.export_services_category_id
    else:
        name, category_id = "export.goods", settings.export_category_id
    trail.fired(name)
    if not _needs_company(sale, category_id):
        return untaxed(name, category_id)
    if sale.is_to_company:
        return untaxed(name, category_id, company_only=True)
    trail.fired("export.person_as_income", export_category_refuses_persons=category_id)
    return untaxed(name, settings.zero_income_category_id)


def _needs_company(sale: Sale, category_id: str) -> bool:
    return category_id in sale.case.settings.company_only_category_ids
