"""Tax cases: each function recognises one by place and parties and says which categories and rates it has.

The first that answers decides. One of them books, safely domestic sales; whatever is abroad is parked.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from common.domain.case import Case, Trail
from common.domain.cleaning import clean
from common.domain.documents import Address
from common.domain.reason_codes import Reason
from common.domain.verdicts import Park

TERRITORY_ZIPS = {"27498": "Helgoland", "78266": "Büsingen"}
_TERRITORY_CITY = re.compile(r"helgoland|b(?:ü|ue)singen", re.IGNORECASE)
_NOT_DIGITS = re.compile(r"\D")
_NOT_ID = re.compile(r"[^0-9A-Z]")


@dataclass(frozen=True, slots=True)
class Treatment:
    """How a tax case is booked: the country whose rates hold, and where taxed and untaxed amounts go."""

    name: str
    rates_of: str
    category_id: str
    zero_category_id: str | None


TaxCase = Callable[[Case, Trail], Treatment | Park | None]


def country_missing(case: Case, trail: Trail) -> Park | None:
    """Without both countries the place of supply cannot be known."""
    if _country(case.document.address) and _country(_ship_to(case)):
        return None
    which = "delivery" if _country(case.document.address) else "invoice"
    return trail.park(Reason.COUNTRY_UNKNOWN, address=which)


def special_territory(case: Case, trail: Trail) -> Park | None:
    """Heligoland and Büsingen have a German address and lie outside the VAT area."""
    for address in (case.document.address, _ship_to(case)):
        territory = _territory(address) if address is not None else None
        if territory:
            return trail.park(Reason.TERRITORY_OUTSIDE_VAT_AREA, territory=territory)
    return None


def domestic(case: Case, trail: Trail) -> Treatment | None:
    """Invoice and delivery address in Germany: German rates, the merchant's categories."""
    if _country(case.document.address) != "DE" or _country(_ship_to(case)) != "DE":
        return None
    trail.fired("domestic", country="DE")
    return Treatment("domestic", "DE", case.settings.category_id, case.settings.domestic_zero_category_id)


def abroad(case: Case, trail: Trail) -> Park:
    """Everything else has a foreign address and needs a person."""
    invoice_country, delivery_country = _country(case.document.address), _country(_ship_to(case))
    reason = Reason.DELIVERY_ABROAD if invoice_country == "DE" else Reason.NOT_DOMESTIC
    return trail.park(reason, invoice_country=invoice_country, delivery_country=delivery_country)


TAX_CASES: tuple[TaxCase, ...] = (country_missing, special_territory, domestic, abroad)


def foreign_vat_id(case: Case) -> str | None:
    """A VAT id of another state that the buyer has on any address of the sale."""
    for address in (case.document.address, case.order.billing_address, case.order.shipping_address):
        vat_id = _NOT_ID.sub("", clean(address.vat_id).upper()) if address is not None else ""
        if len(vat_id) > 2 and vat_id[:2].isalpha() and not vat_id.startswith("DE"):
            return vat_id
    return None


def _ship_to(case: Case) -> Address | None:
    """The delivery address; without one goods go to the order's billing address, else to the document's."""
    order, billing = case.order, case.order.billing_address
    if order.shipping_address is not None:
        return order.shipping_address
    return billing if billing is not None and _country(billing) else case.document.address


def _country(address: Address | None) -> str:
    return "" if address is None else clean(address.country).upper()


def _territory(address: Address) -> str | None:
    if _country(address) != "DE":
        return None
    territory = TERRITORY_ZIPS.get(_NOT_DIGITS.sub("", address.zip_code or ""))
    if territory is None and _TERRITORY_CITY.search(address.city or ""):
        territory = clean(address.city)
    return territory
