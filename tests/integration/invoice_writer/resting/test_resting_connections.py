"""Books that do not answer or refuse the connection: what waits, who is told, and how all goes on."""

import pytest
from sqlalchemy import update

from common.db.breakers import CallKind
from common.db.dialect import db_now
from common.db.models.core import ConnectionRow, SecretRow
from common.db.models.effects import AlarmRow, BreakerRow
from common.db.models.line import DeadLetterRow, InboxKeyRow
from factories.documents import make_invoice, make_order
from integration.invoice_writer.harness import CREATE, LASTING, QUICK_BREAKER, Writer
from integration.invoice_writer.resting.support import (
    breakers,
    count,
    open_alarms,
    put_key,
    statuses,
    watch_of,
)
from support.eventually import eventually

DENIALS = [
    ("unauthorized", "reconnect_needed", "reconnect_needed"),
    ("contract_problem", "contract_problem", "books_deny_access"),
    ("forbidden", "contract_problem", "books_deny_access"),
]


@pytest.mark.parametrize("kind", [kind for kind, _, _ in DENIALS])
async def test_a_refusal_of_the_connection_that_passes_parks_nothing(writer: Writer, kind: str) -> None:
    invoices = [make_invoice(number=f"R-{number}") for number in range(8)]
    await writer.lexware.control.fault("*", "*", kind, 12)
    await writer.work(*[await writer.event(invoice) for invoice in invoices], deadline=60.0)
    assert await statuses(writer, invoices) == {("booked", None)}
    for invoice in invoices:
        assert "parked" not in await writer.story(invoice)
    assert await open_alarms(writer) == []
    assert await breakers(writer) == {}
    assert len(await writer.vouchers()) == 8


@pytest.mark.parametrize(("kind", "reason", "alarm"), DENIALS)
async def test_a_refusal_that_lasts_is_shown_once_and_all_goes_on_with_the_first_accepted_call(
    writer: Writer, kind: str, reason: str, alarm: str
) -> None:
    writer.breaker = LASTING
    invoices = [make_invoice(number=f"R-{number}") for number in range(5)]
    await writer.lexware.control.fault("*", "*", kind, None)
    await writer.work(*[await writer.event(invoice) for invoice in invoices], deadline=60.0)
    assert await statuses(writer, invoices) == {("parked", reason)}
    assert await open_alarms(writer) == [alarm]
    assert any(row.denied_at is not None for row in (await breakers(writer)).values())
    assert await count(writer, DeadLetterRow) == 0

    await writer.lexware.control.clear_faults()

    async def is_accepted() -> bool:
        await watch_of(writer).run_once(left_alone=0.0)
        return not await breakers(writer)

    await eventually(is_accepted, within=20)
    assert await open_alarms(writer) == []
    await writer.work(deadline=60.0)
    assert await statuses(writer, invoices) == {("booked", None)}
    assert len(await writer.vouchers()) == 5


async def test_a_new_key_releases_what_the_revoked_one_parked(writer: Writer) -> None:
    writer.breaker = LASTING
    invoice = make_invoice()
    await writer.lexware.control.post("revoke", {"token": writer.organization["api_key"]})
    await writer.work(await writer.event(invoice), deadline=60.0)
    assert await statuses(writer, [invoice]) == {("parked", "reconnect_needed")}
    order = {"organization_id": writer.organization["organization_id"]}
    await put_key(writer, (await writer.lexware.control.post("api-keys", order))["api_key"])
    assert await open_alarms(writer) == []
    await writer.work()
    assert await statuses(writer, [invoice]) == {("booked", None)}


async def test_in_an_outage_messages_wait_for_the_connection_and_one_at_a_time_tries(
    writer: Writer,
) -> None:
    first = make_invoice()
    await writer.work(await writer.event(first))
    invoices = [make_invoice(number=f"R-{number}") for number in range(40)]
    events = [await writer.event(invoice, make_order(order_id=invoice.number)) for invoice in invoices]
    await writer.lexware.control.fault("*", "*", "drop_before_commit", None)
    before = sum((await writer.requests()).values())

    async def all_wait() -> bool:
        waiting = await count(writer, InboxKeyRow, InboxKeyRow.waits_for.is_not(None))
        open_keys = await count(writer, InboxKeyRow)
        return waiting >= open_keys - 12 > 0

    await writer.work_until(all_wait, *events)
    asked = sum((await writer.requests()).values()) - before
    assert asked < 40 * 3  # each alone would ask again and again
    assert "open" in {row.state.replace("one_may_try", "open") for row in (await breakers(writer)).values()}
    await writer.lexware.control.clear_faults()
    await writer.work(deadline=60.0)
    assert await statuses(writer, invoices) == {("booked", None)}
    assert len(await writer.vouchers()) == 41
    assert await breakers(writer) == {}


async def test_weather_that_lasts_is_the_operators_alarm_until_the_first_answer(writer: Writer) -> None:
    writer.breaker = QUICK_BREAKER.model_copy(update={"alarm_after": 0.4})
    invoice = make_invoice()
    await writer.lexware.control.fault("*", "*", "foreign_refusal", None, status=403, body="html")

    async def is_told() -> bool:
        return await open_alarms(writer) == ["books_unreachable"]

    await writer.work_until(is_told, await writer.event(invoice))
    await writer.lexware.control.clear_faults()
    await writer.work(deadline=60.0)
    assert await statuses(writer, [invoice]) == {("booked", None)}
    assert await open_alarms(writer) == []


async def test_a_resting_connection_that_nobody_asks_for_is_tried_by_the_watch(writer: Writer) -> None:
    writer.breaker = QUICK_BREAKER
    place = CallKind(writer.tenant_id, writer.books_id, "profile.read")
    async with writer.db.sessions.of_all_tenants() as session:
        session.add(
            BreakerRow(
                breaker_id=place.breaker_id,
                connection_id=writer.books_id,
                tenant_id=writer.tenant_id,
                scope=place.scope,
                state="open",
                failures=3,
                first_failed_at=db_now(-60.0),
                retry_at=db_now(-1.0),
                refusals=0,
            )
        )
    await watch_of(writer).run_once(left_alone=30.0)  # a message may still be the one
    assert list(await breakers(writer)) == ["profile.read"]
    await watch_of(writer).run_once(left_alone=0.0)
    assert await breakers(writer) == {}
    assert CREATE not in await writer.requests()


async def test_a_key_is_warned_of_22_months_after_it_was_stored_until_another_is(writer: Writer) -> None:
    watch = watch_of(writer)
    await watch.look_slowly()
    assert await open_alarms(writer) == []
    await keep_key_since(writer, days=671)
    await watch.look_slowly()
    await watch.look_slowly()
    assert await open_alarms(writer) == ["api_key_ends"]
    await keep_key_since(writer, days=0)
    await watch.look_slowly()
    assert await open_alarms(writer) == []


async def test_alarms_of_a_connection_close_when_it_is_disabled(writer: Writer) -> None:
    async with writer.db.sessions.of_all_tenants() as session:
        for kind in ("oauth_misconfigured", "reconnect_needed", "books_unreachable", "api_key_ends"):
            session.add(
                AlarmRow(
                    tenant_id=writer.tenant_id,
                    kind=kind,
                    subject=f"connection:{writer.books_id}",
                    open_key=kind,
                    evidence={},
                    created_at=db_now(),
                )
            )
        disabling = update(ConnectionRow).where(ConnectionRow.connection_id == writer.books_id)
        await session.execute(disabling.values(state="disabled"))
    await watch_of(writer).look_slowly()
    assert await open_alarms(writer) == []


async def keep_key_since(writer: Writer, *, days: int) -> None:
    """The key was stored so long ago."""
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(SecretRow).values(created_at=db_now(-86_400.0 * days)))
