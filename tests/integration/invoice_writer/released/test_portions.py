"""Released documents go in line a portion at a time: so many as a minute allows, oldest first, none twice."""

from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now
from common.db.models.books import OutcomeRow, ReleasedDocumentRow
from common.db.models.line import InboxKeyRow, InboxRow
from common.domain.reasons import DocumentReason
from common.events.commands import ReleaseParked
from integration.invoice_writer.harness import Writer
from integration.invoice_writer.releases import (
    carry_out,
    in_line,
    in_order,
    minute_passes,
    park,
    park_many,
    portions,
    release,
    use_up,
    waiting_marks,
)
from invoice_writer.released import requeue, requeueing

RATE = 0.5  # 30 requests a minute: 3 for the few, and portions of 27
PORTION = 27
PAUSED = {"released_by": "settings", "settings": ("mode",)}


async def lanes(writer: Writer) -> Counter[str]:
    """How many retries came in each lane."""
    return Counter(command.lane.value for command in await in_line(writer))


async def test_many_go_back_in_portions_of_what_a_minute_allows_oldest_first(writer: Writer) -> None:
    await park_many(writer, 60)
    assert await carry_out(writer, release(writer, **PAUSED), RATE) == 60
    assert [command.number for command in await in_line(writer)] == in_order(PORTION)
    assert await lanes(writer) == {"history": PORTION}
    assert await waiting_marks(writer) == 60 - PORTION


async def test_next_portion_goes_when_the_one_before_is_used_up_and_its_minute_is_over(
    writer: Writer,
) -> None:
    await park_many(writer, 60)
    await carry_out(writer, release(writer, **PAUSED), RATE)
    await use_up(writer)
    assert await portions(writer, RATE) == 0
    await minute_passes(writer)
    assert await portions(writer, RATE) == PORTION
    await minute_passes(writer)
    await use_up(writer, PORTION - 1)
    assert await portions(writer, RATE) == 0
    await use_up(writer)
    assert await portions(writer, RATE) == 60 - 2 * PORTION
    assert [command.number for command in await in_line(writer)] == in_order(60)


async def test_releases_of_several_causes_share_one_portion(writer: Writer) -> None:
    await park_many(writer, 40)
    await carry_out(writer, release(writer, **PAUSED), RATE)
    await park(writer, DocumentReason.NOT_EURO, copies=20)
    await carry_out(
        writer, release(writer, released_by="person", reasons=(DocumentReason.NOT_EURO.value,)), RATE
    )
    assert await lanes(writer) == {"history": PORTION}


async def test_each_merchant_has_a_portion_of_his_own(writer: Writer) -> None:
    await park_many(writer, 60)
    await carry_out(writer, release(writer, **PAUSED), RATE)
    await writer.set_up()
    writer.shop_id = uuid4()
    await park_many(writer, 60)
    await carry_out(writer, release(writer, **PAUSED), RATE)
    assert Counter(command.tenant_id for command in await in_line(writer))[writer.tenant_id] == PORTION


async def test_what_is_tried_again_much_later_does_not_hold_up_the_next_portion(writer: Writer) -> None:
    await park_many(writer, 60)
    await carry_out(writer, release(writer, **PAUSED), RATE)
    await use_up(writer, PORTION - 2)
    await minute_passes(writer)
    later, behind_a_dead_letter = db_now(600.0), null()
    keys = select(InboxKeyRow.ordering_key).order_by(InboxKeyRow.ordering_key)
    async with writer.db.sessions.of_all_tenants() as session:
        for key, due_at in zip(await session.scalars(keys), (later, behind_a_dead_letter), strict=True):
            stuck = update(InboxKeyRow).where(InboxKeyRow.ordering_key == key)
            await session.execute(stuck.values(due_at=due_at))
    assert await portions(writer, RATE) == PORTION


async def test_what_waits_for_the_connection_keeps_its_place_in_the_portion(writer: Writer) -> None:
    await park_many(writer, 60)
    await carry_out(writer, release(writer, **PAUSED), RATE)
    await minute_passes(writer)
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(InboxKeyRow).values(due_at=None, waits_for=writer.books_id))
    assert await portions(writer, RATE) == 0


async def test_document_decided_otherwise_before_its_turn_is_left_as_it_is(writer: Writer) -> None:
    await park_many(writer, 60)
    await carry_out(writer, release(writer, **PAUSED), RATE)
    decided = update(OutcomeRow).where(OutcomeRow.number.in_(in_order(60)[-10:]))
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(decided.values(reason=DocumentReason.VOUCHER_DELETED.value, voucher_id="v-1"))
    for _ in range(3):
        await use_up(writer)
        await minute_passes(writer)
        await portions(writer, RATE)
    assert [command.number for command in await in_line(writer)] == in_order(50)
    assert await waiting_marks(writer) == 0


async def test_released_twice_is_decided_once(writer: Writer) -> None:
    await park_many(writer, 60)
    for _ in range(2):
        await carry_out(writer, release(writer, **PAUSED), RATE)
    assert await waiting_marks(writer) == 60 - PORTION
    assert len(await in_line(writer)) == PORTION


async def test_a_mark_lives_until_the_transaction_that_puts_it_in_line(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def accept_and_die(session: AsyncSession, *rows: Any, **more: Any) -> None:
        await requeue(session, *rows, **more)
        raise ConnectionResetError

    await park_many(writer, 60)
    with monkeypatch.context() as patch:
        patch.setattr("invoice_writer.released.portions.requeue", accept_and_die)
        with pytest.raises(ConnectionResetError):
            await carry_out(writer, release(writer, **PAUSED), RATE)
    assert (await waiting_marks(writer), await in_line(writer)) == (60, [])
    assert await portions(writer, RATE) == PORTION


async def test_pages_of_a_release_are_marks_each_and_the_rest_an_order(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requeueing, "PAGE", 25)
    await park_many(writer, 60)
    async with writer.db.sessions.of_all_tenants() as session:
        assert await requeueing.release(session, release(writer, **PAUSED)) == 25
    assert await waiting_marks(writer) == 25
    (rest,) = await orders(writer)
    async with writer.db.sessions.of_all_tenants() as session:
        assert await requeueing.release(session, rest) == 25
    assert await releases_marked_as_few(writer) == 0
    assert len(await orders(writer)) == 2


async def test_few_do_not_wait_behind_a_backfill(writer: Writer) -> None:
    await park(writer, DocumentReason.TRANSFER_PAUSED, copies=3)
    await carry_out(writer, release(writer, released_by="settings", settings=("mode",)))
    assert await lanes(writer) == {"live": 3}


async def test_few_that_come_again_and_again_are_many(writer: Writer) -> None:
    for place in range(4):
        number = {"document_id": uuid4(), "number": f"few-{place}"}
        await park(writer, DocumentReason.TRANSFER_PAUSED, over=number)
        await carry_out(writer, release(writer, **PAUSED), RATE)
    assert await lanes(writer) == {"live": 3, "history": 1}


async def orders(writer: Writer) -> list[ReleaseParked]:
    """The orders to release that the writer gave itself."""
    query = select(InboxRow.payload).where(InboxRow.type == ReleaseParked.type).order_by(InboxRow.inbox_id)
    async with writer.db.reading.of_all_tenants() as session:
        return [ReleaseParked.model_validate_json(payload or b"") for payload in await session.scalars(query)]


async def releases_marked_as_few(writer: Writer) -> int:
    """How many documents wait that were released with a few others."""
    query = select(func.count()).where(ReleasedDocumentRow.is_few)
    async with writer.db.reading.of_all_tenants() as session:
        return await session.scalar(query) or 0
