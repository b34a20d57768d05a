"""One order with its documents, saved and announced in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.archive import Archive
from common.db.alarms import Alarm, close_alarms, raise_once
from common.db.dialect import insert
from common.db.models.ingest import OrderRow
from common.domain.alarms import AlarmKind
from common.domain.documents import DocumentType
from common.events.orders import OrderChanged, OrderSeen
from common.events.topics import INGEST
from common.outbox.record import record
from common.shops.base import Unreadable
from ingest.connections import ShopConnection
from ingest.orders.document_records import JSON, DocumentRecords, OrderReading, ReceivedDocument, Saved

_TYPE_ORDER = {DocumentType.INVOICE: 0, DocumentType.CREDIT_NOTE: 1}


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """An order as it was read last: the stamp that tells its changes, and its snapshot as it is stored."""

    stamp: str
    snapshot: Mapping[str, Any]


async def list_known_orders(
    session: AsyncSession, connection: ShopConnection, order_ids: Sequence[str]
) -> dict[str, KnownOrder]:
    """List those of the orders that we have, by their ids."""
    statement = select(OrderRow.order_id, OrderRow.marker, OrderRow.snapshot).where(
        OrderRow.tenant_id == connection.tenant_id,
        OrderRow.connection_id == connection.connection_id,
        OrderRow.order_id.in_(order_ids),
    )
    return {row.order_id: KnownOrder(row.marker, row.snapshot) for row in await session.execute(statement)}


class OrderRecords:
    """Saves orders of one connection; safe when two processes save the same order at once."""

    def __init__(
        self, session: AsyncSession, connection: ShopConnection, archive: Archive, *, first_file_retry: float
    ) -> None:
        self._session, self._connection, self._archive = session, connection, archive
        self.documents = DocumentRecords(session, connection, archive, first_file_retry=first_file_retry)

    async def save(self, reading: OrderReading) -> Saved:
        """Store the order, its documents and their originals, and put each news into the outbox once."""
        saved = await self._save_order(reading)
        for received in sorted(reading.documents, key=_sequence):
            saved += await self.documents.save(reading, received)
        for item in reading.unreadable:
            await self.report_unreadable(item, reading.snapshot.order_id)
        if not reading.unreadable:
            subject = self._subject(reading.snapshot.order_id)
            tenant_id = self._connection.tenant_id
            await close_alarms(self._session, AlarmKind.SHOP_ITEM_UNREADABLE, subject, tenant_id=tenant_id)
        await self.announce(saved)
        return saved

    async def announce(self, saved: Saved) -> None:
        """Put the news into the outbox."""
        await record(self._session, INGEST, *saved.events)

    async def report_unreadable(self, item: Unreadable, order_id: str | None = None) -> None:
        """Keep the bytes and tell a person, once per differing item."""
        original = await self._archive.store(self._session, self._connection.tenant_id, item.raw, JSON)
        alarm = Alarm(
            AlarmKind.SHOP_ITEM_UNREADABLE,
            self._subject(order_id or "order list"),
            {"problem": item.problem, "original": original.sha256},
            self._connection.tenant_id,
        )
        await raise_once(self._session, alarm, f"{self._connection.connection_id}:{original.sha256}")

    def _subject(self, what: str) -> str:
        return f"{self._connection.connection_id}:{what}"

    async def _save_order(self, reading: OrderReading) -> Saved:
        known = await self._lock_order(reading)
        if known.version and _is_newer(known, reading):
            return Saved()
        snapshot, version, saved = reading.snapshot.model_dump(mode="json"), known.version, Saved()
        if version == 0 or known.snapshot != snapshot:
            version += 1
            event_class = OrderSeen if version == 1 else OrderChanged
            told = event_class(
                tenant_id=self._connection.tenant_id,
                connection_id=self._connection.connection_id,
                lane=reading.lane,
                order=reading.snapshot,
                version=version,
            )
            saved = Saved(orders=1, events=(told,))
        await self._session.execute(
            update(OrderRow)
            .where(*self._is(reading))
            .values(
                order_number=reading.snapshot.order_number,
                marker=reading.stamp,
                version=version,
                snapshot=snapshot,
                seen_at=reading.read_at,
            )
            .execution_options(synchronize_session=False)
        )
        return saved

    async def _lock_order(self, reading: OrderReading) -> OrderRow:
        """Lock the order's row until the commit: a second writer of the order waits and sees the result."""
        row = insert(self._session, OrderRow).values(
            connection_id=self._connection.connection_id,
            tenant_id=self._connection.tenant_id,
            order_id=reading.snapshot.order_id,
            order_number=reading.snapshot.order_number,
            marker="",
            version=0,
            snapshot={},
            seen_at=reading.read_at,
        )
        await self._session.execute(row.on_conflict_do_nothing(index_elements=["connection_id", "order_id"]))
        statement = select(OrderRow).where(*self._is(reading)).with_for_update()
        return (await self._session.execute(statement)).scalar_one()

    def _is(self, reading: OrderReading) -> tuple[Any, ...]:
        return (
            OrderRow.tenant_id == self._connection.tenant_id,
            OrderRow.connection_id == self._connection.connection_id,
            OrderRow.order_id == reading.snapshot.order_id,
        )


def _sequence(received: ReceivedDocument) -> tuple[int, datetime, str]:
    document = received.document
    return _TYPE_ORDER[document.type], document.issued_at, document.number


def _is_newer(known: OrderRow, reading: OrderReading) -> bool:
    """Whether the stored reading is the later one: two readers may finish in the other order."""
    stored = known.snapshot.get("updated_at")
    if stored is not None and reading.snapshot.updated_at is not None:
        return datetime.fromisoformat(stored) > reading.snapshot.updated_at
    return known.seen_at > reading.read_at
