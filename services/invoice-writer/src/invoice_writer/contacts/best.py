"""Chooses among the contacts that share something with a customer: the strongest data decide (R56); pure."""

from collections.abc import Sequence
from datetime import timedelta

from common.domain.buyers import Customer, address_print, name_print, place_key, vat_key
from common.domain.stored_words import ContactKind
from invoice_writer.contacts.effect import ContactNeed
from invoice_writer.contacts.rows import KnownContact


def best_of(need: ContactNeed, keys: Sequence[str], found: Sequence[KnownContact]) -> KnownContact | None:
    """The contact with the surest keys that a voucher of this need may name; of several the oldest."""

    def rank(known: KnownContact) -> tuple[list[bool], bool, float, timedelta, str]:
        missing = [key not in known.keys for key in keys]
        number = float("inf") if known.number is None else known.number
        needs_tick = need.tax_free and not known.tax_free
        return missing, needs_tick, number, -(known.age or timedelta()), known.contact_id

    return min((known for known in found if is_usable(need, known)), key=rank, default=None)


def is_usable(need: ContactNeed, known: KnownContact) -> bool:
    """Whether the contact is of the same kind, contradicts no VAT id and is not somebody else's.

    Whether it may be sold to without tax does not matter: that can be ticked.
    """
    customer = need.customer
    if known.kind != customer.kind:
        return False
    if known.kind == ContactKind.COMPANY and not _is_vat_id_right(need, known):
        return False
    return (
        _has_strong_key(customer, known) or _is_same_name(customer, known) or _is_same_place(customer, known)
    )


def is_unread(need: ContactNeed, known: KnownContact) -> bool:
    """Whether nobody knows by what name the contact goes, because it was listed by an older release."""
    return known.name_print is None and known.kind == need.customer.kind


def _is_vat_id_right(need: ContactNeed, known: KnownContact) -> bool:
    ours, theirs = vat_key(need.customer.vat_id), vat_key(known.vat_id)
    if need.tax_free:
        return ours in (None, theirs)
    return None in (ours, theirs) or ours == theirs


def _has_strong_key(customer: Customer, known: KnownContact) -> bool:
    """A VAT id, or a name at its address; e-mail and customer number may be shared by others."""
    place = place_key(customer.name, customer.street, customer.zip_code, customer.city, customer.country)
    strong = {vat_key(customer.vat_id), place} - {None}
    return not strong.isdisjoint(known.keys)


def _is_same_name(customer: Customer, known: KnownContact) -> bool:
    """The whole name, or the last name of a person where one side has no first name."""
    if known.name_print is None:
        return False
    if name_print(customer.name) == known.name_print:
        return True
    has_none = customer.first_name is None or known.last_name_print == known.name_print
    is_person = customer.kind == ContactKind.PERSON and known.last_name_print is not None
    return is_person and has_none and name_print(customer.last_name) == known.last_name_print


def _is_same_place(customer: Customer, known: KnownContact) -> bool:
    ours = address_print(customer.street, customer.zip_code, customer.city, customer.country)
    return ours is not None and ours == known.address_print
