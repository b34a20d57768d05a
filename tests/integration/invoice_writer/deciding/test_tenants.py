"""Ids of another tenant in a message open nothing of theirs."""

from uuid import uuid4

from sqlalchemy import select

from common.db.models.transit import BookedVoucherRow
from common.domain.merchant import GOODS_CATEGORY
from common.domain.stored_words import DocumentStatus
from common.events.vouchers import VoucherBooked
from common.inbox.accept import accept
from common.transport.base import Incoming
from factories.documents import make_invoice, zero_rated
from factories.tenants import add_tenant, save_settings
from integration.invoice_writer.harness import Writer
from invoice_writer.outcomes import Outcome, record_outcome
from transit_writer.vouchers import VoucherRepository


async def test_retry_under_another_tenant_decides_nothing(writer: Writer) -> None:
    event = await writer.event(zero_rated())
    await writer.work(event)
    await save_settings(writer.db, writer.tenant_id, 2, domestic_zero_category_id=GOODS_CATEGORY)
    stranger = writer.retry(event).model_copy(update={"tenant_id": await add_tenant(writer.db)})
    async with writer.db.sessions.of_all_tenants() as session:
        await accept(session, "invoice-writer", [Incoming.of(stranger)])
    await writer.work()
    assert (await writer.outcome(event.document)).status == "parked"
    assert await writer.vouchers() == []


async def test_outcome_of_another_tenants_document_stays_theirs(writer: Writer) -> None:
    event = await writer.event(zero_rated())
    await writer.work(event)
    foreign = event.model_copy(update={"tenant_id": await add_tenant(writer.db)})
    async with writer.db.sessions.of_all_tenants() as session:
        await record_outcome(
            session,
            foreign,
            Outcome(DocumentStatus.PARKED, reason="distance_sales_unset"),
            state=None,
            payer=None,
        )
    outcome = await writer.outcome(event.document)
    assert (outcome.tenant_id, outcome.reason) == (writer.tenant_id, "zero_rate_unmapped")


async def test_fact_under_another_tenant_does_not_move_the_matching_base(writer: Writer) -> None:
    await writer.work(await writer.event(make_invoice()))
    (fact,) = await writer.announced()
    assert isinstance(fact, VoucherBooked)
    for tenant_id, voucher_id in ((writer.tenant_id, fact.voucher_id), (uuid4(), "another")):
        told = fact.model_copy(update={"tenant_id": tenant_id, "voucher_id": voucher_id})
        async with writer.db.sessions.of_all_tenants() as session:
            await VoucherRepository(session, tenant_id).record(told)
    async with writer.db.reading.of_all_tenants() as session:
        row = (await session.scalars(select(BookedVoucherRow))).one()
    assert (row.tenant_id, row.voucher_id) == (writer.tenant_id, fact.voucher_id)
