"""Nothing waits without a word: after an hour the document says what it waits for, and an alarm counts."""

from typing import Any

import pytest
from sqlalchemy import select, update

from common.db.dialect import db_now
from common.db.models.books import OutcomeRow
from common.db.models.core import ConnectionRow
from common.db.models.line import InboxRow
from common.domain.stored_words import Lane
from common.events.base import Event
from common.inbox.accept import accept
from common.inbox.overdue import OverdueWatch
from common.transport.base import Incoming
from factories.documents import make_invoice, make_order
from integration.invoice_writer.adoption import by_hand
from integration.invoice_writer.files.test_late_files import file_trouble
from integration.invoice_writer.harness import CREATE, Writer
from integration.invoice_writer.unreadable import alarms
from invoice_writer.rechecking import show_delayed
from invoice_writer.rechecking.late_files import LateFiles

CONSUMER = "invoice-writer"
HIDDEN = "/v1/vouchers/{id}"


async def look(writer: Writer) -> None:
    """A minute is over."""
    await OverdueWatch(writer.db, CONSUMER, show_delayed).run_once()


async def try_once(writer: Writer, *events: Event) -> None:
    """The events come, are tried, and wait for something."""

    async def waits() -> bool:
        told = select(InboxRow.inbox_id).where(InboxRow.done_at.is_(None), InboxRow.last_error.is_not(None))
        async with writer.db.reading.of_all_tenants() as session:
            return await session.scalar(told.limit(1)) is not None

    await writer.work_until(waits, *events)


async def hours_later(writer: Writer, hours: float = 2.0) -> None:
    """What is in line came that long ago."""
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(InboxRow).values(received_at=db_now(-3600.0 * hours)))
    await look(writer)


async def only_received(writer: Writer, event: Event) -> None:
    async with writer.db.sessions.of_all_tenants() as session:
        await accept(session, CONSUMER, [Incoming.of(event)])


async def test_document_that_makes_no_progress_says_what_it_waits_for_until_it_does(
    writer: Writer,
) -> None:
    await writer.lexware.control.fault("POST", "/v1/vouchers", "rate_limited", None)
    event = await writer.event(make_invoice(), pdf=None)
    await try_once(writer, event)
    await look(writer)
    assert await alarms(writer, "work_delayed") == []
    await hours_later(writer)
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.reason) == ("waiting", "delayed")
    assert outcome.params["said"] == "http.rate_limited"
    [alarm] = await alarms(writer, "work_delayed")
    assert (alarm.tenant_id, alarm.subject) == (writer.tenant_id, CONSUMER)
    assert alarm.evidence["said"] == {"http.rate_limited": 1}
    await look(writer)
    assert await writer.story(event.document) == ["waiting"]
    await writer.lexware.control.clear_faults()
    await writer.make_all_due()
    await writer.work()
    assert (await writer.outcome(event.document)).status == "booked"
    await look(writer)
    assert await alarms(writer, "work_delayed") == []


async def test_live_document_that_nobody_begins_is_told_and_a_backfill_waits_its_turn(
    writer: Writer,
) -> None:
    old = await writer.event(make_invoice(number="OLD"), make_order(order_id="1"), lane=Lane.HISTORY)
    new = await writer.event(make_invoice(number="NEW"), make_order(order_id="2"))
    await only_received(writer, old)
    await hours_later(writer)
    assert await alarms(writer, "work_delayed") == []
    await only_received(writer, new)
    await hours_later(writer)
    [alarm] = await alarms(writer, "work_delayed")
    assert alarm.evidence["said"] == {"not_begun": 1}
    assert (await writer.outcome(new.document)).reason == "delayed"
    async with writer.db.reading.of_all_tenants() as session:
        assert (await session.scalars(select(OutcomeRow.number))).all() == ["NEW"]
    await writer.work()
    assert {(await writer.outcome(one.document)).status for one in (old, new)} == {"booked"}


async def test_voucher_that_is_listed_and_never_shown_ends_with_a_person(writer: Writer) -> None:
    """Whether it is this document's or another's, nobody can see; the search goes on behind it."""
    event = await writer.event(make_invoice(), pdf=None)
    voucher_id = await by_hand(writer, event.number)
    await writer.lexware.control.fault("GET", HIDDEN, "not_found_lag", None)
    await try_once(writer, event)
    await hours_later(writer)
    assert (await writer.outcome(event.document)).params["said"] == "voucher_not_visible"
    await writer.make_all_due()
    await writer.work()
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.reason) == ("parked", "write_unsettled")
    assert outcome.params == {"vouchers": [voucher_id], "said": "voucher_not_visible"}
    assert CREATE not in await writer.requests()
    await writer.lexware.control.clear_faults()
    await writer.work(writer.retry(event))
    assert (await writer.outcome(event.document)).voucher_id == voucher_id


async def test_document_behind_a_dead_letter_of_its_order_says_so(writer: Writer) -> None:
    first, second = [await writer.event(make_invoice(number=one), pdf=None) for one in ("R-1", "R-2")]
    await only_received(writer, first)
    await only_received(writer, second)
    async with writer.db.sessions.of_all_tenants() as session:
        is_first = InboxRow.event_id == first.event_id
        await session.execute(update(InboxRow).where(is_first).values(payload=b"no event"))
    await writer.work()
    await hours_later(writer)
    assert (await writer.outcome(second.document)).reason == "delayed"
    [alarm] = await alarms(writer, "work_delayed")
    assert alarm.evidence["messages"] == 1


async def test_document_that_was_decided_meanwhile_is_not_called_delayed(writer: Writer) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    await writer.work(event)
    async with writer.db.sessions.of_all_tenants() as session:
        again: dict[str, Any] = {"done_at": None, "state": "ready", "received_at": db_now(-7200.0)}
        await session.execute(update(InboxRow).values(**again))
    await look(writer)
    assert (await writer.outcome(event.document)).status == "booked"


@pytest.mark.parametrize("end", ["arrived", "disabled"])
async def test_files_that_do_not_arrive_for_a_day_are_told_until_they_do(writer: Writer, end: str) -> None:
    await file_trouble(writer)
    event = await writer.event(make_invoice())
    await try_once(writer, event)
    await LateFiles(writer.db).run_once()
    assert await alarms(writer, "files_delayed") == []
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(OutcomeRow).values(changed_at=db_now(-90_000.0)))
    await LateFiles(writer.db).run_once()
    [alarm] = await alarms(writer, "files_delayed")
    assert alarm.evidence["documents"] == [f"invoice {event.number}"]
    if end == "arrived":
        await writer.lexware.control.clear_faults()
        await writer.make_all_due()
        await writer.work()
    else:
        async with writer.db.sessions.of_all_tenants() as session:
            await session.execute(update(ConnectionRow).values(state="disabled"))
    await LateFiles(writer.db).run_once()
    assert await alarms(writer, "files_delayed") == []
