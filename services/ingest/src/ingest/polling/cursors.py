"""Rows of `ingest.shop_cursors`: made for new connections, leased by a poller, moved as a run ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, CursorResult, and_, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert, row_lock
from common.db.engine import Database
from common.db.models.core import ConnectionRow, SettingsVersionRow
from common.db.models.ingest import ShopCursorRow
from common.db.tenant_settings import newest_settings
from common.db.trouble import describe
from common.domain.cleaning import storable
from common.domain.connection_troubles import ConnectionTrouble
from common.errors import ConnectorError
from common.shops.address import AddressRefused
from common.shops.epages.errors import AnswerEncodingRefused, ForeignRefusal, SomethingElseAnswers
from ingest.connections import ACTIVE, SHOP, start_of

ERROR_LENGTH = 500
TROUBLE_OF: dict[type[Exception], ConnectionTrouble] = {
    AnswerEncodingRefused: ConnectionTrouble.ANSWER_ENCODING_REFUSED,
    AddressRefused: ConnectionTrouble.ADDRESS_REFUSED,
    ForeignRefusal: ConnectionTrouble.FOREIGN_REFUSAL,
    SomethingElseAnswers: ConnectionTrouble.SOMETHING_ELSE_ANSWERS,
}


@dataclass(frozen=True, slots=True)
class ShopLease:
    """The right to poll one shop for a while; `now` is the database's clock at the claim."""

    row: ShopCursorRow
    token: UUID
    now: datetime

    @property
    def connection_id(self) -> UUID:
        """The shop's connection."""
        return self.row.connection_id


async def refresh_cursors(db: Database) -> None:
    """Every active shop connection has a row, and every row follows the newest settings of its tenant."""
    async with db.reading.begin() as session:
        missing = (await session.execute(_missing())).all()
        changed = (await session.execute(_with_new_settings())).all()
    for connection_id, tenant_id in missing:
        async with db.sessions.begin() as session:
            await _add(session, connection_id, tenant_id)
    for connection_id, tenant_id in changed:
        async with db.sessions.begin() as session:
            await _follow_settings(session, connection_id, tenant_id)


async def any_due(db: Database) -> bool:
    """Whether a claim would find something; writes nothing."""
    async with db.reading.begin() as session:
        return (await session.execute(_due().limit(1))).first() is not None


async def claim_due(db: Database, *, limit: int, lease_seconds: float) -> list[ShopLease]:
    """Lease shops that are due; those another poller holds are left alone."""
    token = uuid4()
    async with db.sessions.begin() as session:
        due = _due().limit(limit).with_for_update(of=ShopCursorRow, **row_lock(session))
        statement = (
            update(ShopCursorRow)
            .where(ShopCursorRow.connection_id.in_(due))
            .values(lease_token=token, lease_until=db_now(lease_seconds))
            .returning(ShopCursorRow, db_now().label("now"))
            .execution_options(synchronize_session=False)
        )
        return [ShopLease(row, token, now) for row, now in (await session.execute(statement)).all()]


async def renew(session: AsyncSession, lease: ShopLease, lease_seconds: float) -> bool:
    """Hold the lease longer; False when another poller has it by now."""
    return await _change(session, lease, lease_until=db_now(lease_seconds))


async def finish_poll(
    session: AsyncSession, lease: ShopLease, next_poll_seconds: float, **values: Any
) -> bool:
    """Write the run's result and give the lease back; a poller that lost its lease changes nothing."""
    return await _change(
        session,
        lease,
        lease_token=None,
        lease_until=None,
        next_poll_at=db_now(next_poll_seconds),
        last_poll_at=db_now(),
        **values,
    )


async def make_due(session: AsyncSession, tenant_id: UUID, connection_id: UUID) -> None:
    """The shop is polled at the next look."""
    await session.execute(
        update(ShopCursorRow)
        .where(ShopCursorRow.tenant_id == tenant_id, ShopCursorRow.connection_id == connection_id)
        .values(next_poll_at=db_now())
    )


def is_disconnected(lease: ShopLease, *, refusals: int, refused_for: float) -> bool:
    """Whether one more refusal now makes so many in a row over so long a time."""
    first = lease.row.first_refused_at or lease.now
    return lease.row.refusals + 1 >= refusals and lease.now - first >= timedelta(seconds=refused_for)


async def _add(session: AsyncSession, connection_id: UUID, tenant_id: UUID) -> None:
    now: datetime = (await session.execute(select(db_now()))).scalar_one()
    version = await newest_settings(session, tenant_id)
    start = start_of(version.values)
    cursor = now if start is None else min(now, start)
    row = insert(session, ShopCursorRow).values(
        connection_id=connection_id,
        tenant_id=tenant_id,
        cursor_at=cursor,
        read_from_at=cursor,
        settings_number=version.number,
        next_poll_at=now,
        last_nightly_at=now,
        last_weekly_at=now,
    )
    await session.execute(row.on_conflict_do_nothing(index_elements=["connection_id"]))


async def _follow_settings(session: AsyncSession, connection_id: UUID, tenant_id: UUID) -> None:
    version = await newest_settings(session, tenant_id)
    free = select(ShopCursorRow).where(ShopCursorRow.connection_id == connection_id, _is_free())
    row = (await session.execute(free.with_for_update(**row_lock(session)))).scalar_one_or_none()
    if row is None:  # being polled right now; the next look tries again
        return
    row.settings_number = version.number
    if row.last_poll_at is not None and row.disconnected_at is None and row.failures == 0:
        row.next_poll_at = min(
            row.next_poll_at, row.last_poll_at + timedelta(seconds=version.values.poll_interval_seconds)
        )
    start = start_of(version.values)
    if start is not None and start < row.read_from_at:
        row.read_from_at = row.history_from_at = start
        row.history_page, row.history_total = 1, 0
    await session.flush()


async def _change(session: AsyncSession, lease: ShopLease, **values: Any) -> bool:
    statement = (
        update(ShopCursorRow)
        .where(ShopCursorRow.connection_id == lease.connection_id, ShopCursorRow.lease_token == lease.token)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", await session.execute(statement)).rowcount == 1


def _is_free() -> ColumnElement[bool]:
    return or_(ShopCursorRow.lease_until.is_(None), ShopCursorRow.lease_until <= db_now())


def _due() -> Any:
    return (
        select(ShopCursorRow.connection_id)
        .join(ConnectionRow, ConnectionRow.connection_id == ShopCursorRow.connection_id)
        .where(ShopCursorRow.next_poll_at <= db_now(), _is_free(), ConnectionRow.state == ACTIVE)
        .order_by(ShopCursorRow.next_poll_at)
    )


def _missing() -> Any:
    known = ShopCursorRow.connection_id == ConnectionRow.connection_id
    return (
        select(ConnectionRow.connection_id, ConnectionRow.tenant_id)
        .outerjoin(ShopCursorRow, known)
        .where(
            and_(
                ConnectionRow.kind == SHOP,
                ConnectionRow.state == ACTIVE,
                ShopCursorRow.connection_id.is_(None),
            )
        )
    )


def _with_new_settings() -> Any:
    newest = (
        select(SettingsVersionRow.tenant_id, func.max(SettingsVersionRow.number).label("number"))
        .group_by(SettingsVersionRow.tenant_id)
        .subquery()
    )
    return (
        select(ShopCursorRow.connection_id, ShopCursorRow.tenant_id)
        .join(newest, newest.c.tenant_id == ShopCursorRow.tenant_id)
        .where(newest.c.number > ShopCursorRow.settings_number, _is_free())
    )


def told(error: Exception) -> dict[str, str | None]:
    """What the shop's row says of an error."""
    trouble = TROUBLE_OF.get(type(error))
    return {"last_error": error_text(error), "trouble": trouble.value if trouble else None}


def error_text(error: Exception) -> str:
    """What is kept of an error: its kind and, when it is our own, its message; others may quote data."""
    if isinstance(error, ConnectorError):
        return storable(f"{type(error).__name__}: {error}"[:ERROR_LENGTH])
    return describe(error) if isinstance(error, SQLAlchemyError) else type(error).__name__
