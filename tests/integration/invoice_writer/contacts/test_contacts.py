"""A customer has one contact in the books: found where there is one, else made once, and never in the way."""

import asyncio
from typing import Any

import pytest

from common.domain.buyers import Customer
from common.effects.effect import Refused
from common.effects.gate import Gate
from common.later import Later
from factories.customers import make_company, make_customer
from integration.invoice_writer.contacts.processes import Process
from integration.invoice_writer.harness import Writer

LIST, CREATE, GET, UPDATE = (
    "GET /v1/contacts",
    "POST /v1/contacts",
    "GET /v1/contacts/{id}",
    "PUT /v1/contacts/{id}",
)
PLACE = {"billing": [{"street": "MUSTERWEG 5", "zip": "10115", "city": "Berlin", "countryCode": "DE"}]}
MARA = {"person": {"firstName": "Mara", "lastName": "Beispiel"}}


@pytest.fixture
def process(writer: Writer) -> Process:
    return Process(writer, writer.db)


async def test_new_customer_gets_a_contact_with_marker_and_shop_number(
    writer: Writer, process: Process
) -> None:
    contact_id = await process.ready(make_customer(salutation="Frau", phone="030 1"))
    (contact,) = await writer.customers()
    assert contact["id"] == contact_id
    assert contact["person"] == {"salutation": "Frau", "firstName": "Mara", "lastName": "Beispiel"}
    assert contact["emailAddresses"] == {"private": ["mara@kunde.example"]}
    assert contact["note"].startswith("#")
    assert contact["note"].endswith(f" shop-customer:{writer.shop_id.hex[:12]}:10077")


async def test_known_customer_costs_no_request(writer: Writer, process: Process) -> None:
    first = await process.ready(make_customer())
    again = await process.ready(make_customer(shop_customer_number=None, city="Bonn"))
    other_process = await Process(writer, writer.db).ready(make_customer(email="MARA@kunde.example"))
    assert first == again == other_process
    assert await writer.requests() == {LIST: 1, CREATE: 1}


@pytest.mark.parametrize(
    ("contact", "customer"),
    [
        pytest.param({**MARA, "emailAddresses": {"other": ["Mara@Kunde.example"]}}, {}, id="email"),
        pytest.param({**MARA, "addresses": PLACE}, {}, id="name and address"),
        pytest.param({**MARA, "addresses": PLACE}, {"email": None}, id="name and address, no email"),
    ],
)
async def test_contact_that_is_there_is_used(
    writer: Writer, process: Process, contact: dict[str, Any], customer: dict[str, Any]
) -> None:
    there = await writer.add_contact(**contact)
    assert await process.ready(make_customer(**customer)) == there
    assert await writer.requests() == {LIST: 1}


async def test_vat_id_is_surer_than_the_email(writer: Writer, process: Process) -> None:
    emails = {"emailAddresses": {"business": ["einkauf@ringtal.example"]}}
    await writer.add_contact(company={"name": "Ringtal, Filiale"}, **emails)
    there = await writer.add_contact(company={"name": "RT", "vatRegistrationId": "ATU12345678"})
    assert await process.ready(make_company()) == there


async def test_number_of_our_shop_in_a_note_is_recognised_and_another_shops_is_not(
    writer: Writer, process: Process
) -> None:
    other = "f" * 12
    await writer.add_contact(**MARA, note=f"#0123456789abcdef shop-customer:{other}:10077")
    there = await writer.add_contact(
        **MARA, note=f"VIP\n #0123456789abcdef shop-customer:{writer.shop_id.hex[:12]}:10077\r\nzahlt spät"
    )
    assert await process.ready(make_customer(email="new@kunde.example", street="Neu 1")) == there


async def test_of_several_the_oldest_contact_is_used(writer: Writer, process: Process) -> None:
    emails = {"emailAddresses": {"private": ["mara@kunde.example"]}}
    oldest = await writer.add_contact(**MARA, **emails)
    await writer.add_contact(person={"lastName": "Beispiel"}, **emails)
    assert await process.ready(make_customer()) == oldest


ELSEWHERE = {"billing": [{"street": "Anderswo 1", "zip": "10115", "countryCode": "DE"}]}
NOT_HER: dict[str, dict[str, Any]] = {
    "namesake": {**MARA, "addresses": ELSEWHERE},
    "part of an email": {**MARA, "emailAddresses": {"private": ["x-mara@kunde.example"]}},
    "archived": {**MARA, "addresses": PLACE, "archived": True},
    "company": {"company": {"name": "Mara Beispiel"}, "addresses": PLACE},
    "vendor": {**MARA, "addresses": PLACE, "roles": {"vendor": {}}},
}


@pytest.mark.parametrize("contact", NOT_HER.values(), ids=NOT_HER.keys())
async def test_contact_of_somebody_else_is_not_used(
    writer: Writer, process: Process, contact: dict[str, Any]
) -> None:
    there = await writer.add_contact(**contact)
    assert await process.ready(make_customer()) != there
    assert len(await writer.customers()) == 2


async def test_company_with_another_vat_id_is_another_company(writer: Writer, process: Process) -> None:
    first = await process.ready(make_company())
    assert await process.ready(make_company(vat_id="ATU87654321")) != first
    assert await process.ready(make_company(vat_id=None)) == first


@pytest.mark.parametrize("fault", ["timeout_after_commit", "drop_after_commit", "no_id"])
@pytest.mark.parametrize("customer", [make_customer(), make_customer(email=None, last_name="Ng")])
async def test_lost_answer_ends_in_one_contact(
    writer: Writer, process: Process, fault: str, customer: Customer
) -> None:
    await writer.lexware.control.fault("POST", "/v1/contacts", fault)
    contact_id = await process.ready(customer)
    assert [contact["id"] for contact in await writer.customers()] == [contact_id]


async def test_request_that_never_arrived_is_sent_again(writer: Writer, process: Process) -> None:
    await writer.lexware.control.fault("POST", "/v1/contacts", "drop_before_commit")
    contact_id = await process.ready(make_customer())
    assert [contact["id"] for contact in await writer.customers()] == [contact_id]


async def test_race_of_the_server_for_its_number_is_waited_for(writer: Writer, process: Process) -> None:
    await writer.lexware.control.fault("POST", "/v1/contacts", "account_number_race")
    need = await process.need(make_customer())
    waits = await process.contacts.ensure(need)
    assert isinstance(waits, Later)
    assert waits.after.total_seconds() == 3
    await process.run_until_decided(need)
    (contact,) = await writer.customers()
    assert contact["person"]["firstName"] == "Mara"


@pytest.mark.parametrize(
    ("refused", "missing"),
    [({"vat_id": "ATX"}, "vat"), ({"phone": "0" * 31}, "phone"), ({"email": "no mail"}, "email")],
)
async def test_a_part_the_books_refuse_is_left_out_and_the_rest_stays(
    writer: Writer, process: Process, refused: dict[str, Any], missing: str
) -> None:
    customer = make_company(**{"phone": "030 1", **refused})
    contact_id = await process.ready(customer)
    (contact,) = await writer.customers()
    assert (contact["id"], contact["addresses"]["billing"][0]["city"]) == (contact_id, "Berlin")
    there = {
        "vat": "vatRegistrationId" in contact["company"],
        "phone": "phoneNumbers" in contact,
        "email": "emailAddresses" in contact,
    }
    assert [name for name, is_there in there.items() if not is_there] == [missing]
    assert await process.ready(customer) == contact_id
    assert (await writer.requests())[CREATE] == 2


async def test_refused_contact_is_made_with_name_and_country_only(writer: Writer, process: Process) -> None:
    customer = make_company(vat_id="ATX", salutation="x" * 26, last_name="Kern")
    contact_id = await process.ready(customer)
    (contact,) = await writer.customers()
    assert (contact["id"], contact["company"]["name"]) == (contact_id, "Ringtal Handel")
    assert contact["addresses"] == {"billing": [{"countryCode": "AT"}]}
    assert "vatRegistrationId" not in contact["company"]
    assert "emailAddresses" not in contact
    assert await process.ready(customer) == contact_id
    assert (await writer.requests())[CREATE] == 2


async def test_a_sale_without_tax_keeps_its_vat_id_or_says_why_not(process: Process) -> None:
    need = await process.need(make_company(vat_id="ATX"), tax_free=True)
    refused = await process.run_until_decided(need)
    assert isinstance(refused, Refused)
    assert "vatRegistrationId" in str(refused.error)


async def test_contact_refused_even_so_says_why(process: Process) -> None:
    refused = await process.run_until_decided(await process.need(make_customer(country="ZZ")))
    assert isinstance(refused, Refused)
    assert "countrycode_is_not_valid" in str(refused.error)


async def test_fresh_contact_rests_before_it_is_used(writer: Writer, process: Process) -> None:
    need, soon = await process.need(make_customer()), writer.contacts
    writer.contacts = soon.model_copy(update={"settle_seconds": 60.0})
    waits = await Process(writer, writer.db).contacts.ensure(need)
    assert isinstance(waits, Later)
    assert 0 < waits.after.total_seconds() <= 60
    await process.run_until_decided(need)
    assert (await writer.requests())[CREATE] == 1


async def test_while_a_contact_is_being_made_others_come_back_instead_of_waiting(
    writer: Writer, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    need, made, go_on = await process.need(make_customer()), asyncio.Event(), asyncio.Event()
    create = need.client.contacts.create

    async def slowly(payload: bytes, gate: Gate) -> str:
        contact_id = await create(payload, gate)
        made.set()
        await go_on.wait()
        return contact_id

    monkeypatch.setattr(need.client.contacts, "create", slowly)
    first = asyncio.create_task(process.run_until_decided(need))
    await made.wait()
    same_number = await process.need(make_customer(email="other@kunde.example"))
    for waiting in (need, same_number):
        result = await process.contacts.ensure(waiting)
        assert isinstance(result, Later)
        assert result.reason == "contact_being_made"
    assert not first.done()
    go_on.set()
    assert await process.run_until_decided(same_number) == await first
    assert len(await writer.customers()) == 1


async def test_archived_contact_is_replaced_after_the_next_reading(writer: Writer, process: Process) -> None:
    first = await process.ready(make_customer())
    await writer.lexware.control.settings(search_lag=0)
    await writer.lexware.control.post(f"contacts/{first}", {"archived": True})
    assert await process.ready(make_customer()) == first
    writer.contacts = writer.contacts.model_copy(update={"refill_seconds": 0.001})
    later = Process(writer, writer.db)
    second = await later.ready(make_customer())
    assert second != first
    assert await later.ready(make_customer()) == second
    assert len(await writer.customers()) == 2


async def test_deleted_contact_is_replaced_when_it_is_doubted(writer: Writer, process: Process) -> None:
    need = await process.need(make_customer())
    first = await process.ready(make_customer())
    writer.contacts = writer.contacts.model_copy(update={"young_seconds": 60.0})
    young = await Process(writer, writer.db).contacts.check_refused_contact(need, first)
    assert isinstance(young, Later)
    await writer.lexware.control.settings(read_lag=0)
    await writer.lexware.control.http.delete(f"/_control/contacts/{first}")
    writer.contacts = writer.contacts.model_copy(update={"young_seconds": 0.001})
    process = Process(writer, writer.db)
    assert await process.contacts.check_refused_contact(need, first) is not None
    second = await process.ready(make_customer())
    assert [contact["id"] for contact in await writer.customers()] == [second]
    assert second != first


async def test_contact_that_is_there_is_not_to_blame(writer: Writer, process: Process) -> None:
    there = await writer.add_contact(**MARA, addresses=PLACE)
    assert await process.ready(make_customer()) == there
    assert await process.contacts.check_refused_contact(await process.need(make_customer()), there) is None
