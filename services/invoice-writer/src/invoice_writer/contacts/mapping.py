"""From a customer to the contact on the wire, and what a contact in the books is recognised by; pure."""

import re

from common.domain.buyers import (
    Customer,
    address_print,
    email_key,
    name_print,
    number_key,
    place_key,
    vat_key,
)
from common.domain.cleaning import clip
from common.domain.stored_words import ContactKind
from common.lexware.contact_wire import Company, Contact, ContactPerson, NewContact, PostalAddress
from common.lexware.countries import KNOWN_CODES

SHORT_NAME = 60  # of the least contact: shorter than any limit that could be meant
NOTE = re.compile(r"^(#[0-9a-f]{16})(?: shop-customer:([0-9a-f]{12}):(.+))?$", re.MULTILINE)


def contact_of(
    customer: Customer, note: str, *, tax_free: bool, country_code: str | None = None
) -> NewContact:
    """Everything that is known of the customer; `country_code` where the books have one of their own."""
    return NewContact(
        company=_company(customer, tax_free) if customer.kind == ContactKind.COMPANY else None,
        person=_person(customer) if customer.kind == ContactKind.PERSON else None,
        billing=PostalAddress(
            supplement=customer.supplement,
            street=customer.street,
            zip=customer.zip_code,
            city=customer.city,
            country_code=country_code or customer.country,
        ),
        email=customer.email,
        phone=customer.phone,
        note=note,
    )


def least_contact_of(
    customer: Customer, note: str, *, tax_free: bool, country_code: str | None = None
) -> NewContact:
    """Name and country, and the VAT id where the voucher could not be without: little can be refused here."""
    billing = PostalAddress(country_code=country_code or customer.country)
    if customer.kind == ContactKind.COMPANY:
        company = Company(
            name=clip(customer.name, SHORT_NAME),
            vat_registration_id=customer.vat_id if tax_free else None,
            allow_tax_free_invoices=tax_free,
        )
        return NewContact(company=company, billing=billing, note=note)
    person = ContactPerson(last_name=clip(customer.last_name or customer.name, SHORT_NAME))
    return NewContact(person=person, billing=billing, note=note)


def note_of(marker: str, customer: Customer, shop: str) -> str:
    """What we write into the note: our marker, and the customer's number in the shop of this tag."""
    number = customer.shop_customer_number
    return marker if number is None else f"{marker} shop-customer:{shop}:{number}"


def has_marker(contact: Contact, marker: str) -> bool:
    """Whether we made the contact for the fact of this marker."""
    return any(found.group(1) == marker for found in NOTE.finditer(_lines(contact.note)))


def keys_of(contact: Contact) -> frozenset[str]:
    """Everything a contact is recognised by."""
    numbers = [number_key(found.group(2), found.group(3)) for found in NOTE.finditer(_lines(contact.note))]
    places = [
        place_key(contact.name, place.street, place.zip, place.city, _ours(place.country_code))
        for place in contact.addresses.billing
    ]
    emails = [email_key(email) for email in contact.emails]
    vat_id = None if contact.company is None else vat_key(contact.company.vat_registration_id)
    return frozenset(key for key in (vat_id, *numbers, *emails, *places) if key is not None)


def prints_of(contact: Contact) -> dict[str, str | None]:
    """What tells whether a name or an address is another one, however it is spelled.

    A person's last name stands beside the whole name: the first one may be missing.
    """
    place = next(iter(contact.addresses.billing), PostalAddress())
    last_name = None if contact.company is not None or contact.person is None else contact.person.last_name
    return {
        "name_print": name_print(contact.name),
        "last_name_print": name_print(last_name),
        "address_print": address_print(place.street, place.zip, place.city, _ours(place.country_code)),
    }


def _company(customer: Customer, tax_free: bool) -> Company:
    return Company(
        name=customer.name,
        vat_registration_id=customer.vat_id,
        allow_tax_free_invoices=tax_free,
        contact_persons=(_person(customer),) if customer.last_name else (),
    )


def _person(customer: Customer) -> ContactPerson:
    return ContactPerson(
        salutation=customer.salutation, first_name=customer.first_name, last_name=customer.last_name
    )


def _ours(country_code: str | None) -> str | None:
    return KNOWN_CODES.get(country_code or "", country_code)


def _lines(note: str | None) -> str:
    return "\n".join(line.strip() for line in (note or "").splitlines())
