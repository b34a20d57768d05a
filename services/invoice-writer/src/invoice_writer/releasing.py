"""Puts parked documents back in line when their cause is gone; many of them in portions, behind live ones."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from sqlalchemy import ColumnElement, Row, and_, false, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import row_lock
from common.db.models.books import OutcomeRow
from common.db.tenant_settings import newest_settings
from common.domain.documents import DocumentType
from common.domain.releases import (
    BEFORE_START,
    CURED_BY_CONNECTION,
    EXCLUDING_FIELDS,
    IN_DOUBT,
    LASTING_EXCLUSIONS,
    START_FIELD,
    cured_by_settings,
)
from common.events.base import Lane
from common.events.commands import ReleaseParked, RetryDocument
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.transport.base import Incoming
from invoice_writer.outcomes import EXCLUDED, PARKED

PORTION = 500
FEW = 25  # so many may go before a backfill
BY_CONNECTION, BY_SETTINGS, BY_PROFILE = "connection", "settings", "profile"
BY_PERSON, BY_READING = "person", "reading"
COLUMNS = (
    OutcomeRow.document_id,
    OutcomeRow.tenant_id,
    OutcomeRow.connection_id,
    OutcomeRow.order_id,
    OutcomeRow.type,
    OutcomeRow.number,
    OutcomeRow.revision,
    OutcomeRow.first_seen_at,
)
PLACE = (OutcomeRow.first_seen_at, OutcomeRow.document_id)


async def release(session: AsyncSession, command: ReleaseParked) -> int:
    """Put the command's next portion back in line, oldest first, and the rest of it behind that."""
    chosen = [OutcomeRow.tenant_id == command.tenant_id, await _chosen(session, command)]
    if command.after is not None:
        chosen.append(tuple_(*PLACE) > command.after)
    query = select(*COLUMNS).where(*chosen).order_by(*PLACE).limit(PORTION + 1)
    rows = (await session.execute(query)).all()
    portion = rows[:PORTION]
    is_few = command.after is None and len(rows) <= min(FEW, PORTION)
    lane = Lane.LIVE if is_few else Lane.HISTORY
    asked_by = command.command_id if command.released_by == BY_PERSON else None
    freed = await put_in_line(session, portion, lane=lane, asked_by=asked_by)
    if len(rows) > PORTION:
        await accept(session, INVOICE_WRITER, [Incoming.of(_rest(command, portion[-1]))])
    return freed


async def release_reasons(session: AsyncSession, tenant_id: UUID, reasons: Sequence[str]) -> int:
    """Put the tenant's documents that are parked for one of the reasons back in line."""
    command = ReleaseParked(
        tenant_id=tenant_id,
        connection_id=tenant_id,
        command_id=uuid4(),
        released_by=BY_READING,
        reasons=tuple(reasons),
        lane=Lane.HISTORY,
    )
    return await release(session, command)


async def put_in_line(
    session: AsyncSession, rows: Sequence[Row[Any]], *, lane: Lane = Lane.LIVE, asked_by: UUID | None = None
) -> int:
    """Accept one retry per document into our own inbox and return how many are new.

    By itself a document comes back in line once per outcome; somebody who asks gets another try each time.
    """
    freed = await accept(session, INVOICE_WRITER, [_incoming(row, lane, asked_by) for row in rows])
    await _mark(session, {row.document_id: row.revision for row in rows})
    return freed


def not_in_line() -> ColumnElement[bool]:
    """Whether the outcome has not been put back in line by itself."""
    return OutcomeRow.queued_revision.is_distinct_from(OutcomeRow.revision)


def is_automatic(command: RetryDocument) -> bool:
    """Whether nobody asked for the retry: our own commands have ids computed from the outcome."""
    return command.command_id.version == 5


async def _chosen(session: AsyncSession, command: ReleaseParked) -> ColumnElement[bool]:
    if command.reasons is not None:
        equal = [OutcomeRow.params[name].as_string() == value for name, value in command.about.items()]
        return and_(OutcomeRow.status == PARKED, OutcomeRow.reason.in_(command.reasons), *equal)
    if command.released_by == BY_CONNECTION:
        return and_(OutcomeRow.status == PARKED, OutcomeRow.reason.in_(CURED_BY_CONNECTION))
    if command.released_by != BY_SETTINGS:
        return false()
    start_on = (await newest_settings(session, command.tenant_id)).values.start_on
    return or_(
        and_(OutcomeRow.status == PARKED, OutcomeRow.reason.in_(cured_by_settings(command.settings))),
        _moved_by_start(start_on) if START_FIELD in (command.settings or (START_FIELD,)) else false(),
        _moved_by_exclusions() if EXCLUDING_FIELDS.intersection(command.settings or ()) else false(),
    )


def _moved_by_start(start_on: date | None) -> ColumnElement[bool]:
    """Documents an earlier start takes in again, and parked ones that a later start leaves out."""
    left_out = and_(OutcomeRow.status == EXCLUDED, OutcomeRow.reason == BEFORE_START)
    if start_on is None:
        return left_out
    return or_(
        and_(left_out, OutcomeRow.issued_on >= start_on), and_(_sure(), OutcomeRow.issued_on < start_on)
    )


def _moved_by_exclusions() -> ColumnElement[bool]:
    """Documents that rules of the merchant leave out, and parked ones that they may leave out now."""
    lasting = (*LASTING_EXCLUSIONS, BEFORE_START)
    return or_(and_(OutcomeRow.status == EXCLUDED, OutcomeRow.reason.not_in(lasting)), _sure())


def _sure() -> ColumnElement[bool]:
    """Parked without any doubt about what the books hold: leaving it out hides nothing."""
    return and_(
        OutcomeRow.status == PARKED, OutcomeRow.reason.not_in(IN_DOUBT), OutcomeRow.voucher_id.is_(None)
    )


async def _mark(session: AsyncSession, revisions: dict[UUID, int]) -> None:
    """Remember which outcomes are in line; one that is being decided at this moment needs no mark."""
    locking = (
        select(OutcomeRow.document_id, OutcomeRow.revision)
        .where(OutcomeRow.document_id.in_(revisions))
        .order_by(OutcomeRow.document_id)
        .with_for_update(**row_lock(session))
    )
    locked = (await session.execute(locking)).all()
    same = [row.document_id for row in locked if row.revision == revisions[row.document_id]]
    if same:
        statement = update(OutcomeRow).where(OutcomeRow.document_id.in_(same))
        await session.execute(
            statement.values(queued_revision=OutcomeRow.revision).execution_options(synchronize_session=False)
        )


def _rest(command: ReleaseParked, last: Row[Any]) -> ReleaseParked:
    """The same order for what comes after; it waits behind the live documents too."""
    place = {"after": (last.first_seen_at, last.document_id), "lane": Lane.HISTORY}
    return command.model_copy(
        update={"command_id": uuid5(command.command_id, str(last.document_id)), **place}
    )


def _incoming(row: Row[Any], lane: Lane, asked_by: UUID | None) -> Incoming:
    name = f"recheck:{row.document_id}:{row.revision}"
    command = RetryDocument(
        tenant_id=row.tenant_id,
        connection_id=row.connection_id,
        command_id=uuid5(NAMESPACE_URL, name) if asked_by is None else uuid5(asked_by, name),
        order_id=row.order_id,
        document_type=DocumentType(row.type),
        number=row.number,
        lane=lane,
    )
    return Incoming.of(command)
