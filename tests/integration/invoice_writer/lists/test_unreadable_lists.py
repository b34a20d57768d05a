"""A list that cannot be read is tried once a minute, shows after ten, and what waits for it goes on."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from common.domain.merchant import MerchantSettings
from factories.documents import make_address, make_invoice, make_order
from factories.tenants import save_settings
from integration.invoice_writer.harness import CREATE, Writer
from integration.invoice_writer.unreadable import (
    LIST,
    alarms,
    failing_for,
    index_is_old,
    made,
    readings,
    tried,
)


def moment(days_ago: int) -> str:
    """Noon of that day, as the books write moments."""
    noon = datetime.now(UTC).astimezone(ZoneInfo("Europe/Berlin")).replace(hour=12, minute=0)
    return (noon - timedelta(days=days_ago)).isoformat(timespec="milliseconds")


async def remind(writer: Writer, count: int) -> None:
    """The documents in line are tried again so many times, whatever they wait for."""
    for _ in range(count):
        await writer.make_all_due()
        with suppress(TimeoutError):
            await writer.work(deadline=1.0)


async def unreadable(writer: Writer, path: str = "/v1/voucherlist", **how: Any) -> None:
    """The list is answered with a page for people."""
    await writer.lexware.control.fault("GET", path, "html_answer", None, **how)


async def stalled(writer: Writer, *numbers: str) -> list[Any]:
    """Documents that wait for a list which has not been readable for eleven minutes."""
    events = [await writer.event(make_invoice(number=one), make_order(order_id=one)) for one in numbers]
    await tried(writer, *events)
    await failing_for(writer, 660)
    await writer.make_all_due()
    await writer.work()
    return events


async def test_stalled_reading_costs_one_request_a_minute_however_many_documents_wait(
    writer: Writer,
) -> None:
    await unreadable(writer)
    events = [
        await writer.event(make_invoice(number=f"R-{one}"), make_order(order_id=str(one))) for one in range(9)
    ]
    await tried(writer, *events)
    await remind(writer, 3)
    asked = (await writer.requests())[LIST]
    assert asked <= 4
    assert 1 <= (await readings(writer))["vouchers"].failures <= asked  # the last may end with its process
    assert CREATE not in await writer.requests()


async def test_after_ten_minutes_the_documents_show_it_and_an_alarm_names_what_was_answered(
    writer: Writer,
) -> None:
    await unreadable(writer)
    for event in await stalled(writer, "R-1", "R-2"):
        outcome = await writer.outcome(event.document)
        assert (outcome.status, outcome.reason) == ("waiting", "books_unreadable")
    [alarm] = await alarms(writer, "books_unreadable")
    assert (alarm.evidence["list"], alarm.subject) == ("vouchers", f"{writer.books_id}:vouchers")
    assert "http.unreadable_answer" in alarm.evidence["last_error"]


async def test_list_that_can_be_read_again_lets_all_go_on_and_closes_the_alarm(writer: Writer) -> None:
    await unreadable(writer)
    events = await stalled(writer, "R-1", "R-2", "R-3")
    await writer.lexware.control.clear_faults()
    await writer.work()
    assert {(await writer.outcome(event.document)).status for event in events} == {"waiting"}
    await failing_for(writer, 720)
    await writer.work()
    assert {(await writer.outcome(event.document)).status for event in events} == {"booked"}
    assert await alarms(writer, "books_unreadable") == []
    row = (await readings(writer))["vouchers"]
    assert (row.failures, row.last_error, row.failing_since) == (0, None, None)


async def test_while_a_list_stays_unreadable_one_document_tries_it(writer: Writer) -> None:
    await unreadable(writer)
    events = await stalled(writer, "R-1", "R-2", "R-3")
    before = (await writer.requests())[LIST]
    await failing_for(writer, 720)
    await writer.work()
    assert (await writer.requests())[LIST] == before + 1
    assert {(await writer.outcome(event.document)).status for event in events} == {"waiting"}


@pytest.mark.parametrize(
    ("path", "listed"),
    [("/v1/voucherlist", "vouchers"), ("/v1/contacts", "contacts"), ("/v1/countries", "countries")],
)
async def test_refusal_of_a_list_is_no_refusal_of_a_document(writer: Writer, path: str, listed: str) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, **MerchantSettings(contacts="single").model_dump())
    await writer.lexware.control.fault("GET", path, "not_found_lag", 1)
    belfast = make_address(country="GB", zip_code="BT1 1AA", city="Belfast")
    invoice = make_invoice(address=belfast) if listed == "countries" else make_invoice()
    order = make_order(billing_address=belfast) if listed == "countries" else make_order()
    await writer.work(await writer.event(invoice, order), deadline=10.0)
    story = await writer.story(invoice)
    assert "voucher_rejected" not in str((await writer.outcome(invoice)).reason)
    assert (await writer.outcome(invoice)).reason != "contact_rejected"
    assert "parked" not in story or listed == "countries"


@pytest.mark.parametrize("kind", ["not_found_lag", "truncated_answer", "foreign_refusal"])
@pytest.mark.parametrize(
    ("path", "listed"), [("/v1/profile", "profile"), ("/v1/posting-categories", "categories")]
)
async def test_r4_a_profile_that_is_refused_or_no_profile_parks_nothing_and_all_go_on_by_themselves(
    writer: Writer, path: str, listed: str, kind: str
) -> None:
    await writer.lexware.control.fault("GET", path, kind, None)
    events = await stalled(writer, "R-1", "R-2")
    for event in events:
        outcome = await writer.outcome(event.document)
        assert (outcome.status, outcome.reason) == ("waiting", "books_unreadable")
        assert outcome.params["list"] == listed
    [alarm] = await alarms(writer, "books_unreadable")
    assert alarm.evidence["list"] == listed
    await writer.lexware.control.clear_faults()
    await failing_for(writer, 720)
    await writer.work()
    await failing_for(writer, 720)
    await writer.work()
    for event in events:
        assert (await writer.outcome(event.document)).status == "booked"
        assert "parked" not in await writer.story(event.document)
    assert await alarms(writer, "books_unreadable") == []


async def test_more_than_ten_thousand_changes_in_two_days_are_read_by_day_and_found(
    writer: Writer,
) -> None:
    await writer.work(await writer.event(make_invoice(number="R-0"), make_order(order_id="0")))
    for days_ago in (0, 1):
        changed = {"createdDate": moment(days_ago), "updatedDate": moment(days_ago)}
        await made(writer, 5_100, voucherNumber=f"P-{days_ago}-{{}}", voucherDate="2025-02-03", **changed)
    taken, new = make_invoice(number="P-1-5099"), make_invoice(number="R-1")
    await index_is_old(writer)
    before = (await writer.requests())[LIST]
    await writer.work(
        await writer.event(taken, make_order(order_id="1")),
        await writer.event(new, make_order(order_id="2")),
        deadline=60.0,
    )
    assert (await writer.outcome(taken)).reason == "number_taken_in_books"
    assert (await writer.outcome(new)).status == "booked"
    assert (await writer.requests())[LIST] - before <= 1 + 2 * 21


async def test_part_that_is_still_too_long_is_named_and_holds_up_the_documents_of_its_day_only(
    writer: Writer,
) -> None:
    last = await made(writer, 10_000, voucherNumber="P-{}", voucherDate="2025-03-04", voucherStatus="paid")
    held, other = make_invoice(number="R-1"), make_invoice(number="R-2", issued_at="2025-03-05T10:00:00Z")
    await writer.work(
        await writer.event(held, make_order(order_id="1")),
        await writer.event(other, make_order(order_id="2")),
        deadline=60.0,
    )
    waiting = await writer.outcome(held)
    assert (waiting.status, waiting.reason) == ("waiting", "books_unreadable")
    assert (await writer.outcome(other)).status == "booked"
    [alarm] = await alarms(writer, "books_part_too_long")
    named = {"dated_from": "2025-03-04", "types": ["salesinvoice"], "statuses": ["paid"]}
    assert named.items() <= alarm.evidence.items()
    async with httpx.AsyncClient(base_url=writer.lexware.base_url, timeout=30) as books:
        (await books.delete(f"/_control/vouchers/{last}")).raise_for_status()
    await index_is_old(writer)
    third = make_invoice(number="R-3", issued_at="2025-03-05T10:00:00Z")
    await writer.work(await writer.event(third, make_order(order_id="3")), deadline=60.0)
    assert (await writer.outcome(held)).status == "booked"
    assert await alarms(writer, "books_part_too_long") == []
