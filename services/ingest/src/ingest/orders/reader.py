"""Take over one order: ask for its documents, then for the files of new ones, then save all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from common.archive import Archive
from common.db.engine import Database
from common.db.trouble import is_trouble
from common.domain.stored_words import Lane
from common.errors import ConnectorError
from common.observability import metrics
from common.shops.base import Page, Unreadable
from common.shops.epages.client import EpagesClient
from common.shops.epages.errors import AnswerTooLarge, NotFound, RateLimited, ShopRefused
from common.shops.epages.wire import Order, OrderDocument
from ingest.connections import ShopConnection
from ingest.orders.document_records import OrderReading, ReceivedDocument, Saved, known_documents
from ingest.orders.einvoices import with_opened_file
from ingest.orders.records import KnownOrder, OrderRecords, list_known_orders
from ingest.orders.translate import to_document, to_file, to_snapshot

log = structlog.get_logger(__name__)

FAILED_ORDERS = 3  # one broken order does not hold up the others; several mean the shop is in trouble
SETTLED_AFTER = timedelta(seconds=2)
STAMP_MAY_REPEAT = "~"  # ends the kept stamp of an order that may change again under the same one


@dataclass(frozen=True)
class OrderReader:
    """Reads orders of one connection with one client."""

    db: Database
    archive: Archive
    connection: ShopConnection
    client: EpagesClient
    first_file_retry: float
    announced: Callable[[], None] = lambda: None  # called after a commit with news in the outbox

    async def import_order(
        self,
        order: Order,
        *,
        read_at: datetime,
        server_time: datetime | None = None,
        lane: Lane | None = None,
    ) -> Saved | None:
        """Read the order's documents and save all of it. Returns None when the shop has the order no more."""
        try:
            page = await self.client.documents(order.order_id)
        except NotFound:
            log.info("order.vanished", **self._ids(), order_id=order.order_id)
            return None
        documents, unreadable = received(page, order)
        files = await self._files_of_unknown(order, documents)
        reading = OrderReading(
            snapshot=to_snapshot(order),
            stamp=change_stamp(order, server_time or read_at),
            read_at=read_at,
            lane=lane or lane_of(order, self.connection),
            documents=[await with_opened_file(document) for document in merged(documents, files)],
            unreadable=unreadable,
        )
        return await self.save(reading)

    async def try_import_order(self, order: Order, *, server_time: datetime | None) -> Exception | None:
        """Import the order. Returns what is wrong with it alone; raises what others would meet, too."""
        try:
            await self.import_order(order, read_at=datetime.now(UTC), server_time=server_time)
        except Exception as trouble:
            if isinstance(trouble, RateLimited | ShopRefused) or is_trouble(trouble):
                raise  # nothing that another order could be spared
            code = trouble.code if isinstance(trouble, ConnectorError) else type(trouble).__name__
            log.warning("order.not_read", **self._ids(), order_id=order.order_id, error=code)
            return trouble
        return None

    async def save(self, reading: OrderReading) -> Saved:
        """Store and announce everything of the reading in one transaction, or nothing."""
        async with self.db.sessions.of(self.connection.tenant_id) as session:
            records = OrderRecords(
                session, self.connection, self.archive, first_file_retry=self.first_file_retry
            )
            saved = await records.save(reading)
        if saved.events:
            self.announced()
        metrics.INGEST_DOCUMENTS.labels("new", reading.lane.value).inc(saved.documents)
        metrics.INGEST_DOCUMENTS.labels("conflicted", reading.lane.value).inc(saved.conflicts)
        log.info(
            "order.saved",
            **self._ids(),
            order_id=reading.snapshot.order_id,
            lane=reading.lane.value,
            documents=saved.documents,
            conflicts=saved.conflicts,
            files=saved.files,
        )
        return saved

    async def list_known(self, order_ids: Sequence[str]) -> dict[str, KnownOrder]:
        """List those of the orders that we have, by their ids."""
        if not order_ids:
            return {}
        async with self.db.reading.of(self.connection.tenant_id) as session:
            return await list_known_orders(session, self.connection, order_ids)

    async def report_unreadable(self, items: Sequence[Unreadable]) -> None:
        """Keep the items of a list that cannot be read, and tell a person."""
        for item in items:
            async with self.db.sessions.of(self.connection.tenant_id) as session:
                records = OrderRecords(
                    session, self.connection, self.archive, first_file_retry=self.first_file_retry
                )
                await records.report_unreadable(item)

    async def _files_of_unknown(
        self, order: Order, documents: Sequence[ReceivedDocument]
    ) -> Sequence[ReceivedDocument]:
        keys = sorted({document.key for document in documents})
        if not keys:
            return ()
        async with self.db.reading.of(self.connection.tenant_id) as session:
            known = await known_documents(session, self.connection, keys)
        if known.issuperset(keys):
            return ()
        try:
            page = await self.client.documents_with_files(order.order_id)
        except (
            NotFound,
            AnswerTooLarge,
        ) as reason:  # the documents are known all the same; files may come later
            log.warning("order.files_not_read", **self._ids(), order_id=order.order_id, error=reason.code)
            return ()
        return received(page, order)[0]

    def _ids(self) -> dict[str, Any]:
        return {
            "tenant_id": str(self.connection.tenant_id),
            "connection_id": str(self.connection.connection_id),
        }


def received(page: Page[OrderDocument], order: Order) -> tuple[list[ReceivedDocument], list[Unreadable]]:
    """The invoices and credit notes of an answer; other types are not ours, unreadable ones are set apart."""
    documents, unreadable = list[ReceivedDocument](), list(page.unreadable)
    for item in page.items:
        document = to_document(item.value, order.currency_id or "EUR")
        if document is not None:
            documents.append(ReceivedDocument(document, item.raw, to_file(item.value.document_pdf)))
        else:
            log.info("document.type_ignored", order_id=order.order_id, type=item.value.document_type)
    return documents, unreadable


def merged(plain: Sequence[ReceivedDocument], filed: Sequence[ReceivedDocument]) -> list[ReceivedDocument]:
    """Each document once, with its file; of two equal answers the one without a file is the original."""
    by_key: dict[tuple[str, str], ReceivedDocument] = {document.key: document for document in plain}
    for document in filed:
        known = by_key.get(document.key)
        same = known is not None and known.document == document.document
        raw = known.raw if known is not None and same else document.raw
        by_key[document.key] = ReceivedDocument(document.document, raw, document.file)
    return list(by_key.values())


def change_stamp(order: Order, now: datetime) -> str:
    """What tells whether a list item is news: the shop's update stamp, without one all the item says.

    A stamp in whole seconds that is younger than two of them may cover a change still to come: it is marked
    so that it will not be trusted.
    """
    updated = order.last_updated_on_date
    if updated is None:
        return f"item:{order.fingerprint}"
    settled = updated.microsecond != 0 or now - updated >= SETTLED_AFTER
    return updated.astimezone(UTC).isoformat() + ("" if settled else STAMP_MAY_REPEAT)


def is_news(order: Order, now: datetime, known: KnownOrder | None) -> bool:
    """Whether the order differs from what we have, as far as its stamp tells."""
    if known is None or known.stamp.endswith(STAMP_MAY_REPEAT):
        return True
    return known.stamp != change_stamp(order, now)


def lane_of(order: Order, connection: ShopConnection) -> Lane:
    """Orders not touched since the connection was made are history."""
    last = order.last_updated_on_date or order.creation_date
    return Lane.HISTORY if last is not None and last < connection.created_at else Lane.LIVE
