"""Vouchers of ours that are not in the books any more: two looks by id, apart from each other, say so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.dialect import db_now, insert
from common.db.doubles import said_of
from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.db.models.effects import AlarmRow
from common.domain.alarms import AlarmKind
from common.domain.duplicates import vouchers_in
from common.domain.keys import document_subject
from common.domain.reasons import DocumentReason
from common.domain.stored_words import DocumentStatus, SaidOfDouble
from common.http.errors import NotFound
from common.later import Later
from common.lexware.client import LexwareClient
from common.lexware.wire import Voucher
from invoice_writer.lists import INDEX, PRIMARY
from invoice_writer.outcomes import Outcome, OutcomeRepository
from invoice_writer.refusals import NOT_VISIBLE

log = structlog.get_logger(__name__)

APART = timedelta(seconds=10)  # between the two looks: reads lag no longer behind
DELETED = DocumentReason.VOUCHER_DELETED.value


@dataclass(frozen=True, slots=True)
class Gone:
    """A voucher that was deleted in the books, or the surplus one of a double that we reported."""

    is_repair: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """A document whose voucher it is, by the subject of its alarms, and how it stands."""

    document_id: UUID
    subject: str
    status: DocumentStatus
    reason: str | None

    @classmethod
    def from_row(cls, row: Row[Any]) -> "Holder":
        """The document of a row of outcomes."""
        subject = document_subject(row.connection_id, row.type, row.number)
        return cls(row.document_id, subject, row.status, row.reason)


class VoucherLooks:
    """Looks at vouchers of one books connection by their ids."""

    def __init__(self, db: Database, tenant_id: UUID, connection_id: UUID, client: LexwareClient) -> None:
        self._db, self._client = db, client
        self._tenant_id, self._connection_id = tenant_id, connection_id

    async def look(self, voucher_id: str) -> Voucher | Later | Gone:
        """The voucher as it is; when to look once more; or that it was deleted, which is told."""
        try:
            voucher = await self._client.vouchers.get(voucher_id)
        except NotFound:
            async with self._db.sessions.of(self._tenant_id) as session:
                later = await self._missing(session, voucher_id)
            return later or await self._gone(voucher_id)
        async with self._db.sessions.of(self._tenant_id) as session:
            await self._there(session, voucher)
        return voucher

    async def _missing(self, session: AsyncSession, voucher_id: str) -> Later | None:
        """Remember the first look that did not find it; the second one, later, decides."""
        stub = {"type": "", "status": "", "number": "", "missing_since": db_now()}
        row = insert(session, INDEX).values(**self._key(voucher_id), **stub)
        await session.execute(row.on_conflict_do_nothing(index_elements=PRIMARY))
        first = update(INDEX).where(*self._this(voucher_id), INDEX.c.missing_since.is_(None))
        await session.execute(first.values(missing_since=db_now()))
        query = select(INDEX.c.missing_since, INDEX.c.gone_at, db_now().label("now"))
        kept = (await session.execute(query.where(*self._this(voucher_id)))).one()
        left = kept.missing_since + APART - kept.now
        return Later(left, NOT_VISIBLE) if left > timedelta() else None

    async def _gone(self, voucher_id: str) -> Gone:
        """It was deleted: an alarm, and its document is booked no more; a repaired double tells nothing."""
        gone = Gone(await self._is_repair(voucher_id))
        marking = update(INDEX).where(*self._this(voucher_id), INDEX.c.gone_at.is_(None))
        marked = marking.values(gone_at=db_now()).returning(INDEX.c.voucher_id)
        async with self._db.sessions.of(self._tenant_id) as session:
            is_new = (await session.execute(marked)).one_or_none() is not None
            if is_new:
                await self._forget_differences(session, voucher_id)
            if is_new and not gone.is_repair:
                await self._tell(session, voucher_id)
        log.info("voucher.gone", tenant_id=str(self._tenant_id), voucher_id=voucher_id, repair=gone.is_repair)
        return gone

    async def _is_repair(self, voucher_id: str) -> bool:
        """Whether we reported it as one of several of its document, of which another is in the books.

        Not so where a person decided that it stays, or that both are right.
        """
        async with self._db.reading.of(self._tenant_id) as session:
            said = {one.said for one in await said_of(session, [voucher_id])}
        if said and not said & {SaidOfDouble.REPORTED, SaidOfDouble.DELETED}:
            return False
        reported = select(AlarmRow.evidence).where(
            AlarmRow.tenant_id == self._tenant_id, AlarmRow.kind == AlarmKind.DUPLICATE.value
        )
        async with self._db.reading.of(self._tenant_id) as session:
            doubles = [vouchers_in(evidence) for evidence in (await session.scalars(reported)).all()]
        others = {one for double in doubles if voucher_id in double for one in double} - {voucher_id}
        return any([await self._is_there(one) for one in sorted(others)])

    async def _is_there(self, voucher_id: str) -> bool:
        try:
            await self._client.vouchers.get(voucher_id)
        except NotFound:
            return False
        return True

    async def _there(self, session: AsyncSession, voucher: Voucher) -> None:
        """Take note that it is in the books; one that was told to be gone stands again."""
        seen = update(INDEX).where(*self._this(voucher.id)).returning(INDEX.c.gone_at)
        values = {"seen_at": db_now(), "missing_since": None}
        kept = (await session.execute(seen.values(**values))).one_or_none()
        if kept is None:
            stub = {
                "type": voucher.type,
                "status": "",
                "number": (voucher.voucher_number or "").strip()[:200],
            }
            row = insert(session, INDEX).values(**self._key(voucher.id), **stub, seen_at=db_now())
            await session.execute(row.on_conflict_do_nothing(index_elements=PRIMARY))
        elif kept.gone_at is not None:
            await session.execute(update(INDEX).where(*self._this(voucher.id)).values(gone_at=None))
            await self._take_back(session, voucher.id)

    async def _tell(self, session: AsyncSession, voucher_id: str) -> None:
        for holder in await self._holders(session, voucher_id):
            evidence = {"voucher_id": voucher_id, "connection_id": str(self._connection_id)}
            alarm = Alarm(AlarmKind.VOUCHER_DELETED, holder.subject, evidence, self._tenant_id)
            await raise_alarm(session, alarm)
            if holder.status == DocumentStatus.BOOKED:
                parked = Outcome(DocumentStatus.PARKED, reason=DELETED, params={"voucher_id": voucher_id})
                await OutcomeRepository(session, self._tenant_id).update_status(holder.document_id, parked)

    async def _forget_differences(self, session: AsyncSession, voucher_id: str) -> None:
        """Close what was told of a difference in a voucher that is gone."""
        for holder in await self._holders(session, voucher_id):
            for kind in (AlarmKind.VOUCHER_CHANGED, AlarmKind.ADOPTED_VOUCHER_DIFFERS):
                await close_alarms(session, kind, holder.subject, tenant_id=self._tenant_id)

    async def _take_back(self, session: AsyncSession, voucher_id: str) -> None:
        for holder in await self._holders(session, voucher_id):
            subject, tenant_id = holder.subject, self._tenant_id
            await close_alarms(session, AlarmKind.VOUCHER_DELETED, subject, tenant_id=tenant_id)
            if (holder.status, holder.reason) == (DocumentStatus.PARKED, DELETED):
                await OutcomeRepository(session, tenant_id).update_status(
                    holder.document_id, Outcome(DocumentStatus.BOOKED)
                )

    async def _holders(self, session: AsyncSession, voucher_id: str) -> Sequence[Holder]:
        columns = (
            OutcomeRow.document_id,
            OutcomeRow.connection_id,
            OutcomeRow.type,
            OutcomeRow.number,
            OutcomeRow.status,
            OutcomeRow.reason,
        )
        mine = and_(OutcomeRow.tenant_id == self._tenant_id, OutcomeRow.voucher_id == voucher_id)
        return [Holder.from_row(row) for row in await session.execute(select(*columns).where(mine))]

    def _key(self, voucher_id: str) -> dict[str, Any]:
        place = {"tenant_id": self._tenant_id, "connection_id": self._connection_id}
        return {**place, "voucher_id": voucher_id}

    def _this(self, voucher_id: str) -> tuple[Any, ...]:
        return (
            INDEX.c.tenant_id == self._tenant_id,
            INDEX.c.connection_id == self._connection_id,
            INDEX.c.voucher_id == voucher_id,
        )
