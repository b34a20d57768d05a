"""A write whose search stays inconclusive for ever ends where a person sees it, and never by itself."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select, update

from common.db.dialect import db_now
from common.db.models.books import OutcomeRow
from common.db.models.core import ConnectionRow
from common.db.models.effects import AlarmRow
from common.events.documents import DocumentIssued
from factories.documents import make_invoice
from factories.tenants import save_settings
from integration.invoice_writer.adoption import by_hand
from integration.invoice_writer.harness import CREATE, Writer
from integration.invoice_writer.vouchers.test_same_document import of, second_link
from invoice_writer.rechecking.unsettled import UnsettledWatch

UNSETTLED = "write_unsettled"
LIST, ONE, NUMBER = "/v1/voucherlist", "/v1/vouchers/{id}", "voucherNumber="
BLIND: Mapping[str, Mapping[str, Any]] = {
    "the list answers 503": {"path": LIST, "query": NUMBER, "kind": "server_error"},
    "the filter is ignored": {"path": LIST, "query": NUMBER, "kind": "filter_ignored"},
    "the list counts more than it shows": {
        "path": LIST,
        "query": NUMBER,
        "kind": "spoilt_field",
        "field": "totalElements",
        "value": 3,
    },
    "the list refuses the question": {"path": LIST, "query": NUMBER, "kind": "search_refused"},
    "the voucher answers 404": {"path": ONE, "kind": "not_found_lag"},
}
ENDLESS = pytest.mark.parametrize("how", BLIND)
ARRIVED, LOST = "timeout_after_commit", "drop_before_commit"


async def blind(writer: Writer, how: str) -> None:
    """From now on no search for a voucher says anything."""
    await by_hand(writer, "ANOTHER-1", voucherDate="2020-01-01")
    fault = dict(BLIND[how])
    await writer.lexware.control.fault("GET", fault.pop("path"), fault.pop("kind"), None, **fault)


async def unsettled(
    writer: Writer, event: DocumentIssued, end: str, how: str = "the list answers 503"
) -> None:
    """The document's write had no answer, and nobody can find out what became of it for long enough."""
    patient = writer.effects
    writer.effects = patient.model_copy(update={"first_look": 600.0})
    await writer.lexware.control.fault("POST", "/v1/vouchers", end, 1)
    await writer.work(event)
    assert (await writer.outcome(event.document)).reason == "write_unconfirmed"
    await blind(writer, how)
    writer.effects = patient.model_copy(update={"unsettled_after": patient.trust_time.total_seconds()})
    await asyncio.sleep(patient.trust_time.total_seconds())
    await writer.make_all_due()
    await writer.work()


async def look_again(writer: Writer) -> None:
    """The time until the next search is over."""
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(OutcomeRow).values(waits_until=db_now(-1.0)))
    await writer.work()


async def disable(writer: Writer) -> None:
    """The books of this merchant are released to another one."""
    async with writer.db.sessions.of_all_tenants() as session:
        mine = update(ConnectionRow).where(ConnectionRow.connection_id == writer.books_id)
        await session.execute(mine.values(state="disabled", state_reason="released"))


async def posts(writer: Writer) -> int:
    """How often a voucher was sent to the books."""
    return (await writer.requests()).get(CREATE, 0)


@ENDLESS
async def test_endless_search_is_shown_and_settles_by_itself_when_it_can(writer: Writer, how: str) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    end = ARRIVED if how == "the voucher answers 404" else LOST
    await unsettled(writer, event, end, how)
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.reason) == ("parked", UNSETTLED)
    assert set(outcome.params) == {"since", "said"} and outcome.waits_until is not None
    await writer.lexware.control.clear_faults()
    await look_again(writer)
    assert (await writer.outcome(event.document)).status == "booked"
    ours = [one for one in await writer.vouchers() if one["voucherNumber"] == event.number]
    assert len(ours) == 1


@pytest.mark.parametrize("how", ["the list answers 503", "the filter is ignored"])
async def test_endless_search_is_never_taken_for_absence_and_is_told_once(writer: Writer, how: str) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    await unsettled(writer, event, LOST, how)
    for _ in range(4):
        await asyncio.sleep(writer.effects.read_lag)
        await look_again(writer)
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.reason) == ("parked", UNSETTLED)
    assert await posts(writer) == 1
    assert await writer.story(event.document) == ["waiting", "parked"]


@pytest.mark.parametrize("end", [ARRIVED, LOST])
async def test_document_waits_for_a_write_elsewhere_only_until_it_can_look_itself(
    writer: Writer, end: str
) -> None:
    """The books were released while a write of theirs was in doubt; the new merchant has the same ones."""
    event = await writer.event(make_invoice(), pdf=None)
    writer.effects = writer.effects.model_copy(update={"first_look": 600.0})
    await writer.lexware.control.fault("POST", "/v1/vouchers", end, 1)
    await writer.work(event)
    await disable(writer)
    other = await second_link(writer, "another tenant")
    other.effects = writer.effects.model_copy(update={"first_look": 0.1})
    await other.work(of(other, event), deadline=30.0)
    outcome, ours = await other.outcome(event.document), await writer.vouchers()
    assert len(ours) == 1
    if end == LOST:
        assert outcome.status == "booked"
    else:
        assert (outcome.reason, outcome.params) == ("same_document_elsewhere", {"vouchers": [ours[0]["id"]]})


async def test_person_who_found_nothing_books_it_once(writer: Writer) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    await unsettled(writer, event, LOST)
    await writer.work(writer.resolve(event, "book"))
    assert (await writer.outcome(event.document)).status == "booked"
    assert [one["voucherNumber"] for one in await writer.vouchers()].count(event.number) == 1
    assert await open_alarms(writer) == []


async def test_person_who_found_the_voucher_adopts_it(writer: Writer) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    await unsettled(writer, event, ARRIVED)
    (voucher,) = [one for one in await writer.vouchers() if one["voucherNumber"] == event.number]
    await writer.work(writer.resolve(event, "adopt", voucher_id=voucher["id"]))
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.voucher_id) == ("booked", voucher["id"])
    assert await open_alarms(writer) == []


@pytest.mark.parametrize("chosen", ["by_hand", "exclude"])
async def test_person_may_leave_it_out_and_the_alarm_ends(writer: Writer, chosen: str) -> None:
    event = await writer.event(make_invoice(), pdf=None)
    await unsettled(writer, event, LOST)
    assert await open_alarms(writer) == [(writer.tenant_id, (f"invoice {event.number}",))]
    await writer.work(writer.exclude(event) if chosen == "exclude" else writer.resolve(event, "by_hand"))
    assert (await writer.outcome(event.document)).status == "excluded"
    assert await open_alarms(writer) == []


async def test_search_in_the_last_moment_outweighs_what_the_person_saw(writer: Writer) -> None:
    """The voucher was there, but not yet in the web application: it is bound and not written again."""
    event = await writer.event(make_invoice(), pdf=None)
    await unsettled(writer, event, ARRIVED)
    await writer.lexware.control.clear_faults()
    await writer.work(writer.resolve(event, "book"))
    assert (await writer.outcome(event.document)).how == "reconciled"
    assert await posts(writer) == 1


async def test_doubt_of_released_books_is_told_until_a_person_decides(writer: Writer) -> None:
    """Nobody looks for it any more: the document says that no books are connected, and an alarm which."""
    event = await writer.event(make_invoice(), pdf=None)
    await unsettled(writer, event, LOST)
    await disable(writer)
    await look_again(writer)
    assert (await writer.outcome(event.document)).reason == "books_not_connected"
    assert await open_alarms(writer) == [(writer.tenant_id, (f"invoice {event.number}",))]
    await writer.work(writer.resolve(event, "by_hand"))
    assert await open_alarms(writer) == []


async def test_contact_nobody_can_find_is_made_anew_when_a_person_says_so(writer: Writer) -> None:
    await save_settings(writer.db, writer.tenant_id, 2, contacts="single")
    event = await writer.event(make_invoice(), pdf=None)
    patient = writer.effects
    writer.effects = patient.model_copy(update={"unsettled_after": patient.trust_time.total_seconds()})
    await writer.lexware.control.fault("POST", "/v1/contacts", LOST, 1)
    await writer.lexware.control.fault("GET", "/v1/contacts", "server_error", None, query="name=")
    await writer.work(event)
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.reason) == ("parked", UNSETTLED)
    assert await open_alarms(writer) == [(writer.tenant_id, (f"invoice {event.number}",))]
    await writer.work(writer.resolve(event, "book"))
    assert (await writer.outcome(event.document)).status == "booked"
    assert len(await writer.customers()) == 1
    assert await open_alarms(writer) == []


async def open_alarms(writer: Writer) -> list[tuple[Any, tuple[str, ...]]]:
    """What the watch tells now, by merchant and documents."""
    await UnsettledWatch(writer.db, writer.effects.trust_time.total_seconds()).run_once()
    query = select(AlarmRow.tenant_id, AlarmRow.evidence).where(
        AlarmRow.kind == UNSETTLED, AlarmRow.closed_at.is_(None)
    )
    async with writer.db.reading.of_all_tenants() as session:
        return [(row.tenant_id, tuple(row.evidence["documents"])) for row in await session.execute(query)]
