"""From a customer to the contact, and back to what it is recognised by."""

import json
from uuid import UUID

import pytest

from common.domain.buyers import customer_keys, shop_tag
from common.domain.ids import ShopConnectionId
from common.lexware.contact_wire import Contact
from factories.customers import make_company, make_customer
from invoice_writer.contacts.mapping import contact_of, has_marker, keys_of, least_contact_of, note_of

SHOP = "0123456789ab"
MARKER = "#0123456789abcdef"


def test_contact_is_recognised_by_everything_it_was_made_from() -> None:
    shop = ShopConnectionId(UUID(int=7 << 90))
    for customer in (make_customer(), make_company()):
        note = note_of(MARKER, customer, shop_tag(shop))
        body = json.loads(contact_of(customer, note, tax_free=False).to_wire())
        assert keys_of(Contact.model_validate({**body, "id": "x"})) == set(customer_keys(customer, shop))


def test_northern_irish_contact_is_recognised_whatever_the_books_call_the_country() -> None:
    shop, customer = ShopConnectionId(UUID(int=7 << 90)), make_customer(country="XI")
    note = note_of(MARKER, customer, shop_tag(shop))
    body = json.loads(contact_of(customer, note, tax_free=False, country_code="IX").to_wire())
    assert body["addresses"]["billing"][0]["countryCode"] == "IX"
    assert keys_of(Contact.model_validate({**body, "id": "x"})) == set(customer_keys(customer, shop))


def test_company_has_its_person_and_the_tick_where_no_tax_is_shown() -> None:
    customer = make_company(first_name="Ina", last_name="Ring", salutation="Frau")
    company = contact_of(customer, MARKER, tax_free=True).content()["company"]
    assert company == {
        "name": "Ringtal Handel",
        "vatRegistrationId": "ATU12345678",
        "allowTaxFreeInvoices": True,
        "contactPersons": [{"salutation": "Frau", "firstName": "Ina", "lastName": "Ring"}],
    }


def test_least_contact_is_name_and_country() -> None:
    content = least_contact_of(make_customer(last_name="ä" * 300), MARKER, tax_free=False).content()
    assert content == {
        "person": {"lastName": "ä" * 60},
        "addresses": {"billing": [{"countryCode": "DE"}]},
        "note": MARKER,
    }


def test_least_contact_keeps_what_a_sale_without_tax_needs() -> None:
    company = least_contact_of(make_company(), MARKER, tax_free=True).content()["company"]
    assert (company["vatRegistrationId"], company["allowTaxFreeInvoices"]) == ("ATU12345678", True)


@pytest.mark.parametrize(
    ("note", "ours"),
    [
        (MARKER, True),
        (f"{MARKER} shop-customer:{SHOP}:10077", True),
        (f"Stammkunde\r\n{MARKER} \r\nzahlt gut", True),
        (f"siehe {MARKER}", False),
        (f"{MARKER}0", False),
        ("#fedcba9876543210", False),
        (None, False),
    ],
)
def test_marker_stands_at_the_beginning_of_a_line(note: str | None, ours: bool) -> None:
    assert has_marker(Contact(id="x", note=note), MARKER) is ours


def test_longest_note_fits() -> None:
    assert len(note_of(MARKER, make_customer(shop_customer_number="9" * 60), SHOP)) <= 1000
