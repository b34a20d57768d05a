"""Vouchers that go to the customer's own contact, through the whole writer."""

import asyncio
from typing import Any

import pytest

from common.domain.buyers import NORTHERN_IRELAND, Customer, customer_of
from common.domain.deciding import contact as choosing_contact
from common.domain.documents import Address, Document, OrderSnapshot
from factories.documents import make_address, make_credit_note, make_invoice, make_order
from factories.tenants import save_settings
from integration.invoice_writer.harness import ATTACH, CREATE, LASTING, Writer

CONTACT = "POST /v1/contacts"
FOR_EVER = 1e9


@pytest.fixture(autouse=True)
async def customer_facts(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The merchant wants everybody's own contact; these facts take the place of the shop's."""
    facts: dict[str, Any] = {}

    def with_facts(address: Address | None, order: OrderSnapshot, country: str) -> Customer | None:
        customer = customer_of(address, order, country)
        return None if customer is None else customer.model_copy(update=facts)

    monkeypatch.setattr(choosing_contact, "customer_of", with_facts)
    await save_settings(writer.db, writer.tenant_id, 2, contacts="single")
    return facts


def invoice_of(place: int, customer: int, **address: Any) -> tuple[Document, OrderSnapshot]:
    """The invoice number `place`, to that customer."""
    values = {"last_name": f"Kunde {customer}", "email": f"kunde-{customer}@viele.example"}
    buyer = make_address(**(values | address))
    order = make_order(
        order_id=f"order-{place}", customer_number=str(10_000 + customer), billing_address=buyer
    )
    return make_invoice(number=f"R-{place}", address=buyer), order


async def test_voucher_names_the_contact_and_no_name_of_its_own(writer: Writer) -> None:
    invoice = make_invoice()
    await writer.work(await writer.event(invoice))
    (voucher,), (contact,) = await writer.vouchers(), await writer.customers()
    assert (voucher["useCollectiveContact"], voucher["contactId"]) == (False, contact["id"])
    assert voucher["contactName"] == "Beispiel, Mara"
    assert (await writer.outcome(invoice)).status == "booked"


async def test_invoice_and_correction_go_to_one_contact(writer: Writer) -> None:
    await writer.work(await writer.event(make_invoice()), await writer.event(make_credit_note()))
    assert len({voucher["contactId"] for voucher in await writer.vouchers()}) == 1
    assert len(await writer.customers()) == 1


async def test_predecessors_voucher_is_adopted_without_a_contact(writer: Writer) -> None:
    invoice = make_invoice()
    by_hand = {
        "organization_id": writer.organization["organization_id"],
        "voucherNumber": invoice.number,
        "voucherDate": invoice.issued_on.isoformat(),
        "totalGrossAmount": str(invoice.gross_total.decimal),
        "totalTaxAmount": "7.97",
    }
    await writer.lexware.control.post("vouchers", by_hand)
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).how == "adopted"
    assert await writer.customers() == []


async def test_refused_contact_parks_with_what_was_refused(
    writer: Writer, customer_facts: dict[str, Any]
) -> None:
    customer_facts["country"] = "ZZ"
    invoice = make_invoice()
    await writer.work(await writer.event(invoice))
    outcome = await writer.outcome(invoice)
    assert (outcome.status, outcome.reason) == ("parked", "contact_rejected")
    assert outcome.params["issues"][0]["key"] == "countrycode_is_not_valid"
    customer_facts["country"] = "DE"
    await writer.work(writer.retry(await writer.event(invoice)))
    assert (await writer.outcome(invoice)).status == "booked"


async def test_northern_irish_customer_gets_the_code_the_books_list_for_it(
    writer: Writer, customer_facts: dict[str, Any]
) -> None:
    customer_facts |= {"country": NORTHERN_IRELAND, "email": None, "shop_customer_number": None}
    await writer.work(*[await writer.event(*invoice_of(place, 1)) for place in range(3)])
    (contact,) = await writer.customers()
    assert [place["countryCode"] for place in contact["addresses"]["billing"]] == ["IX"]
    assert {voucher["contactId"] for voucher in await writer.vouchers()} == {contact["id"]}
    assert (await writer.requests())["GET /v1/countries"] == 1


async def test_refused_look_for_a_countrys_code_parks_before_anything_is_made(
    writer: Writer, customer_facts: dict[str, Any]
) -> None:
    customer_facts["country"] = NORTHERN_IRELAND
    writer.breaker = LASTING
    await writer.lexware.control.fault("GET", "/v1/countries", "forbidden", None)
    await writer.work(await writer.event(make_invoice()), deadline=60.0)
    assert (await writer.outcome(make_invoice())).reason == "contract_problem"
    assert (await writer.customers(), await writer.vouchers()) == ([], [])


async def test_missing_right_to_make_contacts_parks_as_a_matter_of_the_contract(writer: Writer) -> None:
    writer.breaker = LASTING
    await writer.lexware.control.fault("POST", "/v1/contacts", "forbidden", None)
    invoice = make_invoice()
    await writer.work(await writer.event(invoice), deadline=60.0)
    outcome = await writer.outcome(invoice)
    assert (outcome.status, outcome.reason) == ("parked", "contract_problem")


async def test_contact_accepted_late_is_waited_for(writer: Writer) -> None:
    """Longer than usual: the books refuse the voucher, which then simply comes again."""
    await writer.lexware.control.settings(contact_lag=FOR_EVER)
    writer.contacts = writer.contacts.model_copy(update={"young_seconds": 600.0, "settle_seconds": 0.05})
    invoice = make_invoice()
    working = asyncio.create_task(writer.work(await writer.event(invoice)))
    while CREATE not in await writer.requests():
        await asyncio.sleep(0.01)
    await writer.lexware.control.settings(contact_lag=0)
    await working
    assert (await writer.outcome(invoice)).status == "booked"
    assert len(await writer.customers()) == 1
    assert (await writer.requests())[CREATE] > 1


async def test_contact_deleted_in_the_books_is_made_anew(writer: Writer) -> None:
    first, order = invoice_of(1, 1)
    await writer.work(await writer.event(first, order))
    (contact,) = await writer.customers()
    await writer.lexware.control.settings(read_lag=0, contact_lag=0)
    await writer.lexware.control.http.delete(f"/_control/contacts/{contact['id']}")
    writer.contacts = writer.contacts.model_copy(update={"young_seconds": 0.001})
    second, order = invoice_of(2, 1)
    await writer.work(await writer.event(second, order))
    (anew,) = await writer.customers()
    vouchers = {voucher["voucherNumber"]: voucher["contactId"] for voucher in await writer.vouchers()}
    assert vouchers == {"R-1": contact["id"], "R-2": anew["id"]}


@pytest.mark.parametrize(("beyond", "most"), [(0, 2.3), (10_050, 2.5)], ids=["complete", "beyond the window"])
async def test_requests_per_document_with_four_of_five_customers_returning(
    writer: Writer, beyond: int, most: float
) -> None:
    """Vouchers, files, new contacts and searches; pages of the index do not grow with the documents."""
    if beyond:
        await writer.add_contact(count=beyond, person={"lastName": "Älter {}"})
    documents = [invoice_of(place, place % 20) for place in range(100)]
    await writer.work(*[await writer.event(*one) for one in documents], deadline=60)
    requests = await writer.requests()
    assert (requests[CREATE], requests[ATTACH], requests[CONTACT]) == (100, 100, 20)
    pages = 40 if beyond else 1
    searches = requests["GET /v1/contacts"] - pages
    assert searches == (20 if beyond else 0)
    assert sum((requests[CREATE], requests[ATTACH], requests[CONTACT], searches)) / 100 <= most
    shared = {"GET /v1/profile", "GET /v1/posting-categories", "GET /v1/voucherlist", "GET /v1/contacts"}
    assert set(requests) == {CREATE, ATTACH, CONTACT, *shared}
    assert len(await writer.customers()) == 20 + beyond
