"""By what customers are recognised: the same in other letters, never two of one name elsewhere."""

from uuid import UUID

import pytest

from common.domain.buyers import (
    Customer,
    address_print,
    customer_keys,
    email_key,
    identity_of,
    name_print,
    number_key,
    place_key,
    shop_tag,
)
from common.domain.ids import ShopConnectionId
from common.domain.stored_words import ContactKind
from factories.customers import make_customer

SHOP, OTHER_SHOP = ShopConnectionId(UUID(int=2 << 100)), ShopConnectionId(UUID(int=3 << 100))


def test_case_and_space_make_no_difference() -> None:
    assert email_key("Mara@Kunde.example") == email_key(" mara@kunde.example ")
    assert place_key("MARA  Beispiel", "Musterweg 5", "10115", "Berlin", "DE") == place_key(
        "Mara Beispiel", "musterweg 5", "10115", "berlin", "DE"
    )


def test_surest_key_comes_first() -> None:
    keys = customer_keys(make_customer(kind=ContactKind.COMPANY, company="X", vat_id="DE811111111"), SHOP)
    assert [key.split(":")[0] for key in keys] == ["vat", "place", "number", "email"]


def test_name_without_an_address_is_no_key() -> None:
    assert place_key("Mara Beispiel", None, "10115", "Berlin", "DE") is None
    assert place_key("Mara Beispiel", "Musterweg 5", None, None, "DE") is None


def test_customer_number_counts_in_its_shop_only() -> None:
    assert number_key(shop_tag(SHOP), "10077") != number_key(shop_tag(OTHER_SHOP), "10077")


def test_no_key_tells_the_name_or_the_email() -> None:
    joined = " ".join(customer_keys(make_customer(), SHOP)) + identity_of(make_customer(), SHOP)
    assert not any(text in joined for text in ("Mara", "Beispiel", "kunde", "10077", "Musterweg"))


def test_guest_with_another_number_is_the_same_customer() -> None:
    guest = make_customer(shop_customer_number="99999", city="Köln")
    assert identity_of(make_customer(), SHOP) == identity_of(guest, SHOP)


def test_r56_customers_who_share_an_email_are_told_apart_by_their_names() -> None:
    bern = make_customer(
        kind=ContactKind.COMPANY, company="Bärenmarkt AG", city="Bern", zip_code="3011", country="CH"
    )
    zurich = bern.model_copy(update={"company": "Limmat Handel AG", "city": "Zürich", "zip_code": "8001"})
    assert identity_of(bern, SHOP) != identity_of(zurich, SHOP)


def test_umlauts_of_a_domain_make_one_key_encoded_or_not() -> None:
    assert email_key("Info@Bücher.example") == email_key("info@xn--bcher-kva.example")
    assert email_key("info@bücher.example") != email_key("info@buecher.example")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller & Söhne GmbH", "MUELLER&SOEHNE  GmbH"),
        ("Müller", "mu\u0308ller"),
        ("Étienne", "Etienne"),
        ("Groß-Mann", "gross mann"),
    ],
)
def test_two_spellings_of_a_name_are_one(one: str, other: str) -> None:
    assert name_print(one) == name_print(other)


def test_two_spellings_of_an_address_are_one_and_another_house_is_not() -> None:
    one = address_print("Große Straße 5", "24103", "Kiel", "DE")
    assert one == address_print("grosse str. 5", "24103", "Landeshauptstadt Kiel", "DE")
    assert one != address_print("Große Straße 6", "24103", "Kiel", "DE")
    assert one != address_print("Große Straße 5", "24103", "Kiel", "AT")


def test_an_address_without_street_or_town_is_none() -> None:
    assert address_print(None, "24103", "Kiel", "DE") is None
    assert address_print("Weg 1", None, None, "DE") is None
    assert address_print("-", "24103", "Kiel", "DE") is None
    assert name_print(" - ") is None


def test_company_and_person_of_one_email_are_two() -> None:
    company = make_customer(kind=ContactKind.COMPANY, company="Beispiel GmbH")
    assert identity_of(make_customer(), SHOP) != identity_of(company, SHOP)


def test_company_that_buys_free_of_tax_is_told_apart() -> None:
    company = make_customer(kind=ContactKind.COMPANY, company="Beispiel GmbH", vat_id="ATU12345678")
    assert identity_of(company, SHOP) != identity_of(company, SHOP, tax_free=True)


def test_everybody_has_an_identity() -> None:
    nobody = Customer(kind=ContactKind.PERSON, last_name="Mara", country="DE")
    assert customer_keys(nobody, SHOP) == ()
    assert identity_of(nobody, SHOP) != identity_of(nobody.model_copy(update={"last_name": "Ina"}), SHOP)
