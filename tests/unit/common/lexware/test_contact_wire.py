"""Contacts on the wire: nothing absent is sent, and a fingerprint sees every edit but nothing else."""

import json
from typing import Any

import pytest

from common.lexware.contact_wire import (
    Company,
    Contact,
    ContactPerson,
    NewContact,
    PostalAddress,
    fingerprint,
    has_long_list,
    merged,
)

BODY: dict[str, Any] = {
    "company": {"name": "Meer AG", "contactPersons": [{"lastName": "X"}]},
    "addresses": {"billing": [{"city": "Kiel", "countryCode": "DE"}]},
    "note": "#0123456789abcdef",
}
PERSONS = {"contactPersons": [{"lastName": "X", "primary": False}]}


def company(**over: Any) -> NewContact:
    values: dict[str, Any] = {
        "company": Company(name="Meer AG", allow_tax_free_invoices=True),
        "billing": PostalAddress(country_code="AT"),
        "email": "x@meer.example",
        "note": "#0123456789abcdef",
    }
    return NewContact(**(values | over))


def test_only_what_is_known_is_sent() -> None:
    assert json.loads(company().to_wire()) == {
        "version": 0,
        "roles": {"customer": {}},
        "company": {"name": "Meer AG", "allowTaxFreeInvoices": True},
        "addresses": {"billing": [{"countryCode": "AT"}]},
        "emailAddresses": {"business": ["x@meer.example"]},
        "note": "#0123456789abcdef",
    }


def test_a_persons_email_is_private() -> None:
    person = company(company=None, person=ContactPerson(last_name="X"), phone="1")
    assert person.content()["emailAddresses"] == {"private": ["x@meer.example"]}
    assert person.content()["phoneNumbers"] == {"private": ["1"]}


@pytest.mark.parametrize(
    "filled_in",
    [
        {"id": "x", "version": 4, "roles": {"customer": {"number": 1}}, "archived": True},
        {"emailAddresses": {}, "phoneNumbers": None, "xRechnung": {"buyerReference": ""}},
        {"company": {"allowTaxFreeInvoices": False, **PERSONS, "name": "Meer AG"}},
    ],
)
def test_what_the_books_fill_in_is_no_edit(filled_in: dict[str, Any]) -> None:
    assert fingerprint({**BODY, **filled_in}) == fingerprint(BODY)


@pytest.mark.parametrize(
    "edit",
    [
        {"note": "#0123456789abcdef, pays late"},
        {"emailAddresses": {"other": ["y@meer.example"]}},
        {"company": {"name": "Meer AG"}},
        {"addresses": {"billing": [{"city": "Kiel", "countryCode": "DE"}, {"countryCode": "DE"}]}},
        {"xRechnung": {"buyerReference": "04011", "vendorNumberAtCustomer": "1"}},
    ],
)
def test_every_edit_is_seen(edit: dict[str, Any]) -> None:
    assert fingerprint({**BODY, **edit}) != fingerprint(BODY)


def test_merged_body_keeps_unknown_fields_and_sends_roles_empty() -> None:
    current = {**BODY, "roles": {"vendor": {"number": 7}}, "version": 3, "new": {"field": 1}}
    body = merged(current, company())
    assert (body["new"], body["version"], body["roles"]) == ({"field": 1}, 3, {"vendor": {}})
    assert body["company"]["name"] == "Meer AG"


@pytest.mark.parametrize(
    ("contact", "long"),
    [
        (BODY, False),
        ({"phoneNumbers": {"fax": ["1", "2"]}}, True),
        ({"company": {"contactPersons": [{}, {}]}}, True),
    ],
)
def test_several_entries_in_a_list_are_noticed(contact: dict[str, Any], long: bool) -> None:
    assert has_long_list(contact) is long


def test_nulls_are_read_as_absent() -> None:
    contact = Contact.model_validate(
        {"id": "x", "company": None, "emailAddresses": {"other": None}, "note": None}
    )
    assert (contact.name, contact.emails, contact.number) == ("", (), None)
