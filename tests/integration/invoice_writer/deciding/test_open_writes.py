"""While a write is in doubt the document shows it; a worker that comes late changes nothing."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from common.db.breakers import linked_anew
from common.db.models.books import OutcomeRow
from common.domain.merchant import GOODS_CATEGORY, INCOME_CATEGORY
from common.domain.stored_words import DocumentStatus
from common.events.documents import DocumentIssued
from factories.documents import make_invoice
from factories.tenants import save_settings
from integration.invoice_writer.harness import LASTING, Writer
from invoice_writer.outcomes import Outcome, record_outcome
from invoice_writer.rechecking import Rechecker


async def lose_the_answer(writer: Writer, times: int = 1, kind: str = "timeout_after_commit") -> None:
    """The voucher is made, unless of another kind, and nobody hears of it."""
    await writer.lexware.control.fault("POST", "/v1/vouchers", kind, times)


async def seen_while_working(writer: Writer, event: DocumentIssued) -> list[OutcomeRow]:
    """The outcomes that could be seen while the message was worked on, and the one it ended with."""
    seen: list[OutcomeRow] = []
    working = asyncio.create_task(writer.work(event))
    while not working.done():
        await asyncio.sleep(0.01)
        async with writer.db.reading.of_all_tenants() as session:
            seen += (await session.scalars(select(OutcomeRow))).all()
    await working
    return [*seen, await writer.outcome(event.document)]


async def test_document_in_doubt_is_waiting_with_a_time_and_is_bound_later(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    writer.effects = writer.effects.model_copy(update={"first_look": 1.0})  # so that the doubt can be seen
    await lose_the_answer(writer)
    seen = await seen_while_working(writer, event)
    doubtful = [row for row in seen if row.status == "waiting"]
    assert {row.reason for row in doubtful} == {"write_unconfirmed"}
    assert all(row.waits_until is not None for row in doubtful)
    assert (seen[-1].status, seen[-1].how, seen[-1].waits_until) == ("booked", "reconciled", None)
    assert await writer.story(event.document) == ["waiting", "booked", "file_attached"]
    assert len(await writer.vouchers()) == 1
    assert len(await writer.announced()) == 1


async def leave_in_doubt(writer: Writer, event: DocumentIssued, kind: str = "timeout_after_commit") -> None:
    """Nobody hears what became of the voucher, and nobody looks before the next work."""
    looking_soon = writer.effects
    writer.effects = writer.effects.model_copy(update={"first_look": 600.0})
    await lose_the_answer(writer, kind=kind)
    await writer.work(event)
    assert (await writer.outcome(event.document)).reason == "write_unconfirmed"
    writer.effects = looking_soon
    await writer.make_all_due()


@pytest.mark.parametrize("is_recorded", [True, False])
@pytest.mark.parametrize("changed", [{"mode": "paused"}, {"start_on": date(2025, 4, 1)}])
async def test_document_in_doubt_is_found_in_the_books_whatever_would_be_decided_by_now_r4(
    writer: Writer, changed: dict[str, Any], is_recorded: bool
) -> None:
    """Also when the writer died between sending the voucher and recording that it waits for the answer."""
    event = await writer.event(make_invoice())
    await leave_in_doubt(writer, event)
    if not is_recorded:
        async with writer.db.sessions.of_all_tenants() as session:
            await session.execute(delete(OutcomeRow))
    await save_settings(writer.db, writer.tenant_id, 2, **changed)
    await writer.work()
    outcome, (voucher,) = await writer.outcome(event.document), await writer.vouchers()
    assert (outcome.status, outcome.how, outcome.voucher_id) == ("booked", "reconciled", voucher["id"])


async def test_document_in_doubt_that_the_books_do_not_hold_is_decided_anew(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    await leave_in_doubt(writer, event, "drop_before_commit")
    await save_settings(writer.db, writer.tenant_id, 2, start_on=date(2025, 4, 1))
    await writer.work()
    assert (await writer.outcome(event.document)).reason == "before_start_date"
    assert await writer.vouchers() == []


async def test_found_voucher_stands_with_the_decision_it_was_written_by_r2(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    await leave_in_doubt(writer, event)
    newest = await save_settings(writer.db, writer.tenant_id, 2, category_id=INCOME_CATEGORY)
    await writer.work()
    outcome, (voucher,) = await writer.outcome(event.document), await writer.vouchers()
    assert outcome.decision is not None
    written, decided = voucher["voucherItems"][0]["categoryId"], outcome.decision["lines"][0]["category_id"]
    assert written == decided == GOODS_CATEGORY
    assert outcome.settings_version_id != newest


async def test_voucher_a_person_knows_again_stands_with_the_decision_it_was_written_by_r2(
    writer: Writer,
) -> None:
    event = await writer.event(make_invoice())
    await leave_in_doubt(writer, event)
    (voucher,) = await writer.vouchers()
    await writer.lexware.control.post(f"vouchers/{voucher['id']}", {"remark": "checked"})
    await writer.work()
    assert (await writer.outcome(event.document)).reason == "marker_missing_in_books"
    await save_settings(writer.db, writer.tenant_id, 2, category_id=INCOME_CATEGORY, mode="paused")
    await writer.work(writer.resolve(event, "adopt", voucher_id=voucher["id"]))
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.how, outcome.voucher_id) == ("booked", "adopted", voucher["id"])
    assert outcome.decision is not None
    assert outcome.decision["lines"][0]["category_id"] == GOODS_CATEGORY


async def test_what_our_own_write_made_is_found_before_it_counts_as_booked_by_hand(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    await leave_in_doubt(writer, event)
    writer.breaker = LASTING
    await writer.lexware.control.fault("GET", "/v1/voucherlist", "forbidden", None)
    await writer.work(deadline=60.0)
    assert (await writer.outcome(event.document)).status == "parked"
    await writer.lexware.control.clear_faults()
    async with writer.db.sessions.of_all_tenants() as session:
        await linked_anew(session, writer.tenant_id, writer.books_id)
    await writer.work(writer.resolve(event, "by_hand", voucher_id="v-of-the-adviser"))
    outcome, (voucher,) = await writer.outcome(event.document), await writer.vouchers()
    assert (outcome.status, outcome.how, outcome.voucher_id) == ("booked", "reconciled", voucher["id"])


async def test_document_in_doubt_is_not_put_in_line_a_second_time(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    async with writer.db.sessions.of_all_tenants() as session:
        doubt = Outcome(DocumentStatus.WAITING, reason="write_unconfirmed", waits_for=timedelta(seconds=-5))
        await record_outcome(session, event, doubt, state=None, payer=None)
    assert await Rechecker(writer.db, lambda: None, 1.0).run_once() == 0


async def test_waiting_for_the_rate_limit_is_no_doubt(writer: Writer) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    await writer.lexware.control.fault("POST", "/v1/vouchers", "rate_limited", 1)
    await writer.work(event)
    assert await writer.story(event.document) == ["booked"]


@pytest.mark.parametrize("status", [DocumentStatus.PARKED, DocumentStatus.WAITING])
async def test_late_worker_does_not_undo_a_booking(writer: Writer, status: DocumentStatus) -> None:
    event = await writer.event(make_invoice())
    await writer.work(event)
    async with writer.db.sessions.of_all_tenants() as session:
        late = Outcome(status, reason="original_missing", waits_for=timedelta(hours=1))
        await record_outcome(session, event, late, state=None, payer=None)
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.reason, outcome.waits_until) == ("booked", None, None)
    assert await writer.story(event.document) == ["booked", "file_attached"]
    assert len(await writer.announced()) == 1
