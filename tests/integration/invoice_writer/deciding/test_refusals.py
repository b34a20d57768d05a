"""What the books refuse at any step parks the document with a reason; nobody else's line stops for it."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from common.db.breakers import linked_anew
from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.db.models.core import ConnectionRow
from common.db.models.line import DeadLetterRow
from common.events.commands import ReleaseParked
from factories.documents import make_invoice
from integration.invoice_writer.harness import CREATE, LASTING, Writer


def connected_anew(writer: Writer) -> ReleaseParked:
    """What the API sends when the books are connected again."""
    return ReleaseParked(
        tenant_id=writer.tenant_id,
        connection_id=writer.books_id,
        released_by="connection",
        command_id=uuid4(),
    )


async def dead_letters(db: Database) -> int:
    """How many messages died."""
    async with db.reading.of_all_tenants() as session:
        return len((await session.scalars(select(DeadLetterRow))).all())


@pytest.mark.parametrize("path", ["/v1/profile", "/v1/voucherlist", "/v1/vouchers"])
async def test_a_missing_right_parks_as_contract_problem_and_a_new_connection_releases(
    writer: Writer, path: str
) -> None:
    writer.breaker = LASTING
    invoice = make_invoice()
    await writer.lexware.control.fault("*", path, "forbidden", None)
    await writer.work(await writer.event(invoice), deadline=60.0)
    outcome = await writer.outcome(invoice)
    assert (outcome.status, outcome.reason) == ("parked", "contract_problem")
    assert await dead_letters(writer.db) == 0
    await writer.lexware.control.clear_faults()
    async with writer.db.sessions.of_all_tenants() as session:
        await linked_anew(session, writer.tenant_id, writer.books_id)
    await writer.work(connected_anew(writer))
    assert (await writer.outcome(invoice)).status == "booked"
    assert len(await writer.vouchers()) == 1


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/profile"),
        ("GET", "/v1/posting-categories"),
        ("GET", "/v1/voucherlist"),
        ("POST", "/v1/vouchers"),
        ("POST", "/v1/vouchers/{id}/files"),
    ],
)
async def test_what_somebody_in_between_refuses_parks_nothing_at_any_call(
    writer: Writer, method: str, path: str, committed: bool
) -> None:
    invoice = make_invoice()
    await writer.lexware.control.fault(
        method, path, "foreign_refusal", 4, status=403, body="html", committed=committed
    )
    await writer.work(await writer.event(invoice), deadline=60.0)
    outcome = await writer.outcome(invoice)
    assert (outcome.status, outcome.file_status) == ("booked", "attached")
    assert "parked" not in await writer.story(invoice)
    assert len(await writer.vouchers()) == 1


async def test_halted_books_take_nothing_and_go_on_when_a_person_says_so(writer: Writer) -> None:
    invoice = make_invoice()
    await set_connection(writer, state="halted")
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).reason == "connection_halted"
    assert CREATE not in await writer.requests()
    await set_connection(writer, state="active")
    await writer.work(connected_anew(writer))
    assert (await writer.outcome(invoice)).status == "booked"


async def test_same_organization_as_confirmed_again_releases(writer: Writer) -> None:
    invoice = make_invoice()
    await set_connection(writer, address=str(uuid4()))
    await writer.work(await writer.event(invoice))
    assert (await writer.outcome(invoice)).reason == "organization_changed"
    await set_connection(writer, address=writer.organization["organization_id"])
    await writer.work(connected_anew(writer))
    assert (await writer.outcome(invoice)).status == "booked"


async def test_retry_that_dies_shows_its_document_as_internal_error_r4(writer: Writer) -> None:
    event = await writer.event(make_invoice())
    await set_connection(writer, state="halted")
    await writer.work(event)
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(update(OutcomeRow).values(event=None))
    await writer.work(writer.retry(event))
    outcome = await writer.outcome(event.document)
    assert (outcome.status, outcome.reason) == ("parked", "internal_error")
    assert await dead_letters(writer.db) == 1


async def set_connection(writer: Writer, **values: Any) -> None:
    """The books connection as the API would have changed it."""
    async with writer.db.sessions.of_all_tenants() as session:
        await session.execute(
            update(ConnectionRow).where(ConnectionRow.connection_id == writer.books_id).values(**values)
        )
