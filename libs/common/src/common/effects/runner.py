"""Makes an external write happen exactly once: claim, arm, gate, classify, bind, reconcile, repeat.

The open attempt row is the lock. Nothing is sent before its commit, and nothing is sent again before
everything the last try could have done would be visible and is not there.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from common.db.engine import Database
from common.domain.reasons import WriteReason
from common.domain.stored_words import AttemptState, BoundHow
from common.effects.asides import Asides
from common.effects.attempts import (
    UNRESOLVED,
    ArmRequest,
    Attempt,
    AttemptStore,
    EffectState,
    answer_of,
    duplicate_alarm,
)
from common.effects.effect import (
    Bound,
    CrashPoints,
    Effect,
    EffectResult,
    NoCrashPoints,
    Parked,
    Refused,
    TellsParked,
)
from common.effects.gate import Gate, boot_seconds
from common.effects.numbered import Elsewhere
from common.effects.searches import ReconcileSchedule, Search, in_the_way
from common.effects.searching import NOT_YET, Searching, again
from common.effects.sql_attempts import SqlAttempts
from common.effects.witness import Witness
from common.errors import ConnectorError, RefusedError, TransientError, UnknownOutcomeError
from common.http.errors import RequestNotExecuted, Withdrawn
from common.later import Later
from common.settings import EffectSettings

log = structlog.get_logger(__name__)

__all__ = ["Bound", "EffectResult", "EffectRunner", "Parked", "Refused"]

ROUNDS = 4  # of one call: how often a lost race is looked at again


class EffectRunner:
    """Runs effects of one service; any number of runners may work on the same ones."""

    def __init__(
        self,
        db: Database | None,
        settings: EffectSettings,
        *,
        crash_points: CrashPoints | None = None,
        attempts: AttemptStore | None = None,
        schedule: ReconcileSchedule | None = None,
        clock: Callable[[], float] = boot_seconds,
        witness: Witness | None = None,
    ) -> None:
        if attempts is None and db is None:
            raise ValueError("a runner needs a database")
        self._attempts: AttemptStore = attempts or SqlAttempts(db)  # type: ignore[arg-type]
        self._settings, self._schedule = settings, schedule or ReconcileSchedule(settings)
        self._crash_points, self._clock = crash_points or NoCrashPoints(), clock
        self._witness = witness or Witness(clock)
        self._searching = Searching(self._schedule, self._witness)
        self._asides = Asides(self._attempts, settings, self._schedule, self._witness, self._searching)
        self._lost_race = Later(timedelta(seconds=1), self._schedule.word)
        self._at_gate = partial(self._crash_points.reach, "gate_last_byte")
        self._stopping = False

    def stop_arming(self) -> None:
        """From now on nothing new is sent; what is on its way is finished."""
        self._stopping = True

    async def is_known(self, key: str) -> bool:
        """Look whether anything was ever tried or bound under the key."""
        return await self._attempts.is_known(key)

    async def ensure(self, effect: Effect) -> EffectResult:
        """Bring the effect as far as it gets now."""
        return await self._ensure(effect, None, self._schedule.most_absent)

    async def ensure_new(self, effect: Effect) -> EffectResult:
        """Bring an effect as far as it gets for which nothing was ever tried: that spares a look."""
        return await self._ensure(effect, EffectState(), self._schedule.most_absent)

    async def ensure_asked_for(self, effect: Effect) -> EffectResult:
        """Bring the effect as far as it gets though many writes left nothing: a person wants one more."""
        return await self._ensure(effect, None, None)

    async def resolve_open_attempt(self, effect: Effect) -> EffectResult | None:
        """Find out what the last write did; None if there was none or it surely did nothing."""
        return await self._resolve(effect, UNRESOLVED)

    async def resolve_unseen_attempt(self, effect: Effect) -> EffectResult | None:
        """Find out what a write nobody was shown yet did; None too where a person was shown it."""
        return await self._resolve(effect, (AttemptState.OPEN,))

    async def adopt(self, effect: Effect, external_id: str, how: BoundHow = BoundHow.ADOPTED) -> EffectResult:
        """Bind an object that is there already; waits while a write of ours may still be on its way."""
        request, bound = ArmRequest.of(effect), Bound(external_id, how)
        on_bound = effect.on_bound(external_id, how)
        for _ in range(ROUNDS):
            state = await self._attempts.read(effect.key, effect.tenant_id)
            if state.bound is not None:
                return state.bound
            attempt = state.unresolved
            if attempt is None:
                done = await self._attempts.adopt(request, state.last_number, bound, on_bound)
            elif (wait := self._searching.distrust(attempt, state.now)) > NOT_YET:
                return Later(wait, self._schedule.word)
            else:
                done = await self._attempts.bind(request, attempt, bound, UNRESOLVED, on_bound)
            if isinstance(done, Elsewhere):
                if (aside := await self._asides.stand(effect, done)) is not None:
                    return aside
            elif done:
                return bound
        return self._lost_race

    async def give_up_open_attempt(self, key: str) -> bool:
        """Give up a write in doubt, of which a person says that nothing is there: `ensure` writes again.

        False while an attempt is so young that it may still arrive.
        """
        return await self._attempts.give_up(key, self._settings.trust_time.total_seconds())

    async def _ensure(self, effect: Effect, state: EffectState | None, most: int | None) -> EffectResult:
        self._crash_points.reach("before_claim")
        request = ArmRequest.of(effect)
        for _ in range(ROUNDS):
            state = state or await self._attempts.read(effect.key, effect.tenant_id)
            if (result := await self._step(effect, request, state, most)) is not None:
                return result
            state = None
        return self._lost_race

    async def _resolve(self, effect: Effect, states: Collection[str]) -> EffectResult | None:
        request = ArmRequest.of(effect)
        for _ in range(ROUNDS):
            state = await self._attempts.read(effect.key, effect.tenant_id)
            if state.bound is not None or state.unresolved is None:
                return state.bound
            if state.unresolved.state not in states:
                return None
            if (result := await self._reconcile(effect, request, state, state.unresolved)) is not None:
                return result
        return self._lost_race

    async def _step(
        self, effect: Effect, request: ArmRequest, state: EffectState, most: int | None
    ) -> EffectResult | None:
        """Make one move of the protocol. Returns None when the state has to be read again."""
        if state.bound is not None:
            return state.bound
        if state.unresolved is not None:
            return await self._reconcile(effect, request, state, state.unresolved)
        if most is not None and state.absent >= most:
            return Parked(WriteReason.ATTEMPTS_USED_UP.value, {"attempts": state.absent})
        return await self._write(effect, request, state.last_number)

    async def _write(self, effect: Effect, request: ArmRequest, last_number: int) -> EffectResult | None:
        try:
            if not self._stopping:
                await effect.prepare()
        except RefusedError as error:
            return Refused(error)
        except (TransientError, UnknownOutcomeError) as trouble:
            return again(trouble, last_number)
        if self._stopping:
            return Later(NOT_YET, "stopping")
        gate = Gate(self._schedule.gate_seconds, clock=self._clock, on_open=self._at_gate)
        attempt = await self._attempts.arm(request, last_number)
        if attempt is None:
            return None
        if isinstance(attempt, Elsewhere):
            return await self._asides.stand(effect, attempt)
        self._witness.saw([attempt.attempt_id])
        self._crash_points.reach("after_arm")
        try:
            external_id = await effect.send(gate)
        except ConnectorError as error:
            gate.shut()
            return await self._unanswered(effect, attempt, error, sent=gate.opened)
        except Exception:
            if not gate.opened:
                await self._attempts.close(attempt.attempt_id, AttemptState.WITHDRAWN)
            raise
        finally:
            gate.shut()
        self._crash_points.reach("after_post")
        return await self._bind(effect, request, attempt, Bound(external_id, BoundHow.WRITTEN))

    async def _unanswered(
        self, effect: Effect, attempt: Attempt, error: ConnectorError, *, sent: bool
    ) -> EffectResult:
        """Close an attempt without an id that surely did nothing; leave it open once its last byte left."""
        log.info("effect.unanswered", effect=effect.key, attempt=attempt.number, error=error.code)
        is_answer = isinstance(error, RequestNotExecuted | RefusedError)
        if sent and not is_answer:
            if error.waits_for is not None:
                await self._attempts.excuse(attempt.attempt_id, answer_of(error))
            return Later(self._schedule.first_wait, self._schedule.word)
        refused = is_answer and not isinstance(error, Withdrawn)
        state = AttemptState.REFUSED if refused else AttemptState.WITHDRAWN
        await self._attempts.close(attempt.attempt_id, state, answer=answer_of(error))
        return Refused(error) if isinstance(error, RefusedError) else again(error, attempt.number)

    async def _bind(
        self, effect: Effect, request: ArmRequest, attempt: Attempt, bound: Bound
    ) -> EffectResult | None:
        """Bind by compare-and-set on the attempt: a lease that ran out meanwhile changes nothing.

        Too late means that somebody found the attempt absent or bound another object, and this answer names
        one all the same: our own request was carried out after it counted as lost, or twice. So the id is
        kept and a person told; whatever searches saw before it proves nothing any more.
        """
        on_bound = effect.on_bound(bound.external_id, bound.how)
        self._crash_points.reach("before_bind")
        states = (AttemptState.OPEN,) if bound.how == BoundHow.WRITTEN else UNRESOLVED
        if await self._attempts.bind(request, attempt, bound, states, on_bound):
            self._crash_points.reach("after_bind")
            log.info("effect.bound", effect=effect.key, attempt=attempt.number, how=bound.how)
            return bound
        if bound.how != BoundHow.WRITTEN:
            return None
        if not self._schedule.late_answers_matter:
            return self._lost_race
        other = await self._attempts.record_late_answer(request, attempt, bound.external_id)
        if other is None or other.external_id != bound.external_id:
            log.error("effect.late_answer", effect=effect.key, attempt=attempt.number)
        return other

    async def _reconcile(
        self, effect: Effect, request: ArmRequest, state: EffectState, attempt: Attempt
    ) -> EffectResult | None:
        """Look at the other side when it is time to, and draw the conclusion."""
        assert state.now is not None
        search = await self._searching.search(effect, attempt, state.now)
        if not isinstance(search, Search):
            return search
        search = search.without(state.accepted, despite=state.despite)
        return await self._conclude(effect, request, attempt, search, state.absent)

    async def _conclude(
        self, effect: Effect, request: ArmRequest, attempt: Attempt, search: Search, absent: int
    ) -> EffectResult | None:
        searches = (*attempt.searches, search)
        if len(search.marked) > 1:
            ids = {"vouchers": list(search.marked)}
            return await self._park(effect, request, attempt, searches, WriteReason.DUPLICATE_IN_BOOKS, ids)
        if search.marked:
            return await self._bind(effect, request, attempt, Bound(search.marked[0], BoundHow.RECONCILED))
        is_sure = search.complete and self._schedule.trusted(attempt.armed_at, search)
        if is_sure and (others := in_the_way(search)):
            return await self._park(effect, request, attempt, searches, *others)
        doubted = self._witness.doubts
        if self._schedule.is_absent(attempt.armed_at, searches, clocks_doubted=doubted):
            log.info("effect.absent", effect=effect.key, attempt=attempt.number)
            await self._attempts.close(attempt.attempt_id, AttemptState.ABSENT, searches)
            rest = self._schedule.rest(absent)
            return Later(rest, self._schedule.word) if rest else None
        await self._attempts.record_search(attempt.attempt_id, searches)
        return self._searching.after(attempt, searches)

    async def _park(
        self,
        effect: Effect,
        request: ArmRequest,
        attempt: Attempt,
        searches: tuple[Search, ...],
        reason: WriteReason,
        params: Mapping[str, Any],
    ) -> EffectResult | None:
        alarm = duplicate_alarm(request, params) if reason is WriteReason.DUPLICATE_IN_BOOKS else None

        async def then(session: Any) -> None:
            if isinstance(effect, TellsParked):
                await effect.parked(session, reason.value, params)

        if not await self._attempts.park(request.tenant_id, attempt.attempt_id, searches, alarm, then):
            return None
        return Parked(reason.value, params)
