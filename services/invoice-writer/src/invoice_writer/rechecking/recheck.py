"""Has documents decided again when the time they wait for has come or their cause is gone."""

import asyncio
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import structlog
from sqlalchemy import Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from common.db.dialect import db_now, db_shifted
from common.db.engine import Database
from common.db.models.books import BooksProfileRow, OutcomeRow
from common.db.models.core import ConnectionRow, SettingsVersionRow
from common.db.trouble import DATABASE_TROUBLE, describe
from common.domain.amounts import table_version
from common.domain.documents import DocumentType
from common.domain.reasons import (
    CURED_BY_ORIGINAL,
    CURED_BY_PROFILE,
    CURED_BY_TABLE,
    ITS_OWN_MESSAGE_WAITS,
    LASTING_EXCLUSIONS,
    ORIGINAL_EXCLUDED,
    cured_by_settings,
)
from common.domain.stored_words import ConnectionKind, ConnectionState, DocumentStatus
from common.events.commands import ReleaseCause, ReleaseParked
from common.events.topics import INVOICE_WRITER
from common.inbox.accept import accept
from common.pausing import Seldom, every
from common.settings import EffectSettings
from common.transport.base import Incoming
from invoice_writer.books_watch import ListAlarms
from invoice_writer.lists import readable_again, tries
from invoice_writer.rechecking.access_probes import accepted_again, probes
from invoice_writer.rechecking.dispatches import DispatchWatch
from invoice_writer.rechecking.late_files import LateFiles
from invoice_writer.rechecking.turnover import TurnoverWatch
from invoice_writer.rechecking.unsettled import UnsettledWatch, to_look_for
from invoice_writer.released import (
    COLUMNS,
    PLACE,
    Requeued,
    list_candidates,
    mark,
    not_requeued,
    requeue,
)
from invoice_writer.settings import ReadingSettings

log = structlog.get_logger(__name__)

BATCH = 500
PROFILE_AGE_SECONDS = 3600.0
SLOW_LOOK_SECONDS = 60.0
LATE_SECONDS = 3600.0  # no decision takes longer than this
READING = ReadingSettings()
EFFECTS = EffectSettings()
READING_SHARED_SECONDS = 120.0  # a reading may be remembered for so long by a process that did not make it


class Rechecker:
    """Looks every few seconds for documents whose waiting is over or whose invoice has moved.

    Those that wait for a list of the books go on when it can be read; until then one of them tries it.

    Once a minute also for parked documents that an hour-old reading of the seller's profile holds up, for
    those decided with settings or a profile that had changed while they were, for books that denied access
    and may give it again, and for writes that no search settled; once an hour for small businesses near a
    limit of their turnover.
    """

    name = "recheck"

    def __init__(
        self,
        db: Database,
        wake: Any,
        every_seconds: float,
        readings: ReadingSettings = READING,
        effects: EffectSettings = EFFECTS,
    ) -> None:
        self._db, self._wake, self._every_seconds, self._readings = db, wake, every_seconds, readings
        self._slow_looks = Seldom(SLOW_LOOK_SECONDS)
        self._turnover = TurnoverWatch(db)
        self._dispatches = DispatchWatch(db)
        self._unsettled = UnsettledWatch(db, effects.unsettled_after)
        self._late_files = LateFiles(db)
        self._list_alarms = ListAlarms(db, readings.shown_after_seconds)

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until told to stop."""
        async for _ in every(self._every_seconds, stop):
            try:
                if await self.run_once():
                    self._wake()
                await self._turnover.run_once()
                await self._dispatches.run_once()
                await self._unsettled.run_once()
                await self._late_files.run_once()
                await self._list_alarms.run_once()
            except DATABASE_TROUBLE as error:
                log.warning("recheck.look_failed", error=describe(error))

    async def run_once(self) -> int:
        """Mark what is due, put in line whoever tries something for all. Returns how many that were."""
        is_slow_turn = self._slow_looks.is_due()
        queries = [_due(), readable_again(self._readings.shown_after_seconds)]
        trials = [tries(self._readings.shown_after_seconds)]
        if is_slow_turn:
            queries += [_decided_with_old_settings(), _decided_with_old_profile(), _decided_with_old_rates()]
            queries += [accepted_again(), to_look_for()]
            trials += [probes()]
        async with self._db.reading.of_queues() as session:
            due = [await list_candidates(session, query) for query in queries]
            trying = [Requeued(one) for query in trials for one in await list_candidates(session, query)]
            profiles = (await session.execute(_old_profiles())).all() if is_slow_turn else ()
        if is_slow_turn:
            self._slow_looks.done()
        if not any(due) and not trying and not profiles:
            return 0
        candidates = [one for found in due for one in found] + [turn.document for turn in trying]
        tenants = [one.tenant_id for one in candidates] + [row.tenant_id for row in profiles]
        async with self._db.sessions.of_tenants(tenants) as session:
            reading = await accept(session, INVOICE_WRITER, [_reading_of(row) for row in profiles])
            marked = [await mark(session, found, are_all=len(found) < BATCH) for found in due]
            return reading + sum(marked) + len(await requeue(session, trying))


def _due() -> Select[Any]:
    """Waiting documents whose time has come, and corrections whose invoice was decided after them.

    Longest due first, tenant by tenant, so that the many of one never hold back the few of another; what is
    in line already is left to its message.
    """
    invoice = aliased(OutcomeRow)
    invoice_moved = exists().where(
        invoice.connection_id == OutcomeRow.connection_id,
        invoice.order_id == OutcomeRow.order_id,
        invoice.type == DocumentType.INVOICE.value,
        invoice.changed_at > OutcomeRow.changed_at,
    )
    with_invoice = or_(
        and_(
            OutcomeRow.status.in_((DocumentStatus.PARKED, DocumentStatus.WAITING)),
            OutcomeRow.reason.in_(CURED_BY_ORIGINAL),
        ),
        and_(OutcomeRow.status == DocumentStatus.EXCLUDED, OutcomeRow.reason == ORIGINAL_EXCLUDED),
    )
    time_has_come = and_(
        OutcomeRow.status == DocumentStatus.WAITING,
        OutcomeRow.reason.not_in(ITS_OWN_MESSAGE_WAITS),
        OutcomeRow.waits_until <= db_now(),
    )
    since = func.coalesce(OutcomeRow.waits_until, OutcomeRow.changed_at)
    turn = func.row_number().over(partition_by=OutcomeRow.tenant_id, order_by=(since, OutcomeRow.document_id))
    found = (
        select(*COLUMNS, turn.label("turn"), since.label("since"))
        .where(or_(time_has_come, and_(with_invoice, invoice_moved)), not_requeued())
        .subquery()
    )
    return select(found).order_by(found.c.turn, found.c.since, found.c.document_id).limit(BATCH)


def _decided_with_old_settings() -> Select[Any]:
    """Outcomes recorded after newer settings came into force, by a decision that had begun before."""
    newer = aliased(SettingsVersionRow)
    is_newest = ~exists().where(
        newer.tenant_id == SettingsVersionRow.tenant_id, newer.number > SettingsVersionRow.number
    )
    by_settings = or_(
        and_(OutcomeRow.status == DocumentStatus.PARKED, OutcomeRow.reason.in_(cured_by_settings(None))),
        and_(OutcomeRow.status == DocumentStatus.EXCLUDED, OutcomeRow.reason.not_in(LASTING_EXCLUSIONS)),
    )
    return (
        select(*COLUMNS)
        .join(SettingsVersionRow, SettingsVersionRow.tenant_id == OutcomeRow.tenant_id)
        .where(
            SettingsVersionRow.created_at > db_now(-LATE_SECONDS),
            is_newest,
            by_settings,
            OutcomeRow.changed_at >= SettingsVersionRow.created_at,
            OutcomeRow.settings_version_id.is_distinct_from(SettingsVersionRow.settings_version_id),
            not_requeued(),
        )
        .order_by(*PLACE)
        .limit(BATCH)
    )


def _decided_with_old_profile() -> Select[Any]:
    """Documents parked just after the profile was found changed, maybe by a process that had not seen it."""
    late_until = db_shifted(BooksProfileRow.changed_at, READING_SHARED_SECONDS)
    return (
        select(*COLUMNS)
        .join(BooksProfileRow, BooksProfileRow.tenant_id == OutcomeRow.tenant_id)
        .where(
            BooksProfileRow.changed_at > db_now(-LATE_SECONDS),
            OutcomeRow.status == DocumentStatus.PARKED,
            OutcomeRow.reason.in_(CURED_BY_PROFILE),
            OutcomeRow.changed_at >= BooksProfileRow.changed_at,
            OutcomeRow.changed_at <= late_until,
            late_until <= db_now(),  # by now every process has the new reading
            not_requeued(),
        )
        .order_by(*PLACE)
        .limit(BATCH)
    )


def _decided_with_old_rates() -> Select[Any]:
    """Documents parked for what another table of rates said; oldest first, a batch a minute."""
    known = OutcomeRow.evidence["rate_table"].as_string()
    return (
        select(*COLUMNS)
        .where(
            OutcomeRow.status == DocumentStatus.PARKED,
            OutcomeRow.reason.in_(CURED_BY_TABLE),
            known.is_distinct_from(table_version()),
            not_requeued(),
        )
        .order_by(*PLACE)
        .limit(BATCH)
    )


def _old_profiles() -> Select[Any]:
    """Books whose reading is old while documents are parked for what it said."""
    held_up = exists().where(
        OutcomeRow.tenant_id == ConnectionRow.tenant_id,
        OutcomeRow.status == DocumentStatus.PARKED,
        OutcomeRow.reason.in_(CURED_BY_PROFILE),
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
            ConnectionRow.kind == ConnectionKind.BOOKS,
            ConnectionRow.state == ConnectionState.ACTIVE,
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
        released_by=ReleaseCause.PROFILE,
    )
    return Incoming.of(command)
