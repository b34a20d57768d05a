"""A correction goes where its invoice goes, whatever comes first (R37)."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import update

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.domain.merchant import GOODS_CATEGORY
from common.events.commands import FetchOrder, ReleaseParked
from common.events.vouchers import DocumentParked, VoucherBooked
from factories.documents import make_credit_note, make_invoice, make_order, zero_rated
from factories.tenants import save_settings
from integration.invoice_writer.harness import Harness


async def a_day_passes(db: Database) -> None:
    """Everything was seen a day earlier, and the time of what waits has come."""
    async with db.sessions.begin() as session:
        day = timedelta(days=1).total_seconds() + 1
        await session.execute(update(OutcomeRow).values(first_seen_at=db_now(-day)))
        waiting = OutcomeRow.waits_until.is_not(None)
        await session.execute(update(OutcomeRow).where(waiting).values(waits_until=db_now(-1.0)))


async def settings_change(writer: Harness, number: int, **values: Any) -> ReleaseParked:
    """The merchant saved other settings; the command the API sends then."""
    await save_settings(writer.db, writer.tenant_id, number, **values)
    return ReleaseParked(
        tenant_id=writer.tenant_id, connection_id=writer.books_id, released_by="settings", command_id=uuid4()
    )


async def fetches(writer: Harness) -> int:
    """How often ingest was asked for the order."""
    return sum(isinstance(event, FetchOrder) for event in await writer.announced())


async def test_correction_of_a_missing_invoice_is_parked_after_a_day_and_asked_for_once(
    writer: Harness,
) -> None:
    correction = make_credit_note()
    await writer.work(await writer.event(correction))
    await a_day_passes(writer.db)
    await writer.work()
    outcome = await writer.outcome(correction)
    assert (outcome.status, outcome.reason, outcome.waits_until) == ("parked", "original_missing", None)
    await writer.work()
    assert await fetches(writer) == 1
    parked = [event for event in await writer.announced() if isinstance(event, DocumentParked)]
    assert len(parked) == 1
    await writer.work(await writer.event(make_invoice()))
    assert (await writer.outcome(correction)).status == "booked"


async def test_invoice_is_fetched_also_when_the_correction_was_parked_for_something_else_before(
    writer: Harness,
) -> None:
    correction = make_credit_note()
    await save_settings(writer.db, writer.tenant_id, 2, mode="paused")
    await writer.work(await writer.event(correction))
    assert (await writer.outcome(correction)).reason == "transfer_paused"
    await writer.work(await settings_change(writer, 3))
    assert (await writer.outcome(correction)).reason == "original_missing"
    assert await fetches(writer) == 1


async def test_correction_is_parked_with_its_invoice_and_booked_after_it(writer: Harness) -> None:
    invoice = zero_rated()
    correction = make_credit_note(gross_total=invoice.gross_total, lines=invoice.lines)
    mapped = {"domestic_zero_category_id": GOODS_CATEGORY}
    await writer.work(await writer.event(invoice), await writer.event(correction))
    assert (await writer.outcome(invoice)).reason == "zero_rate_unmapped"
    await writer.work(await settings_change(writer, 2, **mapped))
    assert (await writer.outcome(correction)).status == "booked"
    booked = [event.number for event in await writer.announced() if isinstance(event, VoucherBooked)]
    assert booked == [invoice.number, correction.number]


async def test_correction_of_an_excluded_invoice_is_excluded(writer: Harness) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, start_on=date(2025, 3, 8))
    invoice, correction = make_invoice(), make_credit_note()
    await writer.work(await writer.event(correction), await writer.event(invoice))
    assert (await writer.outcome(invoice)).reason == "before_start_date"
    outcome = await writer.outcome(correction)
    assert (outcome.status, outcome.reason) == ("excluded", "original_excluded")


async def test_earlier_start_date_books_what_it_had_excluded_and_the_corrections_with_it(
    writer: Harness,
) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, start_on=date(2025, 3, 8))
    invoice, correction = make_invoice(), make_credit_note()
    older = make_invoice(number="R-OLD", issued_at=invoice.issued_at - timedelta(days=40))
    elsewhere = await writer.event(older, make_order(order_id="another"))
    await writer.work(await writer.event(invoice), await writer.event(correction), elsewhere)
    await writer.work(await settings_change(writer, 3, start_on=date(2025, 3, 1)))
    assert (await writer.outcome(invoice)).status == "booked"
    assert (await writer.outcome(correction)).status == "booked"
    assert await writer.story(older) == ["excluded"]


async def test_nothing_is_decided_again_while_nothing_changes(writer: Harness) -> None:
    invoice = zero_rated()
    await writer.work(await writer.event(invoice), await writer.event(make_credit_note()))
    before = (await writer.outcome(invoice)).revision, (await writer.outcome(make_credit_note())).revision
    await writer.work()
    after = (await writer.outcome(invoice)).revision, (await writer.outcome(make_credit_note())).revision
    assert after == before
