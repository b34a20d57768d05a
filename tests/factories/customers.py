"""Customers that are right as they are; a test changes only what it is about."""

from typing import Any

from common.domain.buyers import Customer


def make_customer(**over: Any) -> Customer:
    """A person in Berlin who bought once."""
    values: dict[str, Any] = {
        "kind": "person",
        "first_name": "Mara",
        "last_name": "Beispiel",
        "street": "Musterweg 5",
        "zip_code": "10115",
        "city": "Berlin",
        "country": "DE",
        "email": "mara@kunde.example",
        "shop_customer_number": "10077",
    }
    return Customer(**(values | over))


def make_company(**over: Any) -> Customer:
    """A company in Vienna with a VAT id."""
    values: dict[str, Any] = {
        "kind": "company",
        "company": "Ringtal Handel",
        "first_name": None,
        "last_name": None,
        "country": "AT",
        "vat_id": "ATU12345678",
        "email": "einkauf@ringtal.example",
    }
    return make_customer(**(values | over))
