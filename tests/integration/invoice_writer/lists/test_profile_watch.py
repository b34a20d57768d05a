"""What the books say about the seller is read again in time, and what a change cures goes on."""

from typing import Any
from uuid import uuid4

from sqlalchemy import select, update

from common.db.dialect import db_now
from common.db.models.books import BooksProfileRow, OutcomeRow
from common.db.models.line import InboxRow
from common.events.commands import ReleaseParked
from factories.documents import euro, make_address, make_invoice, make_line, make_order
from integration.invoice_writer.harness import Writer

PROFILE = "GET /v1/profile"


async def seller(writer: Writer, **values: Any) -> None:
    """The organization's profile as its owner changed it."""
    await writer.lexware.control.post(f"organizations/{writer.organization['organization_id']}", values)


async def last_read(writer: Writer, seconds_ago: float) -> None:
    """The profile was last read so long ago."""
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(BooksProfileRow).values(fetched_at=db_now(-seconds_ago)))


async def park_as_small_business(writer: Writer) -> Any:
    """A document of a seller without VAT."""
    await seller(writer, smallBusiness=True)
    event = await writer.event(make_invoice())
    await writer.work(event)
    assert (await writer.outcome(event.document)).reason == "small_business_taxed"
    await seller(writer, smallBusiness=False)
    return event


async def test_profile_of_parked_documents_is_read_hourly_and_its_change_releases_them(
    writer: Writer,
) -> None:
    event = await park_as_small_business(writer)
    await writer.work()
    assert (await writer.requests())[PROFILE] == 1
    await last_read(writer, 3700)
    await writer.work()
    assert (await writer.outcome(event.document)).status == "booked"
    assert await writer.story(event.document) == ["parked", "booked", "file_attached"]


async def test_untaxed_documents_are_released_when_the_seller_turns_out_to_be_a_small_business(
    writer: Writer,
) -> None:
    abroad = make_address(country="AT", zip_code="1010", city="Wien")
    buyers = {"zero_rate_unmapped": make_address(), "vat_id_missing": abroad}
    events = {
        reason: await writer.event(
            make_invoice(
                number=reason, address=buyer, gross_total=euro("49.90"), lines=(make_line("49.90", "0"),)
            ),
            make_order(order_id=reason, billing_address=buyer),
        )
        for reason, buyer in buyers.items()
    }
    await writer.work(*events.values())
    assert {reason: (await writer.outcome(event.document)).reason for reason, event in events.items()} == {
        reason: reason for reason in buyers
    }
    await seller(writer, smallBusiness=True)
    await last_read(writer, 3700)
    await writer.work()
    assert {(await writer.outcome(event.document)).status for event in events.values()} == {"booked"}


async def test_unchanged_profile_decides_nothing_again(writer: Writer) -> None:
    event = await park_as_small_business(writer)
    await seller(writer, smallBusiness=True)
    await last_read(writer, 3700)
    await writer.work()
    assert (await writer.requests())[PROFILE] == 2
    assert await writer.story(event.document) == ["parked"]


async def test_change_seen_with_another_document_releases_the_parked_one(writer: Writer) -> None:
    event = await park_as_small_business(writer)
    await last_read(writer, 3700)
    other = make_invoice(number="R-2")
    await writer.work(await writer.event(other, make_order(order_id="another")))
    assert (await writer.outcome(other)).status == "booked"
    assert (await writer.outcome(event.document)).status == "booked"


async def test_person_who_retries_gets_the_profile_of_now(writer: Writer) -> None:
    event = await park_as_small_business(writer)
    await last_read(writer, 60)
    await writer.work(writer.retry(event))
    assert (await writer.outcome(event.document)).status == "booked"


async def test_profile_that_is_refused_once_parks_nothing(writer: Writer) -> None:
    await writer.lexware.control.fault("GET", "/v1/profile", "not_found_lag", 1)
    event = await writer.event(make_invoice())
    await writer.work(event)
    assert (await writer.story(event.document))[0] == "booked"


async def test_documents_that_an_older_release_parked_for_the_profile_go_on(writer: Writer) -> None:
    event = await park_as_small_business(writer)
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(OutcomeRow).values(reason="profile_unavailable"))
    await seller(writer, smallBusiness=True)  # nothing of it changed since
    await last_read(writer, 3700)
    await writer.work()
    assert (await writer.outcome(event.document)).reason == "small_business_taxed"


async def test_trouble_at_the_reading_leaves_no_dead_letter_and_is_tried_an_hour_later(
    writer: Writer,
) -> None:
    event = await park_as_small_business(writer)
    await last_read(writer, 3700)
    await writer.lexware.control.fault("GET", "/v1/profile", "forbidden", 1)
    await writer.work()
    async with writer.db.reading.of_all_tenants() as session:
        states = set((await session.scalars(select(InboxRow.state))).all())
    assert states == {"done"}
    await last_read(writer, 7300)
    await writer.work()
    assert (await writer.outcome(event.document)).status == "booked"


async def test_command_that_names_the_profile_reads_it(writer: Writer) -> None:
    event = await park_as_small_business(writer)
    await last_read(writer, 60)
    command = ReleaseParked(
        tenant_id=writer.tenant_id, connection_id=writer.books_id, released_by="profile", command_id=uuid4()
    )
    await writer.work(command)
    assert (await writer.outcome(event.document)).status == "booked"
