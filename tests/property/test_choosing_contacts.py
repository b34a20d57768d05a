"""A weak key never outweighs stronger data, whatever else the books hold (R56)."""

from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from common.domain.buyers import Customer, address_print, customer_keys, name_print, vat_key
from common.domain.ids import BooksConnectionId, ShopConnectionId
from common.domain.stored_words import ContactKind
from common.lexware.client import LexwareClient
from common.lexware.contact_wire import Contact
from factories.customers import make_customer
from invoice_writer.contacts import ContactNeed
from invoice_writer.contacts.best import best_of
from invoice_writer.contacts.mapping import contact_of, keys_of, note_of, prints_of
from invoice_writer.contacts.rows import KnownContact

SHOP, BOOKS = ShopConnectionId(UUID(int=1 << 100)), BooksConnectionId(UUID(int=0))
PLACES: list[dict[str, Any]] = [
    {"street": "Marktgasse 1", "zip_code": "3011", "city": "Bern", "country": "CH"},
    {"street": "Bahnhofstrasse 9", "zip_code": "8001", "city": "Zürich", "country": "CH"},
    {"street": None, "zip_code": None, "city": None, "country": "CH"},
]
NAMES: list[dict[str, Any]] = [
    {"kind": "company", "company": "Bärenmarkt AG"},
    {"kind": "company", "company": "Limmat Handel AG"},
    {"kind": "person", "first_name": "Mara", "last_name": "Beispiel"},
    {"kind": "person", "first_name": None, "last_name": "Beispiel"},
    {"kind": "person", "first_name": "Tom", "last_name": "Beispiel"},
]


@st.composite
def customers(draw: st.DrawFn) -> Customer:
    """Customers of few names, places, e-mails, numbers and VAT ids, so that they share many of them."""
    return make_customer(
        **draw(st.sampled_from(NAMES)),
        **draw(st.sampled_from(PLACES)),
        email=draw(st.sampled_from(["einkauf@agentur.example", "a@b.example", None])),
        shop_customer_number=draw(st.sampled_from(["1", "2", None])),
        vat_id=draw(st.sampled_from(["CHE123456789", "ATU12345678", None])),
    )


def known(customer: Customer, place: int, keys: tuple[str, ...]) -> KnownContact:
    """The customer's contact as the index holds it, with those of its keys that were asked for."""
    note = note_of("#0123456789abcdef", customer, SHOP.hex[:12])
    body = contact_of(customer, note, tax_free=False).content()
    contact = Contact.model_validate({**body, "id": str(place)})
    return KnownContact(
        contact_id=contact.id,
        kind=customer.kind,
        number=place,
        vat_id=None if contact.company is None else contact.company.vat_registration_id,
        tax_free=False,
        fingerprint=None,
        compared=None,
        as_of=None,
        age=None,
        keys=keys_of(contact) & frozenset(keys),
        **prints_of(contact),
    )


def chosen(customer: Customer, others: list[Customer]) -> Customer | None:
    """The customer whose contact is chosen among the others'."""
    monday, nobody = datetime(2026, 3, 2, tzinfo=UTC), cast(LexwareClient, None)
    need = ContactNeed(UUID(int=0), BOOKS, "", SHOP, nobody, customer, tax_free=False, as_of=monday)
    keys = customer_keys(customer, SHOP)
    found = [known(other, place, keys) for place, other in enumerate(others)]
    best = best_of(need, keys, [one for one in found if one.keys])
    return None if best is None else others[int(best.contact_id)]


def name_agrees(one: Customer, other: Customer) -> bool:
    """The same name, or the same last name where one has no first name."""
    if name_print(one.name) == name_print(other.name):
        return True
    is_short = None in (one.first_name, other.first_name) and one.kind == other.kind == ContactKind.PERSON
    return is_short and one.last_name == other.last_name


def place_of(customer: Customer) -> str | None:
    return address_print(customer.street, customer.zip_code, customer.city, customer.country)


@given(customers(), st.lists(customers(), max_size=6))
def test_r56_the_chosen_contact_is_of_the_same_kind_and_name_or_address_or_vat_id(
    customer: Customer, others: list[Customer]
) -> None:
    other = chosen(customer, others)
    if other is None:
        return
    assert other.kind == customer.kind
    vat_ids = (
        {vat_key(customer.vat_id), vat_key(other.vat_id)} if customer.kind == ContactKind.COMPANY else set()
    )
    assert len(vat_ids - {None}) <= 1
    is_same_vat_id = len(vat_ids) == 1 and None not in vat_ids
    is_same_place = place_of(customer) is not None and place_of(customer) == place_of(other)
    assert is_same_vat_id or is_same_place or name_agrees(customer, other)


@given(customers(), st.lists(customers(), max_size=6))
def test_r56_who_was_here_before_with_all_data_gets_the_same_contact_among_whatever_others(
    customer: Customer, others: list[Customer]
) -> None:
    held = set(customer_keys(customer, SHOP))
    if customer.kind == ContactKind.PERSON:
        held.discard(str(vat_key(customer.vat_id)))  # the books keep VAT ids with companies only
    if not held:
        return
    other = chosen(customer, [*others, customer])
    assert other is not None
    if place_of(customer) is not None and customer.kind == ContactKind.COMPANY and customer.vat_id is None:
        assert (other.name, place_of(other)) == (customer.name, place_of(customer))
