"""The local index of contacts: read in pages, shared, and honest about what it does not hold."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from common.db.dialect import db_now
from common.db.models.books import ContactIndexRow, ContactIndexStateRow
from common.domain.ids import BooksConnectionId
from common.domain.stored_words import ContactKind
from common.http.errors import RateLimitWait
from common.later import Later
from common.lexware.contact_wire import Contact
from common.lexware.errors import DeniedForNow
from common.lexware.rows import Page, Rows
from factories.customers import make_customer
from integration.invoice_writer.contacts.processes import Process
from integration.invoice_writer.harness import Writer
from invoice_writer.contacts import ContactIndex

LIST, CREATE = "GET /v1/contacts", "POST /v1/contacts"
EVER = timedelta(days=1)


@pytest.fixture
def process(writer: Writer) -> Process:
    return Process(writer, writer.db)


async def many(writer: Writer, count: int) -> None:
    """So many customers, each with an e-mail address of a number."""
    emails = {"private": ["kunde-{}@viele.example"]}
    await writer.add_contact(count=count, person={"lastName": "Kunde {}"}, emailAddresses=emails)


async def filled(process: Process, after: timedelta = EVER) -> bool | None:
    """Whether a new process finds the index complete."""
    index = ContactIndex(process.db, process.readings, after)
    harness = process.harness
    books_id = BooksConnectionId(harness.books_id)
    return await index.ensure_filled(harness.tenant_id, books_id, await process.client())


async def test_index_is_read_once_in_pages_of_250(writer: Writer, process: Process) -> None:
    await many(writer, 600)
    assert await filled(process)
    assert await filled(process)
    assert await writer.requests() == {LIST: 3}
    one = make_customer(email="kunde-599@viele.example", last_name="Kunde 599", first_name=None)
    await process.ready(one)
    assert await writer.requests() == {LIST: 3}


async def test_contact_that_is_neither_company_nor_person_holds_up_no_list(
    writer: Writer, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, contact = await process.client(), Contact(id="neither")

    async def customers(number: int) -> Page[Contact]:
        return Page(Rows((contact,)), last=True)

    monkeypatch.setattr(client.contacts, "customers", customers)
    assert await filled(process)
    query = select(ContactIndexRow.kind).where(ContactIndexRow.contact_id == contact.id)
    async with writer.db.reading.of(writer.tenant_id) as session:
        assert await session.scalar(query) == ContactKind.NOBODY


async def test_interrupted_reading_goes_on_where_it_was(
    writer: Writer, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many(writer, 600)
    client, asked = await process.client(), list[int]()
    read = client.contacts.customers

    async def customers(number: int) -> Page[Contact]:
        asked.append(number)
        if asked == [0, 1, 2]:
            raise RateLimitWait("no slot")
        return await read(number)

    monkeypatch.setattr(client.contacts, "customers", customers)
    with pytest.raises(RateLimitWait):
        await filled(process)
    assert await filled(process)
    assert asked == [0, 1, 2, 2]


async def test_while_another_process_reads_the_first_time_documents_wait(
    writer: Writer, process: Process
) -> None:
    await filled(process)
    await set_state(writer, filled_at=None, claimed_until=db_now(60))
    waits = await Process(writer, writer.db).contacts.ensure(await process.need(make_customer()))
    assert isinstance(waits, Later)
    assert waits.reason == "contacts_being_read"


async def test_while_another_process_refreshes_the_old_index_counts(writer: Writer, process: Process) -> None:
    await filled(process)
    await set_state(writer, claimed_until=db_now(60))
    assert await filled(process, timedelta()) is True
    assert await writer.requests() == {LIST: 1}


async def test_claim_of_a_process_that_died_ends(writer: Writer, process: Process) -> None:
    await filled(process)
    await set_state(writer, filled_at=None, claimed_until=db_now(-1))
    assert await filled(process) is True


async def test_who_lost_the_reading_keeps_no_page_and_goes_on_with_the_index_as_it_was(
    writer: Writer, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(process)
    client, taken = await process.client(), uuid4()
    read = client.contacts.customers

    async def overtaken(number: int) -> Page[Contact]:
        page = await read(number)
        await set_state(writer, lease_token=taken, claimed_until=db_now(60))
        return page

    monkeypatch.setattr(client.contacts, "customers", overtaken)
    assert await filled(process, timedelta()) is True
    async with writer.db.reading.of_all_tenants() as session:
        state = (await session.execute(select(ContactIndexStateRow))).scalar_one()
    assert (state.lease_token, state.started_at, state.next_page) == (taken, None, 0)


async def test_refresh_that_fails_is_put_off(
    writer: Writer, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(process)
    client = await process.client()

    async def customers(number: int) -> Page[Contact]:
        raise RateLimitWait("no slot")

    monkeypatch.setattr(client.contacts, "customers", customers)
    assert await filled(process, timedelta()) is True


async def test_one_refusal_to_read_contacts_says_nothing_and_is_tried_again(
    writer: Writer, process: Process
) -> None:
    await writer.lexware.control.fault("GET", "/v1/contacts", "forbidden")
    with pytest.raises(DeniedForNow):
        await process.contacts.ensure(await process.need(make_customer()))
    await process.ready(make_customer())


async def test_one_process_reads_for_all_its_documents(writer: Writer, process: Process) -> None:
    need = await process.need(make_customer())
    await asyncio.gather(*(process.run_until_decided(need) for _ in range(10)))
    assert await writer.requests() == {LIST: 1, CREATE: 1}


async def test_contact_missing_in_two_readings_is_gone(writer: Writer, process: Process) -> None:
    await writer.lexware.control.settings(search_lag=0)
    there = await writer.add_contact(
        person={"lastName": "Beispiel"}, emailAddresses={"private": ["mara@kunde.example"]}
    )
    assert await process.ready(make_customer()) == there
    await writer.lexware.control.http.delete(f"/_control/contacts/{there}")
    await filled(process, timedelta())
    assert await Process(writer, writer.db).ready(make_customer()) == there
    await filled(process, timedelta())
    assert await Process(writer, writer.db).ready(make_customer()) != there


async def test_beyond_the_window_an_unknown_customer_costs_one_search(
    writer: Writer, process: Process
) -> None:
    """The list ends after 10,000 contacts: what it hides is found by a search, and then known."""
    await many(writer, 10_050)
    assert await filled(process) is False
    assert await writer.requests() == {LIST: 40}
    hidden = make_customer(email="kunde-9999@viele.example", last_name="Kunde 9999", first_name=None)
    found = await process.ready(hidden)
    assert await process.ready(hidden) == found
    assert await writer.requests() == {LIST: 41}
    await process.ready(make_customer())
    await process.ready(make_customer())
    assert await writer.requests() == {LIST: 42, CREATE: 1}
    await process.ready(make_customer(email=None, shop_customer_number=None, city="Bonn"))
    assert await writer.requests() == {LIST: 43, CREATE: 2}


async def test_beyond_the_window_a_refresh_reads_one_page(writer: Writer, process: Process) -> None:
    await many(writer, 10_000)
    await filled(process)
    assert await filled(process, timedelta()) is False
    assert await writer.requests() == {LIST: 41}


async def set_state(writer: Writer, **values: Any) -> None:
    async with writer.db.sessions.of_all_tenants() as session:
        changing = update(ContactIndexStateRow).where(ContactIndexStateRow.tenant_id == writer.tenant_id)
        await session.execute(changing.values(**values))
