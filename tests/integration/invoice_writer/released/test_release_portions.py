"""Many parked documents: in portions, fairly, and none forgotten between an old decision and a change."""

import json

import pytest
from sqlalchemy import insert, select, update

from common.db.dialect import db_now
from common.db.models.books import BooksProfileRow, OutcomeRow
from common.db.models.core import SettingsVersionRow
from common.domain.reasons import DocumentReason
from common.events.commands import ReleaseParked
from factories.documents import make_invoice, make_order
from factories.tenants import save_settings
from integration.invoice_writer.harness import LASTING, Writer
from integration.invoice_writer.releases import (
    carry_out,
    in_line,
    look,
    numbers,
    park,
    release,
)
from invoice_writer.released import requeueing


async def test_the_many_of_one_merchant_do_not_hold_back_another(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invoice_writer.rechecking.recheck.BATCH", 4)
    first = writer.tenant_id
    await park(
        writer,
        DocumentReason.ORIGINAL_MISSING,
        status="waiting",
        copies=20,
        over={"waits_until": db_now(-100.0)},
    )
    await writer.set_up()
    await park(
        writer,
        DocumentReason.ORIGINAL_WAITING,
        status="waiting",
        copies=2,
        over={"waits_until": db_now(-1.0)},
    )
    await look(writer)
    served = [command.tenant_id for command in await in_line(writer)]
    assert {tenant: served.count(tenant) for tenant in set(served)} == {first: 2, writer.tenant_id: 2}


async def test_next_look_goes_on_where_documents_are_not_in_line_yet(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invoice_writer.rechecking.recheck.BATCH", 4)
    await park(
        writer,
        DocumentReason.ORIGINAL_MISSING,
        status="waiting",
        copies=10,
        over={"waits_until": db_now(-100.0)},
    )
    assert [await look(writer) for _ in range(4)] == [4, 4, 2, 0]


async def test_start_moved_earlier_takes_in_what_it_left_out_and_nothing_else(writer: Writer) -> None:
    await park(writer, *DocumentReason, status="excluded")
    async with writer.db.sessions.of_all_tenants() as session:
        one = update(OutcomeRow).where(OutcomeRow.number == "not_euro")
        await session.execute(one.values(reason="before_start_date"))
    await save_settings(writer.db, writer.tenant_id, 2, start_on="2026-01-01")
    command = release(writer, released_by="settings", settings=("start_on",))
    assert await carry_out(writer, command) == 0
    await save_settings(writer.db, writer.tenant_id, 3, start_on="2025-01-01")
    assert await carry_out(writer, command) == 1
    assert await numbers(writer) == {"not_euro"}


async def test_changed_exclusions_decide_again_about_what_they_may_leave_out_or_take_in(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requeueing, "EXCLUDING_FIELDS", frozenset({"exclude_payments"}))
    await park(writer, DocumentReason.NOT_EURO, DocumentReason.DUPLICATE_IN_BOOKS)
    await park(writer, DocumentReason.NUMBER_MISSING, DocumentReason.NEGATIVE_INVOICE, status="excluded")
    async with writer.db.sessions.of_all_tenants() as session:
        lasting = update(OutcomeRow).where(OutcomeRow.number == "negative_invoice")
        await session.execute(lasting.values(reason="booked_by_hand"))
    await carry_out(writer, release(writer, released_by="settings", settings=("exclude_payments",)))
    assert await numbers(writer) == {"not_euro", "number_missing"}


async def test_start_moved_later_decides_again_about_earlier_parked_documents_without_doubt(
    writer: Writer,
) -> None:
    await park(
        writer,
        DocumentReason.NOT_EURO,
        DocumentReason.MARKER_MISSING_IN_BOOKS,
        DocumentReason.ATTEMPTS_USED_UP,
    )
    await save_settings(writer.db, writer.tenant_id, 2, start_on="2026-01-01")
    await carry_out(writer, release(writer, released_by="settings", settings=("start_on",)))
    assert await numbers(writer) == {"not_euro"}


async def test_document_parked_with_settings_that_had_changed_meanwhile_goes_back_in_line(
    writer: Writer,
) -> None:
    async with writer.db.reading.of_all_tenants() as session:
        old = await session.scalar(select(SettingsVersionRow.settings_version_id))
    newest = await save_settings(writer.db, writer.tenant_id, 2, mode="automatic")
    late = {"changed_at": db_now(5.0), "settings_version_id": old}
    await park(writer, DocumentReason.TRANSFER_PAUSED, DocumentReason.NOT_EURO, over=late)
    await park(writer, DocumentReason.ZERO_RATE_UNMAPPED, over=late | {"settings_version_id": newest})
    await look(writer)
    assert await numbers(writer) == {"transfer_paused"}
    assert await look(writer) == 0


async def test_document_parked_by_a_remembered_profile_goes_back_in_line_once(writer: Writer) -> None:
    row = {"tenant_id": writer.tenant_id, "connection_id": writer.books_id, "profile": {}, "categories": []}
    async with writer.db.sessions.of_all_tenants() as session:
        moments = {"fetched_at": db_now(), "changed_at": db_now(-300.0)}
        await session.execute(insert(BooksProfileRow).values(**row, **moments))
    await park(
        writer,
        DocumentReason.SMALL_BUSINESS_TAXED,
        DocumentReason.NOT_EURO,
        over={"changed_at": db_now(-240.0)},
    )
    await park(writer, DocumentReason.BOOKKEEPING_UNAVAILABLE, over={"changed_at": db_now(-100.0)})
    assert await look(writer) == 1
    assert await numbers(writer) == {"small_business_taxed"}
    assert await look(writer) == 0


async def test_paused_transfer_goes_on_when_it_is_resumed(writer: Writer) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, mode="paused")
    invoice = make_invoice()
    await writer.work(await writer.event(invoice, make_order()))
    assert (await writer.outcome(invoice)).reason == "transfer_paused"
    await save_settings(writer.db, writer.tenant_id, 3)
    await writer.work(release(writer, released_by="settings", settings=("mode",)))
    assert (await writer.outcome(invoice)).status == "booked"


async def test_rest_of_a_release_is_json_that_reads_back(writer: Writer) -> None:
    command = release(writer, released_by="person", reasons=("not_euro",), about={"rate": "19"})
    assert ReleaseParked.model_validate(json.loads(command.model_dump_json())) == command


async def test_one_document_an_hour_tries_whether_denied_books_work_again(writer: Writer) -> None:
    hours_ago = {"changed_at": db_now(-7200.0)}
    await park(writer, DocumentReason.CONTRACT_PROBLEM, copies=3, over=hours_ago)
    await look(writer)
    assert len(await in_line(writer)) == 1
    await park(writer, DocumentReason.CONTRACT_PROBLEM, over={"changed_at": db_now(-1800.0)})
    await look(writer)
    assert len(await in_line(writer)) == 1


async def test_document_denied_while_others_are_taken_is_not_tried_again_at_once(writer: Writer) -> None:
    await park(writer, DocumentReason.CONTRACT_PROBLEM)
    await park(writer, DocumentReason.NOT_EURO, status="booked", over={"changed_at": db_now()})
    await look(writer)
    assert await numbers(writer) == set()


async def test_all_that_was_denied_goes_on_after_the_trial_was_booked(writer: Writer) -> None:
    writer.breaker = LASTING
    invoices = [make_invoice(number=f"R-{number}") for number in range(3)]
    events = [await writer.event(invoice, make_order(order_id=invoice.number)) for invoice in invoices]
    organization = f"organizations/{writer.organization['organization_id']}"
    await writer.lexware.control.post(organization, {"contractProblem": True})
    await writer.work(*events)
    assert {(await writer.outcome(invoice)).reason for invoice in invoices} == {"contract_problem"}
    await writer.lexware.control.post(organization, {"contractProblem": False})
    await writer.work()
    assert {(await writer.outcome(invoice)).status for invoice in invoices} == {"parked"}
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(OutcomeRow).values(changed_at=db_now(-3700.0)))
    await writer.work()
    await writer.work()
    assert {(await writer.outcome(invoice)).status for invoice in invoices} == {"booked"}
    assert len(await writer.vouchers()) == 3
