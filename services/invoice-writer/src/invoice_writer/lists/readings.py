"""Each list of the books and how its readings go: a stalled one is tried less often, and then shown."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.backoff import Backoff
from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.base import table
from common.db.models.books import BooksReadingRow
from common.db.secrets import SecretUnreadable
from common.domain.alarms import AlarmKind
from common.domain.cleaning import storable
from common.errors import ConnectorError, TransientError
from common.http.errors import RateLimitWait, Unauthorized
from common.lexware.errors import ConnectionRests, DeniedForNow, RouteUnknown
from common.lexware.rows import Unfit
from invoice_writer.refusals import connection_reason
from invoice_writer.settings import ReadingSettings

log = structlog.get_logger(__name__)

READINGS = table(BooksReadingRow)
PRIMARY = ["connection_id", "list"]
OF_CONNECTION = (SecretUnreadable, RateLimitWait, ConnectionRests, DeniedForNow, RouteUnknown, Unauthorized)
UNFIT_KEPT, UNFIT_SHOWN = 1000, 20


class BooksList(StrEnum):
    """The lists of the books that documents depend on."""

    VOUCHERS = "vouchers"
    CONTACTS = "contacts"
    PROFILE = "profile"
    CATEGORIES = "categories"
    COUNTRIES = "countries"


@dataclass(slots=True)
class Look:
    """One try to read a list; not `made` when there was nothing to read or somebody else does."""

    made: bool = True


@dataclass(frozen=True, slots=True)
class ListRef:
    """One list of one connection."""

    tenant_id: UUID
    connection_id: UUID
    list: BooksList

    @property
    def subject(self) -> str:
        """The list as alarms name it."""
        return f"{self.connection_id}:{self.list.value}"

    def mine(self) -> tuple[Any, ...]:
        """The conditions for the row of this list."""
        return (
            READINGS.c.tenant_id == self.tenant_id,
            READINGS.c.connection_id == self.connection_id,
            READINGS.c.list == self.list.value,
        )

    def key(self) -> dict[str, Any]:
        """The columns that name the row of this list."""
        whose = {"tenant_id": self.tenant_id, "connection_id": self.connection_id}
        return {**whose, "list": self.list.value}


@dataclass(frozen=True, slots=True)
class ListState:
    """How the readings of a list go: failing since when, tried again when, and the rows that do not fit."""

    failures: int
    failing_since: datetime | None
    retry_at: datetime | None
    last_error: str | None
    unfit: Mapping[str, Any]
    now: datetime

    @classmethod
    def from_row(cls, row: Row[Any]) -> "ListState":
        """The state as its row tells; `now` is the database's clock."""
        return cls(row.failures, row.failing_since, row.retry_at, row.last_error, row.unfit, row.now)

    @property
    def rests_for(self) -> timedelta:
        """How long the list is left alone from now on."""
        return timedelta() if self.retry_at is None else max(self.retry_at - self.now, timedelta())

    def has_failed_for(self, seconds: float) -> bool:
        """Whether the list could not be read for so long."""
        return self.failing_since is not None and self.now - self.failing_since >= timedelta(seconds=seconds)


class BooksUnreadable(TransientError):
    """A list of the books cannot be read right now; `is_shown` once that has lasted."""

    code = "invoice_writer.books_unreadable"

    def __init__(self, ref: ListRef, *, retry_after: timedelta, is_shown: bool) -> None:
        self.ref, self.is_shown = ref, is_shown
        super().__init__(ref.list.value, retry_after=retry_after)


class Readings:
    """How the readings of all lists go, shared by every process."""

    def __init__(self, db: Database, settings: ReadingSettings) -> None:
        self._db, self._settings = db, settings

    @asynccontextmanager
    async def of(self, ref: ListRef) -> AsyncIterator[Look]:
        """Read the list inside: trouble raises `BooksUnreadable`, at once while the list rests after some.

        What is said about the connection, our own rate limit and a key of ours that is missing are no
        trouble of the list; any other refusal is, for it says nothing about a document.
        """
        state = await self._find(ref)
        if state is not None and state.rests_for > timedelta():
            raise self._unreadable(ref, state)
        look = Look()
        try:
            yield look
        except ConnectorError as error:
            if isinstance(error, OF_CONNECTION) or connection_reason(error) is not None:
                raise
            unreadable = await self._failed(ref, error)
            unreadable.waits_for = error.waits_for
            raise unreadable from error
        if look.made and state is not None and state.failing_since is not None:
            await self._recovered(ref)

    async def _find(self, ref: ListRef) -> ListState | None:
        query = select(READINGS, db_now().label("now")).where(*ref.mine())
        async with self._db.reading.of(ref.tenant_id) as session:
            row = (await session.execute(query)).one_or_none()
        return None if row is None else ListState.from_row(row)

    def _unreadable(self, ref: ListRef, state: ListState) -> BooksUnreadable:
        is_shown = state.has_failed_for(self._settings.shown_after_seconds)
        return BooksUnreadable(ref, retry_after=state.rests_for, is_shown=is_shown)

    async def _failed(self, ref: ListRef, error: ConnectorError) -> BooksUnreadable:
        """Count the failure, and tell of it once it has lasted."""
        said = storable(f"{error.code}: {error}"[:500])
        async with self._db.sessions.of(ref.tenant_id) as session:
            await _ensure(session, ref)
            counted = (
                update(READINGS)
                .where(*ref.mine())
                .values(
                    failures=READINGS.c.failures + 1,
                    failing_since=func.coalesce(READINGS.c.failing_since, db_now()),
                    last_error=said,
                )
            )
            failures = (await session.execute(counted.returning(READINGS.c.failures))).scalar_one()
            resting = update(READINGS).where(*ref.mine()).values(retry_at=db_now(self._pause(failures)))
            await session.execute(resting)
            query = select(READINGS, db_now().label("now")).where(*ref.mine())
            state = ListState.from_row((await session.execute(query)).one())
            unreadable = self._unreadable(ref, state)
            if unreadable.is_shown:
                await raise_alarm(session, stalled_alarm(ref, state))
        log.warning("books.list_unreadable", list=ref.list.value, failures=failures, error=said)
        return unreadable

    def _pause(self, failures: int) -> float:
        backoff = Backoff(self._settings.first_pause_seconds, self._settings.longest_pause_seconds)
        return backoff.seconds(failures - 1)

    async def _recovered(self, ref: ListRef) -> None:
        ended = {"failures": 0, "failing_since": None, "retry_at": None, "last_error": None}
        async with self._db.sessions.of(ref.tenant_id) as session:
            await session.execute(update(READINGS).where(*ref.mine()).values(**ended))
            subject, tenant_id = ref.subject, ref.tenant_id
            await close_alarms(session, AlarmKind.BOOKS_UNREADABLE, subject, tenant_id=tenant_id)


async def note_unfit(
    session: AsyncSession, ref: ListRef, seen: Collection[str], unfit: Sequence[Unfit]
) -> None:
    """Keep which of the rows just read, whose keys are `seen`, do not fit; others stay what they were.

    One alarm per list is open while there is such a row. Part of the caller's transaction.
    """
    known = await _known_unfit(session, ref)
    left = {key: fields for key, fields in known.items() if key not in seen}
    await _keep_unfit(session, ref, known, left | _fields_of(unfit))


async def note_all_unfit(session: AsyncSession, ref: ListRef, unfit: Sequence[Unfit]) -> None:
    """Keep which rows of the whole list do not fit, with its alarm. Part of the caller's transaction."""
    await _keep_unfit(session, ref, await _known_unfit(session, ref), _fields_of(unfit))


async def _known_unfit(session: AsyncSession, ref: ListRef) -> Mapping[str, Any]:
    return (await session.execute(select(READINGS.c.unfit).where(*ref.mine()))).scalar_one_or_none() or {}


def _fields_of(unfit: Sequence[Unfit]) -> dict[str, Any]:
    return {row.key: list(row.fields) for row in unfit}


async def _keep_unfit(
    session: AsyncSession, ref: ListRef, known: Mapping[str, Any], now: Mapping[str, Any]
) -> None:
    if now == known:
        return
    now = dict(list(now.items())[:UNFIT_KEPT])
    await _ensure(session, ref)
    await session.execute(update(READINGS).where(*ref.mine()).values(unfit=now))
    kind = AlarmKind.BOOKS_ROW_UNREADABLE
    if now:
        await raise_alarm(session, unfit_alarm(ref, now))
    else:
        await close_alarms(session, kind, ref.subject, tenant_id=ref.tenant_id)


async def _ensure(session: AsyncSession, ref: ListRef) -> None:
    row = insert(session, READINGS).values(**ref.key(), failures=0, unfit={})
    await session.execute(row.on_conflict_do_nothing(index_elements=PRIMARY))


def unfit_alarm(ref: ListRef, unfit: Mapping[str, Any]) -> Alarm:
    """The alarm that entries of a list cannot be read."""
    evidence = {**_evidence(ref), "rows": dict(list(unfit.items())[:UNFIT_SHOWN]), "count": len(unfit)}
    return Alarm(AlarmKind.BOOKS_ROW_UNREADABLE, ref.subject, evidence, ref.tenant_id)


def stalled_alarm(ref: ListRef, state: ListState) -> Alarm:
    """The alarm that a list cannot be read."""
    since = None if state.failing_since is None else state.failing_since.isoformat()
    said = {"since": since, "failures": state.failures, "last_error": state.last_error}
    return Alarm(AlarmKind.BOOKS_UNREADABLE, ref.subject, {**_evidence(ref), **said}, ref.tenant_id)


def _evidence(ref: ListRef) -> dict[str, Any]:
    return {"connection_id": str(ref.connection_id), "list": ref.list.value}
