"""The JSON of contacts: what we send, what we read, and what tells whether somebody edited one."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import orjson
from pydantic import Field

from common.domain.stored_words import ContactKind
from common.lexware.wire import Wire, WireId, WireNumber

WRITABLE = ("company", "person", "addresses", "xRechnung", "emailAddresses", "phoneNumbers", "note")
LISTS = ("contactPersons", "billing", "shipping", "business", "office", "private", "mobile", "fax", "other")


class ContactPerson(Wire):
    """A person at a company, or the person a contact is."""

    salutation: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    phone_number: str | None = None


class Company(Wire):
    """The company a contact is."""

    name: str = ""
    vat_registration_id: Annotated[str, Field(max_length=64)] | None = None
    allow_tax_free_invoices: bool = False
    contact_persons: tuple[ContactPerson, ...] = ()


class PostalAddress(Wire):
    """One address of a contact."""

    supplement: str | None = None
    street: str | None = None
    zip: str | None = None
    city: str | None = None
    country_code: str | None = None


class Addresses(Wire):
    """The addresses of a contact; more than one of a kind is only made by hand."""

    billing: tuple[PostalAddress, ...] = ()
    shipping: tuple[PostalAddress, ...] = ()


class Role(Wire):
    """What a contact is to us, with the number the books gave it."""

    number: WireNumber | None = None


class Contact(Wire):
    """A contact in the books, as far as it is compared."""

    VITAL = frozenset({"id", "company", "person", "addresses", "archived"})

    id: WireId
    version: int | None = None
    roles: dict[str, Role] = Field(default_factory=dict)
    company: Company | None = None
    person: ContactPerson | None = None
    addresses: Addresses = Addresses()
    email_addresses: dict[str, tuple[str, ...] | None] = Field(default_factory=dict)
    note: str | None = None
    archived: bool = False

    @property
    def name(self) -> str:
        """The company's name, or first and last name."""
        if self.company is not None:
            return self.company.name
        person = self.person or ContactPerson()
        return " ".join(part for part in (person.first_name, person.last_name) if part)

    @property
    def kind(self) -> ContactKind:
        """Whether it is a company or a person; neither where the books say nothing we can read."""
        if self.company is not None:
            return ContactKind.COMPANY
        return ContactKind.NOBODY if self.person is None else ContactKind.PERSON

    @property
    def number(self) -> int | None:
        """The books' customer number; the smaller, the older."""
        customer = self.roles.get("customer")
        return None if customer is None else customer.number

    @property
    def emails(self) -> tuple[str, ...]:
        """Every e-mail address, those of contact persons too."""
        own = [email for entries in self.email_addresses.values() for email in entries or ()]
        persons = () if self.company is None else self.company.contact_persons
        return (*own, *(person.email_address for person in persons if person.email_address))


class NewContact(Wire):
    """A customer record to create."""

    company: Company | None = None
    person: ContactPerson | None = None
    billing: PostalAddress
    email: str | None = None
    phone: str | None = None
    note: str

    def to_wire(self) -> bytes:
        """The request body; absent values are not sent."""
        return orjson.dumps({"version": 0, "roles": {"customer": {}}, **self.content()})

    def content(self) -> dict[str, Any]:
        """The part that an update sends too."""
        kind = "private" if self.company is None else "business"
        content: dict[str, Any] = {"addresses": {"billing": [_dump(self.billing)]}, "note": self.note}
        if self.company is not None:
            content["company"] = _dump(self.company)
            if not self.company.contact_persons:
                del content["company"]["contactPersons"]
        if self.person is not None:
            content["person"] = _dump(self.person)
        if self.email is not None:
            content["emailAddresses"] = {kind: [self.email]}
        if self.phone is not None:
            content["phoneNumbers"] = {kind: [self.phone]}
        return content


def fingerprint(contact: Mapping[str, Any]) -> str:
    """A digest of everything a person can edit; equal when nothing was, whatever the books fill in."""
    kept = {name: _pruned(contact.get(name)) for name in WRITABLE}
    return hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()


def with_tick(current: Mapping[str, Any]) -> dict[str, Any] | None:
    """The body of an update that allows sales without tax and changes nothing else; None for a person."""
    company = current.get("company")
    if not isinstance(company, dict):
        return None
    return {**current, "roles": _roles(current), "company": {**company, "allowTaxFreeInvoices": True}}


def is_ticked(current: Mapping[str, Any]) -> bool:
    """Whether the contact may be sold to without tax."""
    company = current.get("company")
    return isinstance(company, dict) and company.get("allowTaxFreeInvoices") is True


def merged(current: Mapping[str, Any], ours: NewContact) -> dict[str, Any]:
    """The body of an update: our parts anew, everything else as it is, fields unknown to us too.

    An e-mail or phone number the customer does not name this time stays.
    """
    return {**current, "roles": _roles(current), **ours.content()}


def _roles(current: Mapping[str, Any]) -> dict[str, Any]:
    """Every role the contact has; one that is left out is lost."""
    return {name: {} for name in current.get("roles") or {"customer": {}}}


def has_long_list(contact: Mapping[str, Any]) -> bool:
    """Whether some list holds more than one entry, which the web application allows and updates do not."""
    return any(len(entries) > 1 for entries in _lists(contact))


def _lists(part: Mapping[str, Any]) -> Iterator[list[Any]]:
    for name, value in part.items():
        if isinstance(value, dict):
            yield from _lists(value)
        elif isinstance(value, list) and name in LISTS:
            yield value


def _dump(part: Wire) -> dict[str, Any]:
    return part.model_dump(mode="json", by_alias=True, exclude_none=True)


def _pruned(value: Any) -> Any:
    """The value without anything that means nothing: absent, empty and false."""
    if isinstance(value, dict):
        parts = {name: _pruned(part) for name, part in value.items()}
        return {name: part for name, part in parts.items() if part} or None
    if isinstance(value, list):
        return [part for part in map(_pruned, value) if part] or None
    return value.strip() or None if isinstance(value, str) else value or None
