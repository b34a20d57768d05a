"""Every voucher of the table of tax cases is one that the books accept, with the contact it asks for."""

from typing import Any

import pytest

from cases.model import Booked, TaxCase
from cases.page import CASES
from common.domain.buyers import Customer
from common.domain.stored_words import ContactKind
from common.domain.verdicts import Decision, SingleContact
from common.lexware.countries import Country, code_in_books
from contract.lexware.office import Office
from invoice_writer.vouchers.mapping import voucher_of

BOOKED = [case for case in CASES if isinstance(case.result, Booked)]
MARKER = "#0123456789abcdef"


def contact_body(customer: Customer, country_code: str, *, tax_free: bool) -> dict[str, Any]:
    """The contact as a person would enter it."""
    if customer.kind == ContactKind.COMPANY:
        party: dict[str, Any] = {
            "company": {
                "name": customer.company,
                "vatRegistrationId": customer.vat_id,
                "allowTaxFreeInvoices": tax_free,
            }
        }
    else:
        party = {"person": {"firstName": customer.first_name, "lastName": customer.last_name}}
    address = {"zip": customer.zip_code, "city": customer.city, "countryCode": country_code}
    return {"version": 0, "roles": {"customer": {}}, "addresses": {"billing": [address]}, **party}


async def books_of(office: Office, case: TaxCase) -> Office:
    """An organization with the seller's profile."""
    profile = case.seller.profile
    wanted = {
        "smallBusiness": profile.get("small_business", False),
        "distanceSalesPrinciple": profile.get("distance_sales_principle"),
    }
    organization = await office.control.post("organizations", wanted)
    return office.with_token(organization["api_key"])


async def code_of(books: Office, country: str) -> str:
    """How the books spell the country."""
    listed = (await books.get("/v1/countries")).json()
    return code_in_books(country, [Country.model_validate(one) for one in listed])


@pytest.mark.parametrize("case", BOOKED, ids=lambda case: f"{case.rule} {case.buyer.words}")
async def test_the_voucher_of_every_booked_row_is_accepted(office: Office, case: TaxCase) -> None:
    decision = case.decide()
    assert isinstance(decision, Decision)
    books = await books_of(office, case)
    async with books.http:
        contact_id = None
        if isinstance(decision.contact, SingleContact):
            customer = decision.contact.customer
            body = contact_body(
                customer, await code_of(books, customer.country), tax_free=decision.contact.tax_free
            )
            contact_id = await books.created(body, "contacts")
        response = await books.http.post(
            "/v1/vouchers",
            content=voucher_of(decision, MARKER, contact_id).to_wire(),
            headers={"Content-Type": "application/json"},
        )
    assert response.status_code == 201, response.text
