"""Asks again for files that a shop had not delivered with the document, for a day, at growing distances."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

import structlog
from sqlalchemy import Select, select, update

from common.archive import Archive
from common.db.dialect import db_moment, db_now, row_lock
from common.db.engine import Database
from common.db.models.core import ConnectionRow
from common.db.models.ingest import DocumentRow
from common.db.trouble import DATABASE_TROUBLE, describe, is_trouble
from common.domain.stored_words import ConnectionState, PdfState
from common.errors import ConnectorError
from common.observability.health import Heartbeat
from common.pausing import every
from common.shops.epages.errors import AnswerTooLarge, NotFound
from ingest.connections import ShopConnection, ShopConnections
from ingest.orders.document_records import Saved
from ingest.orders.einvoices import opened
from ingest.orders.records import OrderRecords
from ingest.orders.translate import ReceivedFile, to_document_type, to_file
from ingest.settings import FileSettings

log = structlog.get_logger(__name__)

Files = dict[tuple[str, str], ReceivedFile]


@dataclass(frozen=True, slots=True)
class Ask:
    """A document whose file is due to be asked for; `now` is the database's clock."""

    document: DocumentRow
    now: datetime

    @property
    def order(self) -> tuple[UUID, str]:
        """Connection and order: one call brings the files of all its documents."""
        return self.document.connection_id, self.document.order_id


class FileAsker:
    """A component that fetches late files, or says after a day that there is none."""

    name = "file-asker"

    def __init__(
        self,
        db: Database,
        shops: ShopConnections,
        archive: Archive,
        settings: FileSettings,
        announced: Callable[[], None] = lambda: None,
    ) -> None:
        self.heartbeat = Heartbeat()
        self._announced = announced
        self._db, self._shops, self._archive, self._settings = db, shops, archive, settings

    async def run(self, stop: asyncio.Event) -> None:
        """Ask until told to stop."""
        async for _ in every(self._settings.look_every, stop):
            self.heartbeat.beat()
            try:
                await self.run_once(stop)
            except DATABASE_TROUBLE as trouble:
                log.warning("files.database_trouble", error=describe(trouble))

    async def run_once(self, stop: asyncio.Event | None = None) -> int:
        """Ask once for every file that is due now. Returns how many were."""
        asks = sorted(await self._claim(), key=lambda ask: ask.order)
        for (connection_id, order_id), group in groupby(asks, lambda ask: ask.order):
            if stop is not None and stop.is_set():
                break
            await self._ask_for_order(connection_id, order_id, list(group))
        return len(asks)

    async def _ask_for_order(self, connection_id: UUID, order_id: str, asks: Sequence[Ask]) -> None:
        connection = await self._shops.find(connection_id)
        if connection is None:
            return
        files = await self._fetched(connection, order_id)
        saved = Saved()
        async with self._db.sessions.of(connection.tenant_id) as session:
            records = OrderRecords(
                session, connection, self._archive, first_file_retry=self._settings.first_retry
            )
            for ask in asks:
                document = ask.document
                file = None if files is None else files.get((document.type, document.number))
                if file is not None:
                    saved += await records.documents.attach_file(document, file)
                elif files is not None and self._is_over(ask):
                    saved += await records.documents.give_up_file(document)
                else:
                    await records.documents.ask_again(document, self._wait(ask))
            await records.announce(saved)
        if saved.events:
            self._announced()

    async def _fetched(self, connection: ShopConnection, order_id: str) -> Files | None:
        """Fetch the files the shop has now. Returns None when it could not be asked for any reason."""
        try:
            return await self._fetch(connection, order_id)
        except Exception as trouble:  # one shop's trouble must never stop the others
            if is_trouble(trouble):
                raise
            log.warning(
                "files.not_read",
                connection_id=str(connection.connection_id),
                order_id=order_id,
                error=trouble.code if isinstance(trouble, ConnectorError) else type(trouble).__name__,
            )
            return None

    async def _fetch(self, connection: ShopConnection, order_id: str) -> Files:
        client = await self._shops.client(connection)
        try:
            page = await client.documents_with_files(order_id)
        except (NotFound, AnswerTooLarge):
            return {}
        files: Files = {}
        for item in page.items:
            document_type, file = to_document_type(item.value.document_type), to_file(item.value.document_pdf)
            if document_type is not None and file is not None:
                files[document_type.value, item.value.document_number or ""] = await opened(file)
        return files

    async def _claim(self) -> list[Ask]:
        """Take due documents; they are moved on at once: no other replica asks, and a crash only delays."""
        async with self._db.reading.of_queues() as session:
            if (await session.execute(due_files().limit(1))).first() is None:
                return []
        async with self._db.sessions.of_queues() as session:
            due = due_files().limit(self._settings.batch)
            statement = (
                update(DocumentRow)
                .where(DocumentRow.document_id.in_(due.with_for_update(of=DocumentRow, **row_lock(session))))
                .values(file_due_at=db_now(self._settings.first_retry))
                .returning(DocumentRow, db_now().label("now"))
                .execution_options(synchronize_session=False)
            )
            return [Ask(row, now) for row, now in (await session.execute(statement)).all()]

    def _is_over(self, ask: Ask) -> bool:
        return ask.now - ask.document.created_at >= timedelta(seconds=self._settings.give_up_after)

    def _wait(self, ask: Ask) -> float:
        """As long again as was waited already, within limits, and once right at the end of the asking."""
        age = (ask.now - ask.document.created_at).total_seconds()
        wait, left = max(age, self._settings.first_retry), self._settings.give_up_after - age
        return min(wait, self._settings.longest_retry, max(left, 0.1) if left > 0 else wait)


def due_files() -> Select[tuple[UUID]]:
    """Documents whose file is to be asked for now, the longest due first."""
    return (
        select(DocumentRow.document_id)
        .join(ConnectionRow, ConnectionRow.connection_id == DocumentRow.connection_id)
        .where(
            DocumentRow.file_state == PdfState.PENDING,
            DocumentRow.file_due_at <= db_moment(),
            ConnectionRow.state == ConnectionState.ACTIVE,
        )
        .order_by(DocumentRow.file_due_at)
    )
