"""Which contact a voucher goes to: the books' collective one, or one of the customer's own."""

from common.domain.buyers import customer_of
from common.domain.cleaning import clean
from common.domain.money import Money
from common.domain.reasons import DocumentReason
from common.domain.stored_words import ContactKind
from common.domain.taxcases import SHOWN_INVALID, Sale, Treatment
from common.domain.verdicts import (
    CollectiveContact,
    Contact,
    DecisionInput,
    Park,
    SingleContact,
    Trail,
    contact_name,
)


def choose_contact(sale: Sale, treatment: Treatment, category_ids: set[str], trail: Trail) -> Contact | Park:
    """A contact of its own where the tax case or a category demands it, whatever the settings say."""
    case = sale.case
    demanding = sorted(id for id in category_ids if case.categories[id].contact_required)
    is_forced = treatment.real_contact or bool(demanding)
    if not is_forced and not _is_wished(sale):
        trail.fired("contact.collective")
        return CollectiveContact(name=contact_name(case.document.address))
    customer = customer_of(case.document.address, case.order, sale.invoice_place.country)
    if customer is None and is_forced:
        return trail.park(DocumentReason.CUSTOMER_UNUSABLE)
    if customer is None:
        trail.fired("contact.collective_without_name")
        return CollectiveContact()
    if treatment.company_only and customer.kind != ContactKind.COMPANY:
        return trail.park(DocumentReason.COMPANY_NAME_MISSING)
    if SHOWN_INVALID in trail.rules:
        customer = customer.model_copy(update={"vat_id": None})
    elif sale.vat_id is not None and sale.vat_id.is_well_formed:
        customer = customer.model_copy(update={"vat_id": sale.vat_id.value})
    if not is_forced:
        trail.fired("contact.single_by_settings")
        return SingleContact(customer=customer, why="settings")
    trail.fired("contact.single_forced", contact_forced_by=demanding[0] if demanding else treatment.name)
    return SingleContact(customer=customer, why="category", tax_free=treatment.tax_free)


def _is_wished(sale: Sale) -> bool:
    settings = sale.case.settings
    return settings.contacts == "single" or (settings.contacts == "rule" and _meets_rule(sale))


def _meets_rule(sale: Sale) -> bool:
    rule, case = sale.case.settings.contact_rule, sale.case
    is_abroad = not sale.invoice_place.is_home
    is_large = rule.from_gross is not None and _size(case) >= Money.of(rule.from_gross)
    return (
        (rule.abroad and is_abroad)
        or (rule.companies and sale.is_to_company)
        or (rule.registered and _has_account(case))
        or is_large
    )


def _size(case: DecisionInput) -> Money:
    """The document's total; a correction follows its invoice, so that both go to one contact."""
    totals = [invoice.gross_total for invoice in case.in_question]
    return max(abs(total) for total in (case.document.gross_total, *totals))


def _has_account(case: DecisionInput) -> bool:
    return bool(clean(case.order.customer_number))
