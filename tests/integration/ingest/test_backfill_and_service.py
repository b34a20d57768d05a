"""The explicit backfill, the built service as a whole, and what its settings ask for."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from pydantic import ValidationError
from sqlalchemy import select

from common.db.models.line import InboxRow
from common.domain.stored_words import Lane
from common.events.documents import DocumentIssued, InvoiceIssued
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.transport.local import LocalTransport
from ingest.app import ClusterSettings, build
from ingest.orders import OrderReader, backfill_orders
from integration.ingest.harness import KEY, Ingest


async def test_a_backfill_announces_what_is_new_as_history_and_nothing_twice(ingest: Ingest) -> None:
    connection = await ingest.connect()
    await ingest.poll()
    await ingest.sell()
    await ingest.poll()
    for years in (3, 1):
        at = (datetime.now(UTC) - timedelta(days=365 * years + 5)).isoformat()
        await ingest.epages.control.post("bulk/documents", {"shops": ["A"], "count": 3, "at": at})
    client = await ingest.shops().client(connection)
    reader = OrderReader(ingest.db, ingest.archive, connection, client, 60)
    since = datetime.now(UTC) - timedelta(days=365 * 4)
    assert await backfill_orders(reader, since, reserved_calls=200) == (7, 6)
    assert await backfill_orders(reader, since, reserved_calls=200) == (7, 0)
    events = await ingest.events(DocumentIssued)
    assert sorted((event.document_type.value, event.number) for event in events) == sorted(
        await ingest.shop_documents()
    )
    assert [event.lane for event in events] == [Lane.LIVE] + [Lane.HISTORY] * 6


async def test_the_built_service_carries_a_document_to_the_writers_inbox_and_ends_cleanly(
    ingest: Ingest,
) -> None:
    await ingest.set_settings(poll_interval_seconds=1)
    await ingest.connect()
    await ingest.sell()
    app = build(ingest.settings(), ingest.db, LocalTransport(ingest.db, accept), ingest.network)
    stop = asyncio.Event()
    running = [asyncio.create_task(component.run(stop)) for component in app.components]
    async with asyncio.timeout(20):
        while not await writers_inbox(ingest):
            await asyncio.sleep(0.02)
    for check in (*app.needs.values(), *app.parts.values()):
        await check()
    stop.set()
    async with asyncio.timeout(10):
        await asyncio.gather(*running)
    assert await writers_inbox(ingest) == [InvoiceIssued.type]
    api = FastAPI()
    for router in app.routers:
        api.include_router(router)
    assert "/webhooks/epages/{connection_id}" in api.openapi()["paths"]


async def writers_inbox(ingest: Ingest) -> list[str]:
    statement = select(InboxRow.type).where(InboxRow.consumer == INVOICE_WRITER)
    async with ingest.db.reading.of_all_tenants() as session:
        return list((await session.scalars(statement)).all())


def test_settings_are_read_from_the_environment_and_have_no_default_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INGEST_DATABASE__URL", "postgresql+asyncpg://db/shopbooks")
    monkeypatch.setenv("INGEST_KAFKA__BOOTSTRAP_SERVERS", "kafka:9092")
    monkeypatch.setenv("INGEST_OVERLAP_SECONDS", "30")
    monkeypatch.setenv("INGEST_POLL__CALLS_PER_RUN", "50")
    monkeypatch.setenv("INGEST_HOSTS__TRUSTED_HOSTS", "sandbox,127.0.0.1:9101")
    with pytest.raises(ValidationError, match="encryption_keys"):
        ClusterSettings()
    monkeypatch.setenv("INGEST_ENCRYPTION_KEYS", KEY.get_secret_value())
    settings = ClusterSettings()
    assert (settings.overlap_seconds, settings.poll.calls_per_run) == (30, 50)
    assert settings.hosts.trusted_hosts == ("sandbox", "127.0.0.1:9101")
    assert settings.poll.reserved_calls == 200
