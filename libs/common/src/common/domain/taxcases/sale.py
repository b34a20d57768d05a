"""A sale as the tax cases see it: what was sold, where it is taxed, to whom, at which rates, on which day."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from common.domain.amounts import Split
from common.domain.buyers import (
    HOME,
    NORTHERN_IRELAND,
    Place,
    UnclearPlace,
    VatId,
    buyers_vat_id,
    company_name,
    goods_address,
    place_of,
)
from common.domain.cleaning import clean
from common.domain.documents import DocumentLine
from common.domain.reasons import DocumentReason
from common.domain.taxcases.causes import is_voucher
from common.domain.taxcases.corrections import supplied_on
from common.domain.verdicts import DecisionInput, Park, Trail

Kind = Literal["goods", "services", "mixed"]
PICKED_UP = "picked_up"
_PICKUP = re.compile(
    r"selbst-?\s?abhol|abholung|abhole[nr]|abgeholt|pick-?\s?up|"
    r"click\s?(?:&|and|und)\s?collect|collect in store",
    re.IGNORECASE,
)
_NO_PICKUP = re.compile(
    r"packstation|paket-?\s?shop|alt-?\s?ger(?:ä|ae)t|spedition|kurier|\b(?:post|dhl|dpd|gls|hermes|ups\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the document is addressed to and where the goods went."""

    invoice: Place
    delivery: Place


@dataclass(frozen=True, slots=True)
class Sale:
    """What a tax case may look at beside the material itself; `place` is where the sale is taxed."""

    case: DecisionInput
    kind: Kind
    place: Place
    invoice_place: Place
    rates: frozenset[Decimal]
    vat_id: VatId | None
    supplied_on: date
    supplied_from: str

    @property
    def is_taxed(self) -> bool:
        """Whether the document shows any VAT."""
        return any(self.rates)

    @property
    def has_untaxed(self) -> bool:
        """Whether the document has amounts without VAT."""
        return not all(self.rates)

    @property
    def is_to_company(self) -> bool:
        """Whether the buyer acts as a company: a company's name or something like a VAT id says so."""
        address = self.case.document.address
        named = address is not None and company_name(address.company) is not None
        return named or (self.vat_id is not None and self.vat_id.value[:2].isalpha())

    @property
    def lines(self) -> tuple[DocumentLine, ...]:
        """The lines that sell something; a multi-purpose voucher sells nothing yet."""
        return sold_lines(self.case)

    @property
    def country(self) -> str:
        """The place of taxation, for people."""
        return self.place.country


def find_places(case: DecisionInput, trail: Trail) -> Places | Park:
    """Both places, or a park: without them nobody knows where a sale is taxed, and it is never guessed."""
    delivered_to = goods_address(case.document, case.order)
    invoice, delivery = place_of(case.document.address), place_of(delivered_to)
    for which, address, place in (
        ("invoice", case.document.address, invoice),
        ("delivery", delivered_to, delivery),
    ):
        if isinstance(place, UnclearPlace):
            reason = (
                DocumentReason.COUNTRY_UNKNOWN
                if place is UnclearPlace.UNKNOWN
                else DocumentReason.COUNTRY_CONTRADICTORY
            )
            country = clean(address.country)[:40] if address is not None else ""
            return trail.park(reason, address=which, country=country)
    assert isinstance(invoice, Place) and isinstance(delivery, Place)
    if case.order.shipping_address is None and delivery != invoice:
        return trail.park(
            DocumentReason.COUNTRY_CONTRADICTORY,
            invoice_country=invoice.country,
            order_country=delivery.country,
        )
    return Places(invoice, delivery)


def sale_of(case: DecisionInput, places: Places, split: Split, trail: Trail) -> Sale:
    """The sale; what decides its place and its day is on the trail."""
    kind = _kind(case)
    at_shop = supplied_at_shop(case)
    if at_shop is not None:
        place = Place(HOME, HOME)
        trail.fired(f"place.{at_shop}")
    else:
        place = places.delivery if kind != "services" else _services_place(places.invoice)
    day, source = supplied_on(case)
    vat_id = buyers_vat_id(case.document, case.order)
    trail.evidence.update(
        sold=kind,
        invoice_country=places.invoice.country,
        delivery_country=places.delivery.country,
        taxed_in=place.state or "outside",
    )
    if place.territory is not None:
        trail.evidence["territory"] = place.territory
    if vat_id is not None:
        trail.evidence["vat_id"] = vat_id.value
        trail.evidence["vat_id_well_formed"] = vat_id.is_well_formed
    rates = frozenset(column.rate for column in split.columns)
    return Sale(case, kind, place, places.invoice, rates, vat_id, day, source)


def supplied_at_shop(case: DecisionInput) -> str | None:
    """Why the sale is taxed where the seller is, whatever the addresses say; None when it is not."""
    lines = [line for line in sold_lines(case) if line.price]
    if lines and all(is_of_class(line, case.settings.on_site_tax_classes) for line in lines):
        return "on_site"
    method = case.order.shipping
    names = [clean(text) for text in (method.name, method.method_id) if text] if method is not None else []
    wanted = {clean(name).casefold() for name in case.settings.pickup_shipping_methods}
    return PICKED_UP if any(name.casefold() in wanted or _says_pickup(name) for name in names) else None


def sold_lines(case: DecisionInput) -> tuple[DocumentLine, ...]:
    """The document's lines but for multi-purpose vouchers."""
    return tuple(line for line in case.document.lines if not is_voucher(line, case.settings))


def is_of_class(line: DocumentLine, names: tuple[str, ...]) -> bool:
    """Whether the line's tax class bears one of these names, whatever the case."""
    given = clean(line.tax_class).casefold()
    return bool(given) and any(given == clean(name).casefold() for name in names)


def _kind(case: DecisionInput) -> Kind:
    classes, otherwise = case.settings.service_tax_classes, case.settings.sells
    on_site = case.settings.on_site_tax_classes
    if not classes and not on_site:
        return otherwise
    lines = [line for line in sold_lines(case) if line.price]
    kinds: set[Kind] = {
        "services" if is_of_class(line, (*classes, *on_site)) else otherwise for line in lines
    }
    places = {is_of_class(line, on_site) for line in lines}
    return "mixed" if len(kinds) > 1 or len(places) > 1 else next(iter(kinds), otherwise)


def _says_pickup(name: str) -> bool:
    """Whether the buyer comes to the shop.

    A parcel fetched from a carrier's counter was sent there, and carriers fetch things from buyers as well.
    """
    return bool(_PICKUP.search(name)) and not _NO_PICKUP.search(name)


def _services_place(invoice: Place) -> Place:
    """Northern Ireland is a member state for goods only."""
    return Place("GB", None, invoice.territory) if invoice.state == NORTHERN_IRELAND else invoice
