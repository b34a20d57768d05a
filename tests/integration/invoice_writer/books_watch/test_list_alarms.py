"""Alarms about lists of the books end with their cause, also where nobody asks for the list any more."""

from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from common.db.dialect import db_now
from common.db.models.books import BooksReadingRow, VoucherIndexStateRow
from common.db.models.core import ConnectionRow
from common.domain.alarms import AlarmKind
from common.lexware.errors import BooksUnavailable
from common.lexware.rows import Unfit
from common.lexware.voucherlist import VoucherFilter
from factories.documents import make_invoice
from factories.tenants import save_settings
from integration.invoice_writer.harness import Writer
from integration.invoice_writer.unreadable import alarms, failing_for, readings, tried
from integration.invoice_writer.watching import watch
from invoice_writer.books_watch import ListAlarms
from invoice_writer.books_watch.list_alarms import KINDS
from invoice_writer.lists import BooksList, BooksUnreadable, ListRef, Readings, note_unfit, part_to_json

PATHS = {
    BooksList.VOUCHERS: "/v1/voucherlist",
    BooksList.CONTACTS: "/v1/contacts",
    BooksList.PROFILE: "/v1/profile",
    BooksList.CATEGORIES: "/v1/posting-categories",
    BooksList.COUNTRIES: "/v1/countries",
}


async def look(writer: Writer) -> None:
    """A minute is over."""
    await ListAlarms(writer.db, writer.settings().readings.shown_after_seconds).run_once()


async def open_kinds(writer: Writer) -> set[AlarmKind]:
    return {kind for kind in KINDS if await alarms(writer, kind.value)}


async def in_trouble(writer: Writer) -> None:
    """Every kind of trouble that lists of the books can have is known of this merchant's."""
    ref = ListRef(writer.tenant_id, writer.books_id, BooksList.VOUCHERS)
    part = VoucherFilter(dated_from=date(2025, 3, 4), dated_to=date(2025, 3, 4))
    async with writer.db.sessions.of_all_tenants() as session:
        await note_unfit(session, ref, (), [Unfit("v-1", ("voucherDate",), is_lost=False)])
        failing = {"failures": 9, "failing_since": db_now(-1000.0), "retry_at": db_now(30.0)}
        await session.execute(update(BooksReadingRow).values(**failing))
        state = VoucherIndexStateRow(
            connection_id=writer.books_id, tenant_id=writer.tenant_id, unread=[part_to_json(part)]
        )
        session.add(state)
    await look(writer)


async def turn(writer: Writer, state: str) -> None:
    async with writer.db.sessions.of_all_tenants() as session:
        mine = update(ConnectionRow).where(ConnectionRow.connection_id == writer.books_id)
        await session.execute(mine.values(state=state))
    await look(writer)


async def test_books_that_are_out_of_use_have_no_alarms_of_their_lists_until_they_are_used_again(
    writer: Writer,
) -> None:
    await in_trouble(writer)
    assert await open_kinds(writer) == set(KINDS)
    await turn(writer, "disabled")
    assert await open_kinds(writer) == set()
    await turn(writer, "active")
    assert await open_kinds(writer) == set(KINDS)


async def test_alarm_of_a_list_that_nobody_closed_ends_at_the_next_look(writer: Writer) -> None:
    await in_trouble(writer)
    async with writer.db.sessions.of_all_tenants() as session:
        good: dict[str, Any] = {"failures": 0, "failing_since": None, "retry_at": None, "unfit": {}}
        await session.execute(update(BooksReadingRow).values(**good))
        await session.execute(update(VoucherIndexStateRow).values(unread=[]))
    await look(writer)
    assert await open_kinds(writer) == set()


async def nobody_waits(writer: Writer, which: BooksList) -> None:
    """The list could not be read for eleven minutes, and the document that met it was left out by hand."""
    await save_settings(writer.db, writer.tenant_id, 2, contacts="single")
    if which is BooksList.COUNTRIES:  # asked for customers of Northern Ireland only
        ref = ListRef(writer.tenant_id, writer.books_id, which)
        with suppress(BooksUnreadable):
            async with Readings(writer.db, writer.settings().readings).of(ref):
                raise BooksUnavailable("503")
        await failing_for(writer, 660)
        await look(writer)
        return
    event = await writer.event(make_invoice(), pdf=None)
    await tried(writer, event)
    await failing_for(writer, 660)
    await writer.make_all_due()
    await writer.work()
    assert (await writer.outcome(event.document)).reason == "books_unreadable"
    await writer.work(writer.exclude(event))


@pytest.mark.parametrize("which", BooksList)
async def test_list_that_no_document_waits_for_is_read_again_and_its_alarm_closes(
    writer: Writer, which: BooksList
) -> None:
    await writer.lexware.control.fault("GET", PATHS[which], "html_answer", None)
    await nobody_waits(writer, which)
    [alarm] = await alarms(writer, "books_unreadable")
    assert alarm.subject == f"{writer.books_id}:{which.value}"
    for is_readable in (False, True):
        if is_readable:
            await writer.lexware.control.clear_faults()
        async with writer.db.sessions.of_all_tenants() as session:
            await session.execute(update(BooksReadingRow).values(retry_at=db_now(-1000.0)))
        await watch(writer)
        assert ((await readings(writer))[which.value].failures == 0) is is_readable
    assert await alarms(writer, "books_unreadable") == []


async def test_contact_that_was_unreadable_and_is_gone_is_told_no_more(writer: Writer) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, contacts="single")
    ref = ListRef(writer.tenant_id, writer.books_id, BooksList.CONTACTS)
    async with writer.db.sessions.of_all_tenants() as session:
        await note_unfit(session, ref, (), [Unfit("c-gone", ("name",), is_lost=True)])
    assert len(await alarms(writer, "books_row_unreadable")) == 1
    await writer.work(await writer.event(make_invoice(), pdf=None))
    assert await alarms(writer, "books_row_unreadable") == []
