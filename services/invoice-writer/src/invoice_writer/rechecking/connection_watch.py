"""Watches books connections that no document asks for: tries those that rest, and tells of ending keys."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from uuid import UUID, uuid4

import structlog
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.breakers import CallKind, list_troubled
from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.core import ConnectionRow, SecretRow
from common.db.models.effects import AlarmRow
from common.db.models.line import InboxKeyRow
from common.db.trouble import DATABASE_TROUBLE, describe
from common.domain.alarms import AlarmKind
from common.domain.keys import CONNECTIONS, connection_subject
from common.domain.stored_words import AuthKind, ConnectionKind, ConnectionState
from common.errors import ConnectorError
from common.events.commands import ReleaseCause, ReleaseParked
from common.events.topics import INVOICE_WRITER
from common.http.errors import NotFound
from common.inbox.accept import accept
from common.lexware.breakers import Breakers
from common.lexware.client import LexwareClient
from common.lexware.connect import API_KEY, LexwareClients
from common.lexware.errors import ReconnectNeeded
from common.pausing import Seldom, every
from common.transport.base import Incoming

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
SLOW_LOOK_SECONDS = 60.0
LEFT_ALONE_SECONDS = 3.0  # that long a message may be the one that tries
KEY_WARNING_DAYS = 670  # 22 months; keys end after 24
NOT_THERE = "00000000-0000-0000-0000-000000000000"

Read = Callable[[LexwareClient], Awaitable[object]]

TRIES: Mapping[str, Read] = MappingProxyType(  # cheap calls of each kind that no document has to make
    {
        "profile.read": lambda client: client.profile.get(),
        "posting-categories.read": lambda client: client.posting_categories.list(),
        "countries.read": lambda client: client.countries.list(),
        "voucherlist.read": lambda client: client.voucherlist.find("salesinvoice", NOT_THERE),
        "vouchers.read": lambda client: client.vouchers.get(NOT_THERE),
        "contacts.read": lambda client: client.contacts.get(NOT_THERE),
    }
)
OF_CONNECTION = (
    AlarmKind.RECONNECT_NEEDED,
    AlarmKind.OAUTH_MISCONFIGURED,
    AlarmKind.BOOKS_DENY_ACCESS,
    AlarmKind.BOOKS_UNREACHABLE,
    AlarmKind.API_KEY_ENDS,
)


async def release_after_denial(session: AsyncSession, tenant_id: UUID, connection_id: UUID) -> None:
    """Put back in line what a lost access held up: it is accepted again."""
    command = ReleaseParked(
        tenant_id=tenant_id,
        connection_id=connection_id,
        command_id=uuid4(),
        released_by=ReleaseCause.CONNECTION,
    )
    await accept(session, INVOICE_WRITER, [Incoming.of(command)])


class ConnectionWatch:
    """Every few seconds connections that rest, once a minute keys, misconfigured clients and old alarms."""

    name = "connection-watch"

    def __init__(self, db: Database, clients: LexwareClients, breakers: Breakers) -> None:
        self._db, self._clients, self._breakers = db, clients, breakers
        self._slow_looks = Seldom(SLOW_LOOK_SECONDS)

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until told to stop."""
        async for _ in every(LOOK_SECONDS, stop):
            try:
                await self.run_once()
                if self._slow_looks.is_due():
                    await self.look_slowly()
                    self._slow_looks.done()
            except DATABASE_TROUBLE as error:
                log.warning("connection_watch.look_failed", error=describe(error))

    async def run_once(self, left_alone: float = LEFT_ALONE_SECONDS) -> None:
        """Try each kind of calls in trouble whose pause is over and that nobody else tries.

        Writes are tried by documents only; where none is left to be written the trouble is forgotten.
        """
        await self._breakers.read_others()
        async with self._db.reading.of_queues() as session:
            troubled = await list_troubled(session)
        forgotten_after = self._breakers.settings.alarm_after
        for seen in troubled:
            place, is_denied = seen.calls, seen.row.denied_at is not None
            if place.scope in TRIES and seen.idle >= left_alone:
                await self._try(place.tenant_id, place.connection_id, TRIES[place.scope])
            elif seen.idle >= forgotten_after and not is_denied and not await self._is_waited_for(place):
                await self._breakers.close(place)

    async def look_slowly(self) -> None:
        """Warn of ending keys, try refused clients again, and close what concerns nobody any more."""
        async with self._db.sessions.of_all_tenants() as session:
            connections = await _books(session)
            await self._warn_of_keys(session, connections)
            open_ones = await _open_alarms(session)
            for kind, subject, tenant_id in open_ones:
                row = connections.get(subject)
                if row is None or _is_settled(kind, row):
                    await close_alarms(session, kind, subject, tenant_id=tenant_id)
        for kind, subject, _ in open_ones:
            row = connections.get(subject)
            if kind is AlarmKind.OAUTH_MISCONFIGURED and row is not None and not _is_settled(kind, row):
                await self._try(row.tenant_id, row.connection_id, TRIES["profile.read"])

    async def _warn_of_keys(self, session: AsyncSession, connections: dict[str, ConnectionRow]) -> None:
        query = select(SecretRow.connection_id, SecretRow.created_at).where(
            SecretRow.field == API_KEY, SecretRow.created_at <= db_now(-86_400.0 * KEY_WARNING_DAYS)
        )
        old = {found.connection_id: found.created_at for found in await session.execute(query)}
        for subject, row in connections.items():
            stored_at = old.get(row.connection_id)
            if stored_at is None or row.state == ConnectionState.DISABLED or row.auth != AuthKind.API_KEY:
                await close_alarms(session, AlarmKind.API_KEY_ENDS, subject, tenant_id=row.tenant_id)
            else:
                evidence = {"stored_on": stored_at.date().isoformat()}
                await raise_alarm(session, Alarm(AlarmKind.API_KEY_ENDS, subject, evidence, row.tenant_id))

    async def _is_waited_for(self, place: CallKind) -> bool:
        query = select(exists().where(InboxKeyRow.waits_for == place.breaker_id))
        async with self._db.reading.of_queues() as session:
            return bool(await session.scalar(query))

    async def _try(self, tenant_id: UUID, connection_id: UUID, read: Read) -> None:
        try:
            client = await self._clients.for_connection(tenant_id, connection_id)
            await read(client)
        except (NotFound, ReconnectNeeded):
            pass  # an answer; or shown as it is: somebody has to link the books again
        except ConnectorError as trouble:
            log.info("connection_watch.no_answer", connection_id=str(connection_id), error=trouble.code)


async def _books(session: AsyncSession) -> dict[str, ConnectionRow]:
    rows = await session.scalars(select(ConnectionRow).where(ConnectionRow.kind == ConnectionKind.BOOKS))
    return {connection_subject(row.connection_id): row for row in rows}


async def _open_alarms(session: AsyncSession) -> Sequence[tuple[AlarmKind, str, UUID | None]]:
    query = select(AlarmRow.kind, AlarmRow.subject, AlarmRow.tenant_id).where(
        AlarmRow.closed_at.is_(None),
        AlarmRow.kind.in_([kind.value for kind in OF_CONNECTION]),
        AlarmRow.subject.startswith(CONNECTIONS),
    )
    return [
        (AlarmKind(kind), subject, tenant_id) for kind, subject, tenant_id in await session.execute(query)
    ]


def _is_settled(kind: AlarmKind, row: ConnectionRow) -> bool:
    """Whether the connection cannot have this trouble any more."""
    return row.state == ConnectionState.DISABLED or (
        kind is AlarmKind.OAUTH_MISCONFIGURED and row.auth != AuthKind.OAUTH
    )
