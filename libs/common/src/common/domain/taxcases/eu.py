"""Tax cases in other member states: supplies to companies, distance sales to everybody else."""

from datetime import timedelta

from common.domain.amounts import is_covered, is_rate_on, state_of
from common.domain.buyers import HOME, VatCheck, VatId
from common.domain.reasons import DocumentReason
from common.domain.stored_words import VatResult
from common.domain.taxcases.corrections import (
    CHECKED_VALID,
    OSS_CASE,
    SHOWN_INVALID,
    SHOWN_UNCHECKED,
    UNCLEAR,
    checked_with_invoice,
    corrects_oss,
    left_of,
    shown_with_invoice,
)
from common.domain.taxcases.sale import Sale
from common.domain.taxcases.treatment import Treatment, untaxed
from common.domain.verdicts import Park, Trail

DESTINATION, ORIGIN = "DESTINATION", "ORIGIN"


def untaxed_to_member_state(sale: Sale, trail: Trail) -> Treatment | Park | None:
    """No VAT into another member state: only to the holder of a VAT id of that state that was checked."""
    if sale.is_taxed:
        return None
    vat_id = sale.vat_id
    if vat_id is None:
        return trail.park(DocumentReason.VAT_ID_MISSING, country=sale.country)
    if not vat_id.is_well_formed:
        return trail.park(DocumentReason.VAT_ID_MALFORMED, vat_id=vat_id.value)
    if vat_id.state != sale.place.state:
        return trail.park(DocumentReason.VAT_ID_OF_OTHER_STATE, vat_id=vat_id.value, country=sale.country)
    return _unchecked(sale, vat_id, trail) or _to_company(sale, trail)


def taxed_to_company(sale: Sale, trail: Trail) -> Park | None:
    """VAT shown to somebody with a VAT id of another member state: the authority says whether he holds it.

    If so the case contradicts itself and needs a person. If not he is nobody identified, and VAT that is
    shown is booked as shown; likewise when nobody answers in time. A correction stands on what was known of
    its invoice.
    """
    vat_id = sale.vat_id
    if vat_id is None or not vat_id.is_well_formed or vat_id.state == HOME:
        return None
    then = shown_with_invoice(sale.case, vat_id.value)
    check = then or _answer(sale, vat_id)
    if check is not None:
        trail.evidence["vat_check"] = check.model_dump(mode="json")
    is_open = check is None or check.result == VatResult.UNAVAILABLE
    if is_open and then is None and not sale.case.check_overdue:
        hours = timedelta(hours=sale.case.settings.vat_check_wait_hours)
        return trail.wait(DocumentReason.VAT_CHECK_PENDING, hours, vat_id=vat_id.value)
    if check is not None and check.result == VatResult.VALID:
        return trail.park(DocumentReason.TAX_SHOWN_TO_COMPANY, vat_id=vat_id.value, country=sale.country)
    trail.fired(SHOWN_UNCHECKED if is_open else SHOWN_INVALID)
    return None


def _answer(sale: Sale, vat_id: VatId) -> VatCheck | None:
    """What is known of the id now."""
    check = sale.case.vat_check
    return check if check is not None and check.vat_id == vat_id.value else None


def distance_sale(sale: Sale, trail: Trail) -> Treatment | Park:
    """To a consumer in another member state: taxed there or in Germany, as the seller's profile says."""
    if sale.case.settings.distance_sales == "park":
        return trail.park(DocumentReason.DISTANCE_SALES_SWITCHED_OFF, country=sale.country)
    principle = sale.case.profile.distance_sales_principle
    if principle not in (DESTINATION, ORIGIN):
        return trail.park(DocumentReason.DISTANCE_SALES_UNSET, country=sale.country)
    if principle == DESTINATION and sale.supplied_from == UNCLEAR:
        invoices = sale.case.in_question
        numbers = ", ".join(left_of(invoices))
        return trail.park(DocumentReason.ORIGINAL_UNCLEAR, invoices=numbers, left=left_of(invoices))
    in_oss = corrects_oss(sale.case)
    treatment = _by_principle(sale, principle, in_oss)
    other = HOME if treatment.rates_of != HOME else sale.place.state or HOME
    is_known = is_covered(treatment.rates_of, sale.supplied_on)
    is_elsewhere = is_known and _is_taxed_in(sale, other) and not _is_taxed_in(sale, treatment.rates_of)
    if is_elsewhere or (in_oss and treatment.name != OSS_CASE):
        return trail.park(
            DocumentReason.DISTANCE_SALES_MISMATCH,
            country=sale.country,
            principle=principle,
            expected_rates_of=state_of(treatment.rates_of),
            rates_of=other,
        )
    trail.fired(treatment.name, distance_sales_principle=principle)
    return treatment


def _unchecked(sale: Sale, vat_id: VatId, trail: Trail) -> Park | None:
    """Form proves little: the authority must have called the id valid; a correction has its invoice's."""
    then = checked_with_invoice(sale.case, vat_id.value)
    if then is not None:
        trail.fired("vat_id.checked_with_invoice", vat_check=then.model_dump(mode="json"))
        return None
    check = _answer(sale, vat_id)
    if check is None or check.result == VatResult.UNAVAILABLE:
        hours = sale.case.settings.vat_check_wait_hours
        if check is not None:
            trail.evidence["vat_check"] = check.model_dump(mode="json")
        return trail.wait(DocumentReason.VAT_CHECK_PENDING, timedelta(hours=hours), vat_id=vat_id.value)
    trail.evidence["vat_check"] = check.model_dump(mode="json")
    if check.result == VatResult.INVALID:
        return trail.park(DocumentReason.VAT_ID_INVALID, vat_id=vat_id.value)
    trail.fired(CHECKED_VALID)
    return None


def _to_company(sale: Sale, trail: Trail) -> Treatment:
    settings = sale.case.settings
    if sale.kind == "services":
        name, category_id = "reverse_charge.member_state", settings.reverse_charge_category_id
    else:
        name, category_id = "intra_community_supply", settings.intra_community_category_id
    trail.fired(name)
    return untaxed(name, category_id, company_only=True)


def _by_principle(sale: Sale, principle: str, in_oss: bool | None) -> Treatment:
    """A correction goes to the return its invoice was in, whatever day the registration begins."""
    settings, is_service = sale.case.settings, sale.kind == "services"
    if principle == ORIGIN:
        category_id = settings.origin_services_category_id if is_service else settings.origin_category_id
        return Treatment("distance_sale.origin", HOME, category_id, real_contact=True, unmixed=True)
    is_before = settings.oss_since is not None and sale.supplied_on < settings.oss_since
    if is_before if in_oss is None else not in_oss:
        category_id = settings.services_category_id if is_service else settings.category_id
        return Treatment("distance_sale.before_oss", HOME, category_id, real_contact=True)
    category_id = settings.oss_services_category_id if is_service else settings.oss_category_id
    return Treatment(
        OSS_CASE,
        sale.place.rates_of or HOME,
        category_id,
        real_contact=True,
        keeps_supply_day=sale.case.is_correction,
        unmixed=True,
    )


def _is_taxed_in(sale: Sale, country: str) -> bool:
    return all(is_rate_on(country, rate, sale.supplied_on) for rate in sale.rates if rate)
