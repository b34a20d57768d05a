"""Puts documents back in line when the time they wait for has come or their cause is gone."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from sqlalchemy import ColumnElement, Row, Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.books import BooksProfileRow, OutcomeRow
from common.db.models.core import ConnectionRow
from common.db.tenant_settings import newest_settings
from common.db.trouble import DATABASE_TROUBLE, describe
from common.domain.documents import DocumentType
from common.domain.reasons import REASONS, Reason, ReleasedBy
from common.events.base import Lane
from common.events.commands import ReleaseParked, RetryDocument
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.transport.base import Incoming
from invoice_writer.outcomes import EXCLUDED, PARKED, WAITING

log = structlog.get_logger(__name__)

ORIGINAL_REASONS = tuple(
    reason.value
    for reason in (
        Reason.ORIGINAL_MISSING,
        Reason.ORIGINAL_WAITING,
        Reason.ORIGINAL_PARKED,
        Reason.ORIGINAL_UNCLEAR,
    )
)
CONNECTION_REASONS = tuple(
    reason.value
    for reason in (
        Reason.BOOKS_NOT_CONNECTED,
        Reason.BOOKS_UNAVAILABLE,
        Reason.RECONNECT_NEEDED,
        Reason.CONNECTION_HALTED,
        Reason.ORGANIZATION_CHANGED,
        Reason.CONTRACT_PROBLEM,
        Reason.PROFILE_UNAVAILABLE,
    )
)
PROFILE_REASONS = (
    *(reason.value for reason, text in REASONS.items() if text.released_by is ReleasedBy.PROFILE),
    *(
        reason.value
        for reason in (
            Reason.CATEGORY_MISSING,
            Reason.CATEGORY_NOT_INCOME,
            Reason.CATEGORY_SINGLE_RATE,
        )
    ),
)
BATCH = 500
BY_CONNECTION, BY_SETTINGS, BY_PROFILE = "connection", "settings", "profile"
PROFILE_AGE_SECONDS = 3600.0
PROFILE_LOOK_SECONDS = 60.0
BEFORE_START, ORIGINAL_EXCLUDED = "before_start_date", "original_excluded"

COLUMNS = (
    OutcomeRow.document_id,
    OutcomeRow.tenant_id,
    OutcomeRow.connection_id,
    OutcomeRow.order_id,
    OutcomeRow.type,
    OutcomeRow.number,
    OutcomeRow.revision,
)


class Rechecker:
    """Looks every few seconds for documents whose waiting is over or whose invoice has moved.

    Once a minute also for parked documents that an hour-old reading of the seller's profile holds up.
    """

    name = "recheck"

    def __init__(self, db: Database, wake: Any, every_seconds: float) -> None:
        self._db, self._wake, self._every_seconds = db, wake, every_seconds
        self._profiles_due_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until told to stop."""
        while not stop.is_set():
            try:
                if await self.look():
                    self._wake()
            except DATABASE_TROUBLE as error:
                log.warning("recheck.look_failed", error=describe(error))
            try:
                await asyncio.wait_for(stop.wait(), self._every_seconds)
            except TimeoutError:
                continue

    async def look(self) -> int:
        """Put everything that is due back in line; how many documents that were."""
        is_profile_turn = time.monotonic() >= self._profiles_due_at
        async with self._db.reading.begin() as session:
            due = (await session.execute(_due())).all()
            profiles = (await session.execute(_old_profiles())).all() if is_profile_turn else ()
        if is_profile_turn:
            self._profiles_due_at = time.monotonic() + PROFILE_LOOK_SECONDS
        if not due and not profiles:
            return 0
        async with self._db.sessions.begin() as session:
            reading = await accept(session, INVOICE_WRITER, [_reading_of(row) for row in profiles])
            return reading + await put_in_line(session, due)


async def release(session: AsyncSession, tenant_id: UUID, released_by: str) -> int:
    """Put every parked document of the tenant back in line whose reason such a change may have cured.

    New settings also bring back what an earlier start date does not leave out any more.
    """
    freed: ColumnElement[bool] = and_(OutcomeRow.status == PARKED, OutcomeRow.reason.in_(_cured(released_by)))
    if released_by == BY_SETTINGS:
        freed = or_(freed, await _after_start(session, tenant_id))
    query = select(*COLUMNS).where(OutcomeRow.tenant_id == tenant_id, freed)
    return await put_in_line(session, (await session.execute(query)).all())


async def release_reasons(session: AsyncSession, tenant_id: UUID, reasons: Sequence[str]) -> int:
    """Put the tenant's documents that are parked for one of the reasons back in line."""
    query = select(*COLUMNS).where(
        OutcomeRow.tenant_id == tenant_id, OutcomeRow.status == PARKED, OutcomeRow.reason.in_(reasons)
    )
    return await put_in_line(session, (await session.execute(query)).all())


def is_automatic(command: RetryDocument) -> bool:
    """Whether nobody asked for the retry: our own commands have ids computed from the outcome."""
    return command.command_id.version == 5


def _cured(released_by: str) -> Sequence[str]:
    if released_by == BY_CONNECTION:
        return CONNECTION_REASONS
    return [reason.value for reason, text in REASONS.items() if text.released_by.value == released_by]


async def _after_start(session: AsyncSession, tenant_id: UUID) -> ColumnElement[bool]:
    start_on = (await newest_settings(session, tenant_id)).values.start_on
    left_out = and_(OutcomeRow.status == EXCLUDED, OutcomeRow.reason == BEFORE_START)
    return left_out if start_on is None else and_(left_out, OutcomeRow.issued_on >= start_on)


async def put_in_line(session: AsyncSession, rows: Sequence[Row[Any]]) -> int:
    """Accept one retry per document into our own inbox; one already in line for this outcome stays one."""
    return await accept(session, INVOICE_WRITER, [_incoming(row) for row in rows])


def _due() -> Select[Any]:
    """Waiting documents whose time has come, and corrections whose invoice was decided after them."""
    invoice = aliased(OutcomeRow)
    invoice_moved = exists().where(
        invoice.connection_id == OutcomeRow.connection_id,
        invoice.order_id == OutcomeRow.order_id,
        invoice.type == DocumentType.INVOICE.value,
        invoice.changed_at > OutcomeRow.changed_at,
    )
    with_invoice = or_(
        and_(OutcomeRow.status.in_((PARKED, WAITING)), OutcomeRow.reason.in_(ORIGINAL_REASONS)),
        and_(OutcomeRow.status == EXCLUDED, OutcomeRow.reason == ORIGINAL_EXCLUDED),
    )
    on_original = and_(with_invoice, invoice_moved)
    time_has_come = and_(
        OutcomeRow.status == WAITING,
        OutcomeRow.reason != Reason.WRITE_UNCONFIRMED.value,  # its own message is still in line
        OutcomeRow.waits_until <= db_now(),
    )
    return select(*COLUMNS).where(or_(time_has_come, on_original)).limit(BATCH)


def _old_profiles() -> Select[Any]:
    """Books whose reading is old while documents are parked for what it said."""
    held_up = exists().where(
        OutcomeRow.tenant_id == ConnectionRow.tenant_id,
        OutcomeRow.status == PARKED,
        OutcomeRow.reason.in_(PROFILE_REASONS),
    )
    is_old = BooksProfileRow.fetched_at <= db_now(-PROFILE_AGE_SECONDS)
    return (
        select(
            ConnectionRow.tenant_id,
            ConnectionRow.connection_id,
            BooksProfileRow.fetched_at,
            db_now().label("now"),
        )
        .outerjoin(BooksProfileRow, BooksProfileRow.connection_id == ConnectionRow.connection_id)
        .where(
            ConnectionRow.kind == "books",
            ConnectionRow.state == "active",
            or_(is_old, BooksProfileRow.fetched_at.is_(None)),
            held_up,
        )
        .limit(BATCH)
    )


def _reading_of(row: Row[Any]) -> Incoming:
    """The order to read the profile again, once an hour."""
    hour = int(row.now.timestamp() // PROFILE_AGE_SECONDS)
    command = ReleaseParked(
        tenant_id=row.tenant_id,
        connection_id=row.connection_id,
        command_id=uuid5(NAMESPACE_URL, f"profile:{row.connection_id}:{row.fetched_at}:{hour}"),
        released_by=BY_PROFILE,
    )
    return Incoming.of(command)


def _incoming(row: Row[Any]) -> Incoming:
    command = RetryDocument(
        tenant_id=row.tenant_id,
        connection_id=row.connection_id,
        command_id=uuid5(NAMESPACE_URL, f"recheck:{row.document_id}:{row.revision}"),
        order_id=row.order_id,
        document_type=DocumentType(row.type),
        number=row.number,
        lane=Lane.LIVE,
    )
    return Incoming.of(command)
