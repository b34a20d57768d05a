"""`AttemptStore` in memory, one atomic step per call; a shared suite holds it to the database's."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm
from common.domain.stored_words import AttemptState
from common.effects.attempts import (
    UNRESOLVED,
    ArmRequest,
    Attempt,
    EffectState,
    InTransaction,
    duplicate_alarm,
)
from common.effects.effect import Bound, OnBound
from common.effects.numbered import NOWHERE, Elsewhere, foremost
from common.effects.searches import Search

NO_SESSION = cast(AsyncSession, None)  # what follows from a binding has no database here


async def _at_once(step: str) -> None:
    pass


@dataclass
class Row:
    """One attempt with what the protocol itself does not read."""

    attempt: Attempt
    external_id: str | None = None
    excused: bool = False


@dataclass
class MemoryAttempts:
    """All effects of one test; `pause` is awaited around every step, so that workers can be stopped there."""

    now: Callable[[], datetime]
    pause: Callable[[str], Awaitable[None]] = _at_once
    rows: dict[str, list[Row]] = field(default_factory=dict)
    bindings: dict[str, Bound] = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)
    numbered: dict[str, ArmRequest] = field(default_factory=dict)

    async def read(self, key: str, tenant_id: UUID) -> EffectState:
        await self.pause("read")
        rows = self.rows.get(key, [])
        unresolved = [row.attempt for row in rows if row.attempt.state in UNRESOLVED]
        released = [row.attempt for row in rows if row.attempt.state == AttemptState.RELEASED]
        known = self.numbered.get(key)
        return EffectState(
            now=self.now(),
            bound=self.bindings.get(key),
            unresolved=unresolved[-1] if unresolved else None,
            last_number=len(rows),
            absent=sum(row.attempt.state == AttemptState.ABSENT and not row.excused for row in rows),
            accepted=frozenset(
                one
                for attempt in released
                for search in attempt.searches
                for one in (*search.unmarked, *search.elsewhere)
            ),
            despite=known is not None and known.despite,
        )

    async def arm(self, request: ArmRequest, last_number: int) -> Attempt | Elsewhere | None:
        await self.pause("arm")
        attempt = self._insert(request, last_number, AttemptState.OPEN, None)
        await self.pause("armed")
        return attempt

    async def close(
        self,
        attempt_id: UUID,
        state: AttemptState,
        searches: Sequence[Search] = (),
        answer: Mapping[str, Any] | None = None,
    ) -> bool:
        await self.pause(state)
        return self._change(
            attempt_id, UNRESOLVED if state == AttemptState.ABSENT else (AttemptState.OPEN,), state, searches
        )

    async def excuse(self, attempt_id: UUID, answer: Mapping[str, Any]) -> None:
        await self.pause("excuse")
        for row in (row for rows in self.rows.values() for row in rows):
            if row.attempt.attempt_id == attempt_id and row.attempt.state == AttemptState.OPEN:
                row.excused = True

    async def record_search(self, attempt_id: UUID, searches: Sequence[Search]) -> None:
        await self.pause("record_search")
        self._change(attempt_id, UNRESOLVED, None, searches)

    async def park(
        self,
        tenant_id: UUID,
        attempt_id: UUID,
        searches: Sequence[Search],
        alarm: Alarm | None,
        then: InTransaction,
    ) -> bool:
        await self.pause("park")
        is_new = self._change(attempt_id, (AttemptState.OPEN,), AttemptState.PARKED, searches)
        if not is_new and not self._change(attempt_id, (AttemptState.PARKED,), AttemptState.PARKED, searches):
            return False
        if is_new and alarm is not None:
            self.alarms.append(alarm)
        await then(NO_SESSION)
        return True

    async def bind(
        self,
        request: ArmRequest,
        attempt: Attempt,
        bound: Bound,
        states: Sequence[AttemptState],
        on_bound: OnBound[Any],
    ) -> bool:
        await self.pause("bind")
        if not self._change(attempt.attempt_id, states, AttemptState.BOUND, ()):
            return False
        self.bindings[request.key] = bound
        await on_bound.write(NO_SESSION, [on_bound.item])
        return True

    async def adopt(
        self, request: ArmRequest, last_number: int, bound: Bound, on_bound: OnBound[Any]
    ) -> bool | Elsewhere:
        await self.pause("adopt")
        adopted = self._insert(request, last_number, AttemptState.BOUND, bound.external_id)
        if adopted is None or isinstance(adopted, Elsewhere):
            return adopted or False
        self.bindings[request.key] = bound
        await on_bound.write(NO_SESSION, [on_bound.item])
        return True

    async def record_late_answer(
        self, request: ArmRequest, attempt: Attempt, external_id: str
    ) -> Bound | None:
        await self.pause("record_late_answer")
        bound = self.bindings.get(request.key)
        if bound is not None and bound.external_id == external_id:
            return bound
        if bound is None:
            self._change(attempt.attempt_id, None, AttemptState.PARKED, None)
        self.alarms.append(duplicate_alarm(request, {"late_answer": external_id}))
        return bound

    async def give_up(self, key: str, older_than: float) -> bool:
        await self.pause("give_up")
        settled_at = self.now() - timedelta(seconds=older_than)
        for row in self.rows.get(key, []):
            old = row.attempt.state != AttemptState.OPEN or row.attempt.armed_at <= settled_at
            if row.attempt.state in (*UNRESOLVED, AttemptState.ABSENT) and old:
                row.attempt = replace(row.attempt, state=AttemptState.RELEASED)
        return all(row.attempt.state not in UNRESOLVED for row in self.rows.get(key, []))

    async def is_known(self, key: str) -> bool:
        await self.pause("is_known")
        return key in self.bindings or bool(self.rows.get(key))

    def may_arm(self, key: str, last_number: int) -> bool:
        """The compare of compare-and-set."""
        rows = self.rows.get(key, [])
        is_resolved = all(row.attempt.state not in UNRESOLVED for row in rows)
        return key not in self.bindings and is_resolved and len(rows) == last_number

    def _insert(
        self, request: ArmRequest, last_number: int, state: AttemptState, external_id: str | None
    ) -> Attempt | Elsewhere | None:
        other = self._elsewhere(request)
        if other is not None:
            return other
        if not self.may_arm(request.key, last_number):
            return None
        rows = self.rows.setdefault(request.key, [])
        attempt = Attempt(uuid4(), len(rows) + 1, state, self.now())
        rows.append(Row(attempt, external_id))
        return attempt

    def _elsewhere(self, request: ArmRequest) -> Elsewhere | None:
        """The effect that stands for the same document; from now on others find this one."""
        if request.numbered is None:
            return None
        known = self.numbered.get(request.key)
        despite = request.despite or (known is not None and known.despite)
        self.numbered[request.key] = replace(request, despite=despite)
        if despite:
            return None
        same = [
            Elsewhere(key, other.tenant_id, other.numbered, self._standing(key), self._external_id(key))
            for key, other in self.numbered.items()
            if key != request.key and other.numbered and other.numbered.is_same_document(request.numbered)
        ]
        return foremost([one for one in same if one.state != NOWHERE])

    def _standing(self, key: str) -> str:
        unresolved = [row.attempt.state for row in self.rows.get(key, []) if row.attempt.state in UNRESOLVED]
        return AttemptState.BOUND if key in self.bindings else unresolved[-1] if unresolved else NOWHERE

    def _external_id(self, key: str) -> str | None:
        bound = self.bindings.get(key)
        return None if bound is None else bound.external_id

    def _change(
        self,
        attempt_id: UUID,
        states: Sequence[AttemptState] | None,
        state: AttemptState | None,
        searches: Sequence[Search] | None,
    ) -> bool:
        """Change state and searches: none given are the ones before, None takes them away."""
        for row in (row for rows in self.rows.values() for row in rows):
            if row.attempt.attempt_id == attempt_id and (states is None or row.attempt.state in states):
                kept = () if searches is None else tuple(searches) or row.attempt.searches
                row.attempt = replace(row.attempt, state=state or row.attempt.state, searches=kept)
                return True
        return False
