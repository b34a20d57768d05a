"""Once a night the whole voucherlist is read, a page at a time: it names vouchers of ours that are gone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import and_, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.books import BooksReadingRow, VoucherIndexStateRow
from common.db.models.effects import BindingRow
from common.domain.keys import vouchers_of
from common.lexware.client import LexwareClient
from common.lexware.rows import WITHOUT_ID
from invoice_writer.books_watch.gone import VoucherLooks
from invoice_writer.lists import INDEX, BooksList, ListRef, ReadingPosition, Readings, keep_page, note_unfit

log = structlog.get_logger(__name__)

STATE, BINDINGS = table(VoucherIndexStateRow), table(BindingRow)
AT_ONCE = 20  # of the vouchers that no page showed
BEGIN_ANEW = timedelta(hours=12)
SETTLED = timedelta(minutes=1)  # what was bound later than that before the reading may not be listed yet


@dataclass(frozen=True, slots=True)
class WholeState:
    """Since when the index holds vouchers, and the whole reading under way."""

    filled_from: date
    position: ReadingPosition | None
    now: datetime


class WholeReading:
    """One step at a time of one connection's nightly reading: a page, or looks at what no page showed."""

    def __init__(
        self, db: Database, readings: Readings, tenant_id: UUID, connection_id: UUID, client: LexwareClient
    ) -> None:
        self._db, self._readings, self._client = db, readings, client
        self._tenant_id, self._connection_id = tenant_id, connection_id
        self._list = ListRef(tenant_id, connection_id, BooksList.VOUCHERS)
        self._mine = and_(STATE.c.tenant_id == tenant_id, STATE.c.connection_id == connection_id)

    async def step(self, organization_id: str) -> bool:
        """Go on with the reading, or begin one. Returns whether there is more to do at once."""
        state = await self._state()
        if state is None:
            return False
        position = state.position
        if position is None or state.now - position.started_at > BEGIN_ANEW:
            return await self._begin(ReadingPosition.fill(state.filled_from, state.now))
        if position.parts:
            return await self._page(position)
        return await self._compare(position, organization_id)

    async def _state(self) -> WholeState | None:
        """Get how the reading stands; None before the index was filled once."""
        query = select(STATE.c.filled_from, STATE.c.whole_plan, db_now().label("now")).where(self._mine)
        async with self._db.reading.of(self._tenant_id) as session:
            row = (await session.execute(query)).one_or_none()
        if row is None or row.filled_from is None:
            return None
        position = ReadingPosition.from_json(row.whole_plan) if row.whole_plan else None
        return WholeState(row.filled_from, position, row.now)

    async def _begin(self, position: ReadingPosition) -> bool:
        async with self._db.sessions.of(self._tenant_id) as session:
            await note_unfit(session, self._list, [WITHOUT_ID], ())
            await self._keep(session, position)
        return True

    async def _page(self, position: ReadingPosition) -> bool:
        async with self._readings.of(self._list):
            page = await self._client.voucherlist.page(position.parts[0], position.page)
        async with self._db.sessions.of(self._tenant_id) as session:
            await keep_page(session, self._list, page)
            await self._keep(session, position.after(page))
        return True

    async def _compare(self, position: ReadingPosition, organization_id: str) -> bool:
        """Look by id at bound vouchers that no page showed; a part that is too long shows nothing of them."""
        missing = [] if position.unread else await self._unseen(position, organization_id)
        looks = VoucherLooks(self._db, self._tenant_id, self._connection_id, self._client)
        for voucher_id in missing[:AT_ONCE]:
            await looks.look(voucher_id)
        if missing:
            return True
        async with self._db.sessions.of(self._tenant_id) as session:
            await self._forget_unfit(session, position)
            done = {"whole_at": position.started_at, "whole_plan": null()}
            await session.execute(update(STATE).where(self._mine).values(**done))
        log.info("vouchers.compared", tenant_id=str(self._tenant_id))
        return False

    async def _unseen(self, position: ReadingPosition, organization_id: str) -> list[str]:
        """Vouchers of documents of ours that were in no page, and those told as gone that were."""
        there = and_(
            INDEX.c.voucher_id == BINDINGS.c.external_id,
            INDEX.c.tenant_id == BINDINGS.c.tenant_id,
            INDEX.c.connection_id == self._connection_id,
        )
        unseen = or_(INDEX.c.seen_at.is_(None), INDEX.c.seen_at < position.started_at)
        is_back = and_(INDEX.c.gone_at.is_not(None), INDEX.c.seen_at >= position.started_at)
        rested = or_(INDEX.c.missing_since.is_(None), INDEX.c.missing_since < db_now(-10.0))
        query = (
            select(BINDINGS.c.external_id)
            .outerjoin(INDEX, there)
            .where(
                BINDINGS.c.tenant_id == self._tenant_id,
                BINDINGS.c.effect_key.startswith(vouchers_of(organization_id), autoescape=True),
                BINDINGS.c.bound_at < position.started_at - SETTLED,
                or_(and_(INDEX.c.gone_at.is_(None), unseen), is_back),
            )
            .order_by(rested.desc(), BINDINGS.c.external_id)
            .limit(AT_ONCE)
        )
        async with self._db.reading.of(self._tenant_id) as session:
            return list((await session.scalars(query)).all())

    async def _forget_unfit(self, session: AsyncSession, position: ReadingPosition) -> None:
        """Forget rows that did not fit and that no page shows any more, with their trouble."""
        unfit = select(BooksReadingRow.unfit).where(
            BooksReadingRow.connection_id == self._connection_id,
            BooksReadingRow.tenant_id == self._tenant_id,
            BooksReadingRow.list == self._list.list.value,
        )
        keys = set((await session.scalar(unfit)) or {})
        if not keys or position.unread:
            return
        seen = select(INDEX.c.voucher_id).where(
            INDEX.c.tenant_id == self._tenant_id,
            INDEX.c.connection_id == self._connection_id,
            INDEX.c.voucher_id.in_(keys),
            INDEX.c.seen_at >= position.started_at,
        )
        shown = {WITHOUT_ID, *(await session.scalars(seen)).all()}
        await note_unfit(session, self._list, sorted(keys - shown), ())

    async def _keep(self, session: AsyncSession, position: ReadingPosition) -> None:
        await session.execute(update(STATE).where(self._mine).values(whole_plan=position.to_json()))
