"""What stands twice in the books is told once with its vouchers; what a person says of it is kept."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update

from common.db.doubles import repairing_deletions
from common.db.models.books import VoucherIndexRow
from common.db.models.doubles import DuplicateLookRow
from common.db.models.effects import AlarmRow, BindingRow
from common.db.models.numbers import NumberedEffectRow
from common.db.secrets import Secrets
from common.events.commands import RepairDuplicate, SeeAlarm
from common.events.documents import DocumentIssued
from common.lexware.connect import LexwareClients
from factories.documents import make_invoice, make_order
from factories.tenants import KEY
from integration.invoice_writer.adoption import alarms, by_hand
from integration.invoice_writer.harness import Writer
from integration.invoice_writer.vouchers.test_same_document import of
from invoice_writer.duplicates import DuplicateWatch
from invoice_writer.keys import effect_key, marker_of


def watch(writer: Writer) -> DuplicateWatch:
    """The daily look of another process."""
    clients = LexwareClients(writer.db, Secrets([KEY]), writer.settings().lexware, writer.network)
    return DuplicateWatch(writer.db, clients, 60.0)


async def look(writer: Writer) -> list[AlarmRow]:
    """A day has passed: what is open after the look."""
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(DuplicateLookRow).values(claimed_until=None))
    assert await watch(writer).run_once()
    return [alarm for alarm in await alarms(writer) if alarm.closed_at is None]


async def a_late_twin(writer: Writer) -> tuple[DocumentIssued, str, str]:
    """A document whose write the books carried out twice; the index has seen both vouchers."""
    event = await writer.event(make_invoice(), pdf=None)
    await writer.work(event)
    (first,) = await writer.vouchers()
    marker = marker_of(effect_key(writer.organization["organization_id"], event))
    twin = await by_hand(writer, event.number, remark=f"{marker} Bestellung 2025-1042")
    await see_in_index(writer, event.number, twin)
    return event, str(first["id"]), twin


async def see_in_index(writer: Writer, number: str, voucher_id: str) -> None:
    """The copy of the voucherlist shows the voucher."""
    row = {
        "tenant_id": writer.tenant_id,
        "connection_id": writer.books_id,
        "voucher_id": voucher_id,
        "type": "salesinvoice",
        "status": "open",
        "number": number,
        "voucher_on": date(2025, 3, 4),
        "gross_minor": 4990,
        "updated_at": datetime(2026, 3, 2, tzinfo=UTC),
    }
    async with writer.db.sessions.of_all_tenants() as session:
        session.add(VoucherIndexRow(**row))


async def one_alarm(writer: Writer) -> AlarmRow:
    """The double that was found."""
    (alarm,) = await look(writer)
    return alarm


def said(writer: Writer, alarm: AlarmRow, **more: Any) -> dict[str, Any]:
    """What a command about the alarm says."""
    about = {"tenant_id": writer.tenant_id, "connection_id": writer.books_id, "command_id": uuid4()}
    return {**about, "alarm_id": alarm.alarm_id, **more}


async def delete_in_books(writer: Writer, voucher_id: str) -> None:
    """A person deletes the voucher in the web application."""
    (await writer.lexware.control.http.delete(f"/_control/vouchers/{voucher_id}")).raise_for_status()


async def test_marker_of_ours_bound_to_nothing_is_told_with_both_vouchers(writer: Writer) -> None:
    _, first, twin = await a_late_twin(writer)
    alarm = await one_alarm(writer)
    assert alarm.kind == "duplicate"
    assert set(alarm.evidence["vouchers"]) == {first, twin}
    assert (alarm.evidence["keep"], alarm.evidence["delete"]) == (first, [twin])
    assert len(await look(writer)) == 1


async def test_unknown_vouchers_are_read_once_and_others_not_at_all(writer: Writer) -> None:
    await a_late_twin(writer)
    await look(writer)
    before = await writer.requests()
    await look(writer)
    assert await writer.requests() == before


async def test_voucher_somebody_else_made_is_no_double(writer: Writer) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    await writer.work(event)
    await see_in_index(writer, event.number, await by_hand(writer, event.number))
    assert await look(writer) == []


async def bound_twice(writer: Writer) -> tuple[Writer, DocumentIssued]:
    """As the release before booked a document that came through two connections."""
    event = await writer.event(make_invoice(), pdf=None)
    await writer.work(event)
    other = replace(writer, shop_id=uuid4())
    again = of(other, event)
    await other.work(await other.event(make_invoice(), make_order(order_id="x", order_number="y"), pdf=None))
    async with writer.db.sessions.of_all_tenants() as session:
        mine = NumberedEffectRow.connection_id == other.shop_id
        as_it_was = {"order_id": event.order_id, "order_number": event.order.order_number}
        await session.execute(update(NumberedEffectRow).where(mine).values(**as_it_was))
    return other, again


async def test_document_bound_twice_is_told_and_the_first_binding_stays_r6_r55(writer: Writer) -> None:
    other, again = await bound_twice(writer)
    first = (await writer.outcome(again.document)).voucher_id
    second = (await other.outcome(again.document)).voucher_id
    alarm = await one_alarm(writer)
    assert (alarm.evidence["keep"], alarm.evidence["delete"]) == (first, [second])


async def test_documents_of_two_real_shops_are_no_double_r55(writer: Writer) -> None:
    await writer.work(await writer.event(make_invoice(), pdf=None))
    other = replace(writer, shop_id=uuid4())
    await other.work(await other.event(make_invoice(), make_order(order_id="x", order_number="y"), pdf=None))
    assert await look(writer) == []


async def test_double_a_person_asked_for_is_none(writer: Writer) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    await writer.work(event)
    other = replace(writer, shop_id=uuid4())
    await other.work(of(other, event))
    await other.work(other.resolve(of(other, event), "book"))
    assert len(await writer.vouchers()) == 2
    assert await look(writer) == []


async def test_pair_a_person_has_looked_at_stays_quiet(writer: Writer) -> None:
    await a_late_twin(writer)
    alarm = await one_alarm(writer)
    await writer.work(SeeAlarm(**said(writer, alarm)))
    assert await look(writer) == []
    async with writer.db.reading.of_all_tenants() as session:
        assert await repairing_deletions(session, alarm.evidence["vouchers"]) == set()


async def test_alarm_that_ends_itself_is_not_closed_by_a_person(writer: Writer) -> None:
    async with writer.db.sessions.of_all_tenants() as session:
        session.add(
            AlarmRow(
                alarm_id=uuid4(),
                tenant_id=writer.tenant_id,
                kind="reconnect_needed",
                subject="x",
                evidence={},
            )
        )
    (alarm,) = await alarms(writer)
    await writer.work(SeeAlarm(**said(writer, alarm)))
    assert (await alarms(writer))[0].closed_at is None


async def test_deleted_twin_closes_the_alarm_and_its_deletion_raises_nothing_later_r54(
    writer: Writer,
) -> None:
    event, first, twin = await a_late_twin(writer)
    alarm = await one_alarm(writer)
    async with writer.db.reading.of_all_tenants() as session:  # before anybody said so it is expected already
        assert await repairing_deletions(session, [first, twin]) == {first, twin}
    await delete_in_books(writer, twin)
    await writer.work(RepairDuplicate(**said(writer, alarm, deleted=[twin])))
    assert await look(writer) == []
    async with writer.db.reading.of_all_tenants() as session:
        assert await repairing_deletions(session, [first, twin]) == {twin}
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.voucher_id) == ("booked", first)


async def test_voucher_that_is_still_there_keeps_the_alarm_open(writer: Writer) -> None:
    _, _, twin = await a_late_twin(writer)
    alarm = await one_alarm(writer)
    await writer.work(RepairDuplicate(**said(writer, alarm, deleted=[twin])))
    (alarm,) = await look(writer)
    assert alarm.evidence["still_there"] == [twin]


async def test_document_whose_surplus_voucher_was_deleted_is_left_out_by_that_name(writer: Writer) -> None:
    other, again = await bound_twice(writer)
    first = (await writer.outcome(again.document)).voucher_id
    second = (await other.outcome(again.document)).voucher_id
    alarm = await one_alarm(writer)
    assert second is not None
    await delete_in_books(writer, second)
    await writer.work(RepairDuplicate(**said(writer, alarm, deleted=[second])))
    outcome = await other.outcome(again.document)
    assert (outcome.status, outcome.reason) == ("excluded", "surplus_voucher_deleted")
    assert outcome.params == {"voucher_id": first, "deleted": second}
    assert (await writer.outcome(again.document)).status == "booked"
    assert await look(writer) == []


async def test_document_stands_as_the_twin_when_the_bound_voucher_was_deleted(writer: Writer) -> None:
    event, first, twin = await a_late_twin(writer)
    alarm = await one_alarm(writer)
    await delete_in_books(writer, first)
    await writer.work(RepairDuplicate(**said(writer, alarm, deleted=[first])))
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.voucher_id) == ("booked", twin)
    async with writer.db.reading.of_all_tenants() as session:
        key = effect_key(writer.organization["organization_id"], event)
        bound = select(BindingRow.external_id).where(BindingRow.effect_key == key)
        assert await session.scalar(bound) == twin
    assert await look(writer) == []


async def test_one_process_looks_and_not_again_on_the_same_day(writer: Writer) -> None:
    async def looked(one: DuplicateWatch) -> bool:
        return await one.run_once()

    both = await asyncio.gather(*(looked(watch(writer)) for _ in range(2)))
    assert sorted(both) == [False, True]
    assert not await watch(writer).run_once()
