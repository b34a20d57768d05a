"""People share e-mails and customer numbers: a contact is chosen by the strongest data (R56)."""

from typing import Any

import pytest
from sqlalchemy import update

from common.db.models.books import ContactIndexRow
from factories.customers import make_company, make_customer
from factories.documents import make_address, make_invoice, make_order
from factories.tenants import save_settings
from integration.invoice_writer.contacts.processes import Process
from integration.invoice_writer.harness import Writer

GET, CREATE = "GET /v1/contacts/{id}", "POST /v1/contacts"
AGENCY = "einkauf@agentur.example"
BERN = {"street": "Marktgasse 1", "zip_code": "3011", "city": "Bern"}
ZURICH = {"street": "Bahnhofstrasse 9", "zip_code": "8001", "city": "Zürich"}


@pytest.fixture
def process(writer: Writer) -> Process:
    return Process(writer, writer.db)


def swiss(company: str, place: dict[str, str], **over: Any) -> Any:
    """A Swiss company that an agency orders for."""
    return make_company(company=company, country="CH", vat_id=None, email=AGENCY, **place, **over)


async def test_r56_two_companies_of_one_agency_have_two_contacts(writer: Writer, process: Process) -> None:
    zurich = swiss("Limmat Handel AG", ZURICH, shop_customer_number="1")
    bern = swiss("Bärenmarkt AG", BERN, shop_customer_number="1")
    first, second = await process.ready(zurich), await process.ready(bern)
    assert first != second
    again = [await Process(writer, writer.db).ready(one) for one in (zurich, bern, zurich)]
    assert again == [first, second, first]
    names = {contact["id"]: contact["company"]["name"] for contact in await writer.customers()}
    assert names == {first: "Limmat Handel AG", second: "Bärenmarkt AG"}


@pytest.mark.parametrize(
    "there",
    [
        {"addresses": {"billing": [{"street": "Bahnhofstr. 9", "zip": "8001", "countryCode": "CH"}]}},
        {},
    ],
    ids=["other address", "no address"],
)
async def test_r56_a_contact_made_by_hand_of_another_name_is_not_taken_for_its_email(
    writer: Writer, process: Process, there: dict[str, Any]
) -> None:
    emails = {"emailAddresses": {"business": [AGENCY]}}
    other = await writer.add_contact(company={"name": "Limmat Handel AG"}, **emails, **there)
    assert await process.ready(swiss("Bärenmarkt AG", BERN)) != other


@pytest.mark.parametrize(
    "change",
    [
        {"street": "Kramgasse 2"},
        {"company": "BAERENMARKT A.G."},
        {"company": "Bärenmarkt Holding AG"},
        {"street": "Marktgasse  1", "city": "Berne"},
    ],
    ids=["moved", "spelled otherwise", "renamed", "town in French"],
)
async def test_a_customer_who_moved_or_was_renamed_keeps_the_contact(
    process: Process, change: dict[str, str]
) -> None:
    first = await process.ready(swiss("Bärenmarkt AG", BERN))
    assert await process.ready(swiss("Bärenmarkt AG", BERN).model_copy(update=change)) == first


async def test_a_person_without_first_name_is_the_one_with(writer: Writer, process: Process) -> None:
    emails = {"emailAddresses": {"private": ["mara@kunde.example"]}}
    there = await writer.add_contact(person={"lastName": "Beispiel"}, **emails)
    assert await process.ready(make_customer(city="Bonn", street="Neu 1")) == there
    assert await process.ready(make_customer(first_name="Tom", street="Neu 1")) == there


async def test_name_and_address_are_surer_than_number_and_email(writer: Writer, process: Process) -> None:
    place = {"billing": [{"street": "Marktgasse 1", "zip": "3011", "city": "Bern", "countryCode": "CH"}]}
    emails = {"emailAddresses": {"business": [AGENCY]}}
    await writer.add_contact(company={"name": "Bärenmarkt AG"}, **emails)
    there = await writer.add_contact(company={"name": "Bärenmarkt AG"}, addresses=place)
    assert await process.ready(swiss("Bärenmarkt AG", BERN)) == there


async def test_a_contact_listed_by_the_release_before_is_looked_at_before_it_is_taken(
    writer: Writer, process: Process
) -> None:
    first = await process.ready(swiss("Limmat Handel AG", ZURICH))
    await forget_names(writer)
    moved = swiss("Limmat Handel AG", BERN)
    assert await process.ready(moved) == first
    assert (await writer.requests())[GET] == 1
    await forget_names(writer)
    assert await process.ready(swiss("Bärenmarkt AG", {**BERN, "street": "Kramgasse 2"})) != first


async def test_a_contact_listed_by_the_release_before_costs_nothing_where_all_agrees(
    writer: Writer, process: Process
) -> None:
    first = await process.ready(swiss("Limmat Handel AG", ZURICH))
    await forget_names(writer)
    assert await process.ready(swiss("Limmat Handel AG", ZURICH)) == first
    assert GET not in await writer.requests()


async def forget_names(writer: Writer) -> None:
    """The index as an older release left it."""
    await writer.lexware.control.settings(read_lag=0)
    async with writer.db.sessions.of_all_tenants() as session:
        nothing = {"name_print": None, "last_name_print": None, "address_print": None}
        await session.execute(update(ContactIndexRow).values(**nothing))


async def test_r56_the_contact_of_a_voucher_is_the_one_its_decision_names(writer: Writer) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, contacts="single")
    buyers = [
        ("Limmat Handel AG", "Bahnhofstrasse 9"),
        ("Bärenmarkt AG", "Marktgasse 1"),
        ("-", "Marktgasse 1"),
        ("Limmat Handel AG", "Bahnhofstrasse 9"),
    ]
    events = []
    for place, (company, street) in enumerate(buyers):
        buyer = make_address(company=company, street=street, email=AGENCY)
        order = make_order(order_id=f"order-{place}", customer_number="1", billing_address=buyer)
        events.append(await writer.event(make_invoice(number=f"R-{place}", address=buyer), order))
    await writer.work(*events)
    contacts = {contact["id"]: contact for contact in await writer.customers()}
    assert len(contacts) == 3
    for voucher in await writer.vouchers():
        row = await writer.outcome(make_invoice(number=voucher["voucherNumber"]))
        assert row.decision is not None
        customer, contact = row.decision["contact"]["customer"], contacts[voucher["contactId"]]
        assert customer["kind"] == ("company" if "company" in contact else "person")
        assert customer["company"] == contact.get("company", {}).get("name")
        assert customer["street"] == contact["addresses"]["billing"][0]["street"]
