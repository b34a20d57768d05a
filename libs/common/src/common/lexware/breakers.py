"""Breakers of books connections: after trouble in a row calls rest, then one may try for all who wait.

Trouble is a call without an answer of the books, and a refusal of the connection itself (401, 402, 403 of
their gateway). Each kind of calls is counted for itself: that a list can be read says nothing of vouchers
that cannot be written. A call that is answered closes the breaker of its kind: nothing is written while all
goes well. Refusals that last close the door for good: then the access counts as gone until such a call is
accepted again, with a new key or with the old one.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from common.backoff import Backoff
from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.breakers import (
    OF_BREAKERS,
    CallKind,
    Seen,
    close_breaker,
    count_trouble,
    find_breaker,
    give_trial_back,
    list_troubled,
    open_breaker,
    take_trial,
)
from common.db.engine import Database
from common.db.trouble import DATABASE_TROUBLE, describe
from common.domain.alarms import AlarmKind
from common.domain.keys import connection_subject
from common.domain.stored_words import BreakerState, RefusedBy
from common.errors import ConnectorError, RefusedError, UnknownOutcomeError
from common.http.errors import ServerTrouble, Unauthorized, Unreachable, UnreadableAnswer, Withdrawn
from common.http.gate import boot_seconds
from common.http.health import Call
from common.lexware.errors import (
    AccessDenied,
    BooksNotConnected,
    BooksRefusal,
    ConnectionRests,
    ContractProblem,
    DeniedForNow,
    ReconnectNeeded,
    RouteUnknown,
)
from common.lexware.oauth import OAuthMisconfigured
from common.lexware.scopes import scope_of
from common.settings import BreakerSettings

log = structlog.get_logger(__name__)

NO_ANSWER = (
    Unreachable,
    ServerTrouble,
    UnreadableAnswer,
    UnknownOutcomeError,
    Withdrawn,
    RouteUnknown,
    OAuthMisconfigured,
)
OF_OURS = (BooksNotConnected, ReconnectNeeded)  # said by our own rows
DENIALS: dict[str, type[BooksRefusal]] = {
    RefusedBy.CREDENTIALS: ReconnectNeeded,
    RefusedBy.CONTRACT: ContractProblem,
    RefusedBy.RIGHTS: AccessDenied,
}

Reopened = Callable[[AsyncSession, UUID, UUID], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class View:
    """What this process knows of a breaker; `retry_at` is on the boot clock."""

    state: BreakerState
    retry_at: float
    denied_by: str | None


async def _nothing(session: AsyncSession, tenant_id: UUID, connection_id: UUID) -> None:
    pass


def _nobody() -> None:
    pass


class Breakers:
    """The breakers of a process; a look now and then shows what other processes found out.

    `reopened` is written in the transaction that finds a lost access accepted again; `wake` follows it.
    """

    def __init__(
        self,
        db: Database,
        settings: BreakerSettings,
        *,
        reopened: Reopened = _nothing,
        wake: Callable[[], None] = _nobody,
    ) -> None:
        self.db, self.settings, self.reopened, self.wake = db, settings, reopened, wake
        self._views: dict[UUID, View] = {}
        self._known: dict[UUID, ConnectionHealth] = {}

    def of(self, tenant_id: UUID, connection_id: UUID) -> "ConnectionHealth":
        """What the client of that connection asks and tells."""
        return self._known.setdefault(connection_id, ConnectionHealth(self, tenant_id, connection_id))

    async def read_others(self) -> None:
        """Read what other processes found out."""
        async with self.db.reading.of_queues() as session:
            troubled = await list_troubled(session)
        self._views = {seen.row.breaker_id: _view(seen) for seen in troubled}

    def view(self, calls: CallKind) -> View | None:
        """What is known; None while nothing speaks against such calls."""
        return self._views.get(calls.breaker_id)

    def learn(self, calls: CallKind, seen: Seen | None) -> None:
        """Keep what was read or written just now."""
        if seen is None:
            self._views.pop(calls.breaker_id, None)
        else:
            self._views[calls.breaker_id] = _view(seen)

    async def close(self, calls: CallKind) -> bool:
        """Close the breaker of such calls, with the alarms that nothing else justifies.

        Returns whether calls had rested.
        """
        self.learn(calls, None)
        async with self.db.sessions.of(calls.tenant_id) as session:
            before = await close_breaker(session, calls)
            if before is None:
                return False
            left = await list_troubled(session, calls.connection_id)
            justified = {kind for seen in left for kind in _alarms_of(seen, self.settings)}
            for kind in OF_BREAKERS:
                if kind not in justified:
                    await close_alarms(session, kind, _subject(calls), tenant_id=calls.tenant_id)
            if before.denied_at is not None:
                await self.reopened(session, calls.tenant_id, calls.connection_id)
        return before.state != BreakerState.CLOSED


class ConnectionHealth:
    """The health of one connection as its client asks and tells it."""

    def __init__(self, breakers: Breakers, tenant_id: UUID, connection_id: UUID) -> None:
        self._breakers, self._tenant_id, self._connection_id = breakers, tenant_id, connection_id
        self._db, self._settings = breakers.db, breakers.settings

    async def ask(self, call: Call) -> None:
        """Return when such a call may be made; raises `ConnectionRests`, or the refusal that lasts."""
        calls = self._calls(call)
        view = self._breakers.view(calls)
        if view is None or view.state == BreakerState.CLOSED:
            return
        if view.denied_by is None and (pause := view.retry_at - boot_seconds()) > 0:
            raise _rest(calls, view, pause)
        if await self._may_try(calls):  # reads the row: a new key may have been stored just now
            return
        view = self._breakers.view(calls)
        if view is not None and view.state != BreakerState.CLOSED:
            raise _rest(calls, view, view.retry_at - boot_seconds())

    async def answered(self, call: Call) -> None:
        """Close the breaker of such calls with its alarms, if anything spoke against them."""
        calls = self._calls(call)
        if self._breakers.view(calls) is None:
            return
        try:
            has_rested = await self._breakers.close(calls)
        except DATABASE_TROUBLE as trouble:
            log.warning("breaker.not_closed", error=describe(trouble))
            return
        if has_rested:
            log.info("breaker.closed", connection_id=str(self._connection_id), scope=calls.scope)
            self._breakers.wake()

    async def failed(self, call: Call, error: ConnectorError) -> None:
        """Count trouble of such calls; a refusal of one request only is an answer."""
        if isinstance(error, RefusedError) and not isinstance(error, OF_OURS):
            await self.answered(call)
            return
        calls, refused_by = self._calls(call), _refused_by(error)
        is_trouble = refused_by is not None or isinstance(error, NO_ANSWER)
        try:
            if is_trouble:
                await self._count(calls, error, refused_by)
            else:
                await self._give_back(calls)
        except DATABASE_TROUBLE as trouble:
            log.warning("breaker.not_written", error=describe(trouble))

    async def _count(self, calls: CallKind, error: ConnectorError, refused_by: str | None) -> None:
        rules, said = self._settings, f"{error.code}: {error}"[:300]
        async with self._db.sessions.of(calls.tenant_id) as session:
            seen = await count_trouble(session, calls, said, refused_by)
            if not seen.is_closed or seen.row.failures >= rules.failures:
                was_denied, is_denied = seen.row.denied_at is not None, _is_denied(seen, rules)
                pause = rules.denied_pause if is_denied else _pause(rules, seen.row.failures)
                seen = await open_breaker(session, calls, pause, denied=is_denied)
                if is_denied and not was_denied:
                    log.warning("breaker.denied", connection_id=str(self._connection_id), error=said)
                for kind in _alarms_of(seen, rules) - _told_elsewhere(error):
                    evidence = {"said": said, "calls": calls.scope}
                    await raise_alarm(session, Alarm(kind, _subject(calls), evidence, calls.tenant_id))
        self._breakers.learn(calls, seen)
        if not seen.is_closed:
            error.waits_for = calls.breaker_id

    async def _may_try(self, calls: CallKind) -> bool:
        """Take the turn of the one who tries for all. Returns whether it is ours."""
        async with self._db.sessions.of(calls.tenant_id) as session:
            is_ours = await take_trial(session, calls, self._settings.trial)
            seen = await find_breaker(session, calls)
        self._breakers.learn(calls, seen)
        return is_ours

    async def _give_back(self, calls: CallKind) -> None:
        """Give the trial back: nobody was asked (our own limit, tokens that somebody renews, a 429)."""
        view = self._breakers.view(calls)
        if view is None or view.state != BreakerState.ONE_MAY_TRY:
            return
        async with self._db.sessions.of(calls.tenant_id) as session:
            await give_trial_back(session, calls)
            seen = await find_breaker(session, calls)
        self._breakers.learn(calls, seen)

    def _calls(self, call: Call) -> CallKind:
        return CallKind(self._tenant_id, self._connection_id, scope_of(call))


def _refused_by(error: ConnectorError) -> str | None:
    if isinstance(error, Unauthorized):
        return RefusedBy.CREDENTIALS
    if isinstance(error, DeniedForNow):
        return RefusedBy.CONTRACT if error.denial is ContractProblem else RefusedBy.RIGHTS
    return None


def _is_denied(seen: Seen, rules: BreakerSettings) -> bool:
    """Whether refusals went on for long enough to count as lasting."""
    row = seen.row
    lasts = row.refusals >= rules.refusals and seen.refused_for >= rules.refused_for
    return row.denied_at is not None or lasts


def _alarms_of(seen: Seen, rules: BreakerSettings) -> set[AlarmKind]:
    """The alarms that this breaker gives reason for."""
    if seen.is_closed:
        return set()
    if seen.row.denied_at is not None:
        is_key = seen.row.refused_by == RefusedBy.CREDENTIALS
        return {AlarmKind.RECONNECT_NEEDED if is_key else AlarmKind.BOOKS_DENY_ACCESS}
    return {AlarmKind.BOOKS_UNREACHABLE} if seen.lasted >= rules.alarm_after else set()


def _told_elsewhere(error: ConnectorError) -> set[AlarmKind]:
    """A client that the authorization server refuses has an alarm of its own."""
    return {AlarmKind.BOOKS_UNREACHABLE} if isinstance(error, OAuthMisconfigured) else set()


def _rest(calls: CallKind, view: View, pause: float) -> ConnectorError:
    if view.denied_by is not None:  # nobody waits for an access that is gone: each is told so
        return DENIALS.get(view.denied_by, AccessDenied)("the books refuse the connection")
    rest = ConnectionRests("after trouble", retry_after=timedelta(seconds=max(pause, 1.0)))
    rest.waits_for = calls.breaker_id
    return rest


def _subject(calls: CallKind) -> str:
    return connection_subject(calls.connection_id)


def _pause(rules: BreakerSettings, failures: int) -> float:
    return Backoff(rules.first_pause, rules.longest_pause, jitter=0.25).seconds(failures - rules.failures)


def _view(seen: Seen) -> View:
    denied_by = seen.row.refused_by if seen.row.denied_at is not None else None
    return View(seen.row.state, boot_seconds() + max(seen.pause, 0.0), denied_by)
