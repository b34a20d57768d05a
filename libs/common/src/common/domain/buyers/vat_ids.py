"""VAT ids: how a buyer's is read, which member state gave it, and which of them is to be asked about."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from stdnum.eu import vat

from common.domain.buyers.country_codes import HOME, MEMBER_STATES, NORTHERN_IRELAND
from common.domain.buyers.territories import Place, place_of
from common.domain.cleaning import clean
from common.domain.documents import Address, Document, DocumentLine, OrderSnapshot
from common.domain.profile import SellerProfile

GREECE, GREECE_IN_VAT_IDS = "GR", "EL"
LONGEST = 20
_DIGIT = re.compile("[0-9]")
_NOT_ID = re.compile(r"[^0-9A-Z+*]")


@dataclass(frozen=True, slots=True)
class VatId:
    """A VAT id as somebody typed it, read: `value` in upper case without separators, Greek ones with EL.

    `state` is the member state (or XI) its letters name, None when they name none.
    """

    value: str
    state: str | None
    is_well_formed: bool

    @property
    def is_foreign(self) -> bool:
        """Whether the letters name a country that is not Germany, member state or not."""
        return len(self.value) > 2 and self.value[:2].isalpha() and not self.value.startswith(HOME)


@lru_cache(maxsize=10_000)
def read_vat_id(text: str | None, country: str | None = None) -> VatId | None:
    """The VAT id in a text; None when there is none: people also write "keine", and every id has digits.

    One without the letters of its state is read with those of the address's `country`, if it is one then.
    """
    value = _NOT_ID.sub("", clean(text).upper())
    if not _DIGIT.search(value):
        return None
    found, letters = _read(value), clean(country).upper()
    if found.state is None and letters in MEMBER_STATES:
        completed = _read(letters + value)
        return completed if completed.is_well_formed else found
    return found


def _read(value: str) -> VatId:
    if value.startswith(GREECE):
        value = GREECE_IN_VAT_IDS + value[2:]
    prefix = GREECE if value.startswith(GREECE_IN_VAT_IDS) else value[:2]
    state = prefix if prefix in MEMBER_STATES or prefix == NORTHERN_IRELAND else None
    return VatId(value[:LONGEST], state, state is not None and len(value) <= LONGEST and vat.is_valid(value))


def buyers_vat_id(document: Document, order: OrderSnapshot) -> VatId | None:
    """The VAT id of the buyer: the document's own, else the order's; one of another state goes first."""
    found = [vat_id for vat_id in _vat_ids(document, order) if vat_id is not None]
    return next((vat_id for vat_id in found if vat_id.is_foreign), found[0] if found else None)


def vat_id_to_check(document: Document, order: OrderSnapshot, profile: SellerProfile) -> str | None:
    """The VAT id whose check may decide about this document; None when no check can matter.

    An untaxed sale into another member state depends on it, if the id is one of that state; one with VAT
    shown does on any id of another state. An id of the seller's own state is never asked about.
    """
    vat_id = None if profile.small_business else buyers_vat_id(document, order)
    if vat_id is None or not vat_id.is_well_formed or vat_id.state == HOME:
        return None
    places = (place_of(document.address), place_of(goods_address(document, order)))
    states = {place.state for place in places if isinstance(place, Place)} - {None, HOME}
    decides = bool(states) if any(map(_is_taxed, document.lines)) else vat_id.state in states
    return vat_id.value if decides else None


def goods_address(document: Document, order: OrderSnapshot) -> Address | None:
    """Where goods go: the delivery address, else the order's billing address, else the document's."""
    if order.shipping_address is not None:
        return order.shipping_address
    billing = order.billing_address
    return billing if billing is not None and clean(billing.country) else document.address


def _vat_ids(document: Document, order: OrderSnapshot) -> Iterator[VatId | None]:
    buyers = [address for address in (document.address, order.billing_address) if address is not None]
    for address in buyers:
        yield read_vat_id(address.vat_id, address.country)
    if order.shipping_address is not None and _is_one_of(order.shipping_address, buyers):
        yield read_vat_id(order.shipping_address.vat_id, order.shipping_address.country)


def _is_taxed(line: DocumentLine) -> bool:
    """Whether the line may leave a taxed amount: at a rate, and not given away wholly."""
    given_away = line.coupon_share is not None and abs(line.coupon_share) == abs(line.price)
    return bool(line.rate and line.price) and not given_away


def _is_one_of(recipient: Address, buyers: Iterable[Address]) -> bool:
    """Whether goods go to the buyer; somebody else who receives them lends the sale no VAT id."""
    name = clean(recipient.company or recipient.full_name).casefold()
    named = {clean(text).casefold() for buyer in buyers for text in (buyer.company, buyer.full_name)}
    return not name or name in named
