"""Each kind of calls of a connection is counted for itself: good reads say nothing of refused writes."""

from typing import Any

import pytest
from sqlalchemy import update

from common.db.breakers import CallKind
from common.db.dialect import db_now
from common.db.models.books import OutcomeRow
from common.db.models.effects import AlarmRow, BreakerRow
from common.inbox.waiting import Waiting
from common.inbox.worker import Worker
from factories.documents import make_invoice, make_order
from integration.invoice_writer.harness import CREATE, LASTING, QUICK_BREAKER, Writer
from integration.invoice_writer.resting.support import (
    breakers,
    open_alarms,
    put_key,
    statuses,
    watch_of,
)
from support.eventually import eventually

WITHOUT_WRITING = [
    "profile.read",
    "vouchers.read",
    "voucherlist.read",
    "contacts.read",
    "contacts.write",
    "files.read",
    "files.write",
]
OF_OTHERS = {"status": 403, "body": "html"}


async def key_for(writer: Writer, **scopes: Any) -> str:
    """Another key of the merchant."""
    order = {"organization_id": writer.organization["organization_id"], **scopes}
    return str((await writer.lexware.control.post("api-keys", order))["api_key"])


async def events_of(writer: Writer, count: int) -> tuple[list[Any], list[Any]]:
    """So many invoices of orders of their own, and their events."""
    invoices = [make_invoice(number=f"R-{number}") for number in range(count)]
    orders = [make_order(order_id=invoice.number) for invoice in invoices]
    return invoices, [
        await writer.event(invoice, order) for invoice, order in zip(invoices, orders, strict=True)
    ]


async def test_a_key_that_may_read_but_not_write_counts_as_refused_and_another_releases_all(
    writer: Writer,
) -> None:
    writer.breaker = LASTING
    invoices, events = await events_of(writer, 4)
    await put_key(writer, await key_for(writer, scopes=WITHOUT_WRITING))
    await writer.work(*events, deadline=60.0)
    assert await statuses(writer, invoices) == {("parked", "contract_problem")}
    (denied,) = (await breakers(writer)).values()
    assert (denied.scope, denied.refused_by) == ("vouchers.write", "rights")
    assert denied.denied_at is not None
    assert await open_alarms(writer) == ["books_deny_access"]
    await put_key(writer, await key_for(writer))
    await writer.work(deadline=60.0)
    assert await statuses(writer, invoices) == {("booked", None)}
    assert await open_alarms(writer) == []
    assert len(await writer.vouchers()) == 4


async def test_a_right_given_back_is_found_by_the_one_document_that_tries(writer: Writer) -> None:
    writer.breaker = LASTING
    invoices, events = await events_of(writer, 3)
    await writer.lexware.control.fault("POST", "/v1/vouchers", "forbidden", None)
    await writer.work(*events, deadline=60.0)
    assert await statuses(writer, invoices) == {("parked", "contract_problem")}
    await writer.lexware.control.clear_faults()
    await watch_of(writer).run_once(left_alone=0.0)  # reads well, which says nothing
    assert list(await breakers(writer)) == ["vouchers.write"]
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(OutcomeRow).values(changed_at=db_now(-3700.0)))
    await writer.work(deadline=60.0)
    assert await statuses(writer, invoices) == {("booked", None)}
    assert (await open_alarms(writer), await breakers(writer)) == ([], {})


async def test_a_passing_refusal_of_writes_parks_nothing(writer: Writer) -> None:
    invoices, events = await events_of(writer, 4)
    await writer.lexware.control.fault("POST", "/v1/vouchers", "forbidden", 9)
    await writer.work(*events, deadline=60.0)
    assert await statuses(writer, invoices) == {("booked", None)}
    for invoice in invoices:
        assert "parked" not in await writer.story(invoice)
    assert len(await writer.vouchers()) == 4


async def test_weather_of_writes_alone_is_told_and_no_document_runs_out_of_attempts(writer: Writer) -> None:
    writer.effects = writer.effects.model_copy(update={"max_attempts": 4})
    writer.breaker = QUICK_BREAKER.model_copy(update={"alarm_after": 2.0})
    invoices, events = await events_of(writer, 3)
    await writer.lexware.control.fault("POST", "/v1/vouchers", "foreign_refusal", None, **OF_OTHERS)

    async def has_lasted() -> bool:
        tries = (await writer.requests()).get(CREATE, 0)
        return await open_alarms(writer) == ["books_unreachable"] and tries > 3 * 5

    await writer.work_until(has_lasted, *events, parts=(Worker, Waiting))
    assert {status for status, _ in await statuses(writer, invoices)} == {"waiting"}
    assert [row.state != "closed" for row in (await breakers(writer)).values()] == [True]
    await writer.lexware.control.clear_faults()
    await writer.work(deadline=60.0)
    assert await statuses(writer, invoices) == {("booked", None)}
    assert (await open_alarms(writer), await breakers(writer)) == ([], {})
    assert len(await writer.vouchers()) == 3


async def test_a_write_that_is_never_answered_holds_back_no_other_and_runs_out_of_attempts(
    writer: Writer,
) -> None:
    writer.effects = writer.effects.model_copy(update={"max_attempts": 2})
    invoices, events = await events_of(writer, 4)
    await writer.lexware.control.fault(
        "POST", "/v1/vouchers", "foreign_refusal", None, **OF_OTHERS, match="R-0"
    )

    async def is_over() -> bool:
        stands = [await writer.is_booked(invoice) for invoice in invoices[1:]]
        return all(stands) and await statuses(writer, invoices[:1]) == {("parked", "attempts_used_up")}

    await writer.work_until(is_over, *events, parts=(Worker, Waiting))
    assert len(await writer.vouchers()) == 3


async def test_trouble_of_writes_is_forgotten_when_nothing_is_left_to_be_written(writer: Writer) -> None:
    writer.breaker = QUICK_BREAKER.model_copy(update={"alarm_after": 5.0})
    place = CallKind(writer.tenant_id, writer.books_id, "vouchers.write")
    row = {"breaker_id": place.breaker_id, "connection_id": place.connection_id, "scope": place.scope}
    async with writer.db.sessions.of_all_tenants() as session:
        moments = {"first_failed_at": db_now(-60.0), "retry_at": db_now(-2.0)}
        session.add(BreakerRow(**row, **moments, tenant_id=place.tenant_id, state="open", failures=9))
        kind, subject = "books_unreachable", f"connection:{writer.books_id}"
        alarm = {"kind": kind, "subject": subject, "open_key": kind, "evidence": {}}
        session.add(AlarmRow(**alarm, tenant_id=writer.tenant_id, created_at=db_now()))
    await watch_of(writer).run_once(left_alone=0.0)
    assert list(await breakers(writer)) == ["vouchers.write"]
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(BreakerRow).values(retry_at=db_now(-6.0)))
    await watch_of(writer).run_once(left_alone=0.0)
    assert (await breakers(writer), await open_alarms(writer)) == ({}, [])


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/v1/profile", "profile.read"),
        ("/v1/posting-categories", "posting-categories.read"),
        ("/v1/voucherlist", "voucherlist.read"),
    ],
)
async def test_each_kind_of_reading_is_tried_by_the_watch_until_it_is_answered(
    writer: Writer, path: str, scope: str
) -> None:
    writer.breaker = LASTING
    invoice = make_invoice()
    await writer.lexware.control.fault("GET", path, "forbidden", None)
    await writer.work(await writer.event(invoice), deadline=60.0)
    assert await statuses(writer, [invoice]) == {("parked", "contract_problem")}
    assert list(await breakers(writer)) == [scope]
    await writer.lexware.control.clear_faults()

    async def is_accepted() -> bool:
        await watch_of(writer).run_once(left_alone=0.0)
        return not await breakers(writer)

    await eventually(is_accepted, within=20)
    await writer.work(deadline=60.0)
    assert await statuses(writer, [invoice]) == {("booked", None)}
