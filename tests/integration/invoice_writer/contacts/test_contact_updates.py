"""A contact follows the shop's data where the merchant wants that, and never against a person's edit."""

from datetime import timedelta
from typing import Any

import pytest

from factories.customers import make_customer
from integration.invoice_writer.contacts.processes import MONDAY, Process
from integration.invoice_writer.harness import Writer

GET, UPDATE = "GET /v1/contacts/{id}", "PUT /v1/contacts/{id}"
TUESDAY = MONDAY + timedelta(days=1)
MOVED = {"street": "Neue Straße 9", "zip_code": "50667", "city": "Köln"}


@pytest.fixture
async def process(writer: Writer) -> Process:
    await writer.lexware.control.settings(read_lag=0)
    return Process(writer, writer.db)


async def city(writer: Writer) -> str:
    (contact,) = await writer.customers()
    return str(contact["addresses"]["billing"][0]["city"])


async def updates(writer: Writer) -> int:
    return (await writer.requests()).get(UPDATE, 0)


async def test_changed_address_is_written_once(writer: Writer, process: Process) -> None:
    contact_id = await process.ready(make_customer())
    for day in range(1, 4):
        moved = make_customer(**MOVED)
        assert await process.ready(moved, update=True, as_of=MONDAY + timedelta(days=day)) == contact_id
    assert (await city(writer), await updates(writer)) == ("Köln", 1)
    (contact,) = await writer.customers()
    assert contact["note"].startswith("#")


async def test_contact_is_found_by_its_new_address(writer: Writer, process: Process) -> None:
    contact_id = await process.ready(make_customer())
    await process.ready(make_customer(**MOVED), update=True, as_of=TUESDAY)
    guest = make_customer(**MOVED, email=None, shop_customer_number=None)
    assert await process.ready(guest) == contact_id


async def test_unchanged_customer_costs_no_request(writer: Writer, process: Process) -> None:
    await process.ready(make_customer(), update=True)
    await process.ready(make_customer(), update=True, as_of=TUESDAY)
    assert not {GET, UPDATE} & set(await writer.requests())


async def test_without_the_switch_nothing_is_updated(writer: Writer, process: Process) -> None:
    await process.ready(make_customer())
    await process.ready(make_customer(**MOVED), as_of=TUESDAY)
    assert (await city(writer), await updates(writer)) == ("Berlin", 0)


@pytest.mark.parametrize(
    "edit",
    [
        {"note": "pays late"},
        {"phoneNumbers": {"mobile": ["0171 1"]}},
        {"addresses": {"billing": [{"city": "Berlin", "countryCode": "DE"}, {"countryCode": "DE"}]}},
        {"person": {"firstName": "Mara", "lastName": "Beispiel-Neu"}},
    ],
)
async def test_what_a_person_edited_stays(writer: Writer, process: Process, edit: dict[str, Any]) -> None:
    contact_id = await process.ready(make_customer())
    await writer.lexware.control.post(f"contacts/{contact_id}", edit)
    for day in (1, 2):
        changed = make_customer(**MOVED)
        assert await process.ready(changed, update=True, as_of=MONDAY + timedelta(days=day)) == contact_id
    requests = await writer.requests()
    assert (await city(writer), requests.get(UPDATE, 0), requests[GET]) == ("Berlin", 0, 1)


async def test_contact_we_did_not_make_is_never_changed(writer: Writer, process: Process) -> None:
    emails = {"emailAddresses": {"private": ["mara@kunde.example"]}}
    await writer.add_contact(person={"lastName": "Beispiel"}, **emails)
    await process.ready(make_customer(**MOVED), update=True, as_of=TUESDAY)
    assert not {GET, UPDATE} & set(await writer.requests())


async def test_older_document_changes_nothing_back(writer: Writer, process: Process) -> None:
    await process.ready(make_customer(**MOVED), as_of=TUESDAY)
    await process.ready(make_customer(), update=True, as_of=MONDAY)
    assert (await city(writer), await updates(writer)) == ("Köln", 0)


async def test_email_the_customer_leaves_out_stays(writer: Writer, process: Process) -> None:
    await process.ready(make_customer(phone="030 1"))
    await process.ready(make_customer(**MOVED, email=None), update=True, as_of=TUESDAY)
    (contact,) = await writer.customers()
    assert contact["emailAddresses"] == {"private": ["mara@kunde.example"]}
    assert contact["phoneNumbers"] == {"private": ["030 1"]}


@pytest.mark.parametrize("fault", ["drop_after_commit", "drop_before_commit", "server_error"])
async def test_update_that_fails_blocks_nothing_and_is_made_up_for(
    writer: Writer, process: Process, fault: str
) -> None:
    contact_id = await process.ready(make_customer())
    await writer.lexware.control.fault("PUT", "/v1/contacts/*", fault)
    assert await process.ready(make_customer(**MOVED), update=True, as_of=TUESDAY) == contact_id
    assert await process.ready(make_customer(**MOVED), update=True, as_of=TUESDAY) == contact_id
    assert await city(writer) == "Köln"
    again = make_customer(city="Bonn")
    await process.ready(again, update=True, as_of=TUESDAY + timedelta(days=1))
    assert await city(writer) == "Bonn"
