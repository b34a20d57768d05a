"""Attempts and bindings in the database; every change compares what was there before.

Effects that arm or bind at the same moment share one transaction: each waits for one commit either way.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import exists, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.batching import Batched
from common.db.alarms import Alarm
from common.db.dialect import db_now, one_of, prepared
from common.db.doubles import report_double
from common.db.engine import Database
from common.db.models.effects import AttemptRow, BindingRow
from common.db.models.numbers import NumberedEffectRow
from common.domain.duplicates import vouchers_in
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
from common.effects.numbered import Elsewhere
from common.effects.searches import SEARCHES_KEPT, Search, search_from_json
from common.effects.sql_batches import ToArm, ToBind, add_bindings, arm_all, bind_all, write_following

WEATHER = "weather"  # in what is kept of an answer: none came, and not for this write alone


class SqlAttempts:
    """`AttemptStore` in the database of the service."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: Batched[str, bool] = Batched(self._are_known)
        self._arming: Batched[ToArm, datetime | Elsewhere | None] = Batched(self._arm_all)
        self._binding: Batched[ToBind, bool] = Batched(self._bind_all)

    async def read(self, key: str, tenant_id: UUID) -> EffectState:
        """Read where the effect stands, in one statement."""
        now = select(db_now().label("now")).subquery()
        query = (
            select(now.c.now, BindingRow.external_id, BindingRow.how, NumberedEffectRow.despite, AttemptRow)
            .select_from(now)
            .outerjoin(
                NumberedEffectRow,
                (NumberedEffectRow.effect_key == key) & (NumberedEffectRow.tenant_id == tenant_id),
            )
            .outerjoin(BindingRow, (BindingRow.effect_key == key) & (BindingRow.tenant_id == tenant_id))
            .outerjoin(AttemptRow, (AttemptRow.effect_key == key) & (AttemptRow.tenant_id == tenant_id))
            .order_by(AttemptRow.number)
        )
        async with self._db.reading.of(tenant_id) as session:
            rows = (await session.execute(query)).all()
        moment, external_id, how, despite, _ = rows[0]
        attempts = [row.AttemptRow for row in rows if row.AttemptRow is not None]
        unresolved = [_attempt(row) for row in attempts if row.state in UNRESOLVED]
        return EffectState(
            now=moment,
            bound=None if external_id is None else Bound(external_id, how),
            unresolved=unresolved[-1] if unresolved else None,
            last_number=attempts[-1].number if attempts else 0,
            absent=sum(
                row.state == AttemptState.ABSENT and not (row.answer or {}).get(WEATHER) for row in attempts
            ),
            accepted=frozenset(_accepted(attempts)),
            despite=bool(despite),
        )

    async def arm(self, request: ArmRequest, last_number: int) -> Attempt | Elsewhere | None:
        """Compare and insert in one statement; its commit is the permission to send."""
        asked = ToArm(request, uuid4(), last_number, AttemptState.OPEN)
        armed = await self._arming.ask(asked)
        if armed is None or isinstance(armed, Elsewhere):
            return armed
        return Attempt(asked.attempt_id, last_number + 1, AttemptState.OPEN, armed)

    async def close(
        self,
        attempt_id: UUID,
        state: AttemptState,
        searches: Sequence[Search] = (),
        answer: Mapping[str, Any] | None = None,
    ) -> bool:
        """See `AttemptStore.close`."""
        values: dict[str, Any] = {"state": state, "closed_at": db_now()}
        if searches:
            values["searches"] = _stored(searches)
        if answer is not None:
            values["answer"] = dict(answer)
        async with self._db.sessions.of_queues() as session:
            return await _change(
                session,
                attempt_id,
                UNRESOLVED if state == AttemptState.ABSENT else (AttemptState.OPEN,),
                values,
            )

    async def excuse(self, attempt_id: UUID, answer: Mapping[str, Any]) -> None:
        """See `AttemptStore.excuse`."""
        async with self._db.sessions.of_queues() as session:
            await _change(session, attempt_id, (AttemptState.OPEN,), {"answer": {**answer, WEATHER: True}})

    async def record_search(self, attempt_id: UUID, searches: Sequence[Search]) -> None:
        """See `AttemptStore.record_search`."""
        async with self._db.sessions.of_queues() as session:
            await _change(session, attempt_id, UNRESOLVED, {"searches": _stored(searches)})

    async def park(
        self,
        tenant_id: UUID,
        attempt_id: UUID,
        searches: Sequence[Search],
        alarm: Alarm | None,
        then: InTransaction,
    ) -> bool:
        """See `AttemptStore.park`; the alarm is raised when the attempt was not parked before."""
        async with self._db.sessions.of(tenant_id) as session:
            values = {"state": AttemptState.PARKED, "searches": _stored(searches)}
            is_new = await _change(session, attempt_id, (AttemptState.OPEN,), values)
            if not is_new and not await _change(session, attempt_id, (AttemptState.PARKED,), values):
                return False
            if is_new and alarm is not None:
                await report_double(session, alarm, vouchers_in(alarm.evidence))
            await then(session)
            return True

    async def bind(
        self,
        request: ArmRequest,
        attempt: Attempt,
        bound: Bound,
        states: Sequence[AttemptState],
        on_bound: OnBound[Any],
    ) -> bool:
        """See `AttemptStore.bind`; one transaction with what follows from it."""
        asked = ToBind(request, attempt.attempt_id, bound, tuple(states), on_bound)
        return await self._binding.ask(asked)

    async def adopt(
        self, request: ArmRequest, last_number: int, bound: Bound, on_bound: OnBound[Any]
    ) -> bool | Elsewhere:
        """See `AttemptStore.adopt`; a closed attempt row makes it compete with everybody who arms."""
        asked = ToArm(request, uuid4(), last_number, AttemptState.BOUND, bound.external_id)
        async with self._db.sessions.of(request.tenant_id) as session:
            armed = (await arm_all(session, [asked]))[0]
            if armed is None or isinstance(armed, Elsewhere):
                return armed or False
            await add_bindings(session, [(request, asked.attempt_id, bound)])
            await write_following(session, [on_bound])
            return True

    async def record_late_answer(
        self, request: ArmRequest, attempt: Attempt, external_id: str
    ) -> Bound | None:
        """See `AttemptStore.record_late_answer`; earlier searches missed the object: they prove nothing."""
        async with self._db.sessions.of(request.tenant_id) as session:
            query = select(BindingRow.external_id, BindingRow.how).where(BindingRow.effect_key == request.key)
            found = (await session.execute(query)).one_or_none()
            bound = None if found is None else Bound(found.external_id, found.how)
            if bound is not None and bound.external_id == external_id:
                return bound
            evidence = {
                "late_answer": external_id,
                "attempt": attempt.number,
                "bound": bound and bound.external_id,
            }
            kept: dict[str, Any] = {"answer": evidence}
            if bound is None:
                kept |= {"state": AttemptState.PARKED, "closed_at": None, "searches": []}
            await session.execute(
                update(AttemptRow).where(AttemptRow.attempt_id == attempt.attempt_id).values(**kept)
            )
            await report_double(session, duplicate_alarm(request, evidence), vouchers_in(evidence))
            return bound

    async def give_up(self, key: str, older_than: float) -> bool:
        """See `AttemptStore.give_up`."""
        mine = AttemptRow.effect_key == key
        async with self._db.sessions.of_queues() as session:
            settled = (AttemptRow.state != AttemptState.OPEN) | (AttemptRow.armed_at <= db_now(-older_than))
            await session.execute(
                update(AttemptRow)
                .where(mine, AttemptRow.state.in_((*UNRESOLVED, AttemptState.ABSENT)), settled)
                .values(state=AttemptState.RELEASED, closed_at=db_now())
            )
            left = await session.execute(select(exists().where(mine, AttemptRow.state.in_(UNRESOLVED))))
            return not left.scalar_one()

    async def is_known(self, key: str) -> bool:
        """See `AttemptStore.is_known`."""
        return await self._known.ask(key)

    async def _are_known(self, keys: Sequence[str]) -> list[bool]:
        async with self._db.reading.of_queues() as session:
            found = set(await session.scalars(_known(session), {"keys": list(keys)}))
        return [key in found for key in keys]

    async def _arm_all(self, asked: Sequence[ToArm]) -> list[datetime | Elsewhere | None]:
        async with self._db.sessions.of_tenants(one.request.tenant_id for one in asked) as session:
            return await arm_all(session, asked)

    async def _bind_all(self, asked: Sequence[ToBind]) -> list[bool]:
        async with self._db.sessions.of_tenants(one.request.tenant_id for one in asked) as session:
            return await bind_all(session, asked)


@prepared
def _known(session: AsyncSession) -> Any:
    tables = (AttemptRow, BindingRow)
    return union(
        *(select(table.effect_key).where(one_of(session, table.effect_key, "keys")) for table in tables)
    )


async def _change(
    session: AsyncSession, attempt_id: UUID, states: Sequence[AttemptState], values: Mapping[str, Any]
) -> bool:
    changing = update(AttemptRow).where(AttemptRow.attempt_id == attempt_id, AttemptRow.state.in_(states))
    done = await session.execute(changing.values(**values).returning(AttemptRow.attempt_id))
    return done.scalar_one_or_none() is not None


def _attempt(row: AttemptRow) -> Attempt:
    searches = tuple(search_from_json(search) for search in row.searches)
    return Attempt(row.attempt_id, row.number, row.state, row.armed_at, searches)


def _accepted(attempts: Sequence[AttemptRow]) -> Iterator[str]:
    for row in attempts:
        if row.state == AttemptState.RELEASED:
            for search in row.searches:
                yield from (*search["unmarked"], *search.get("elsewhere", ()))


def _stored(searches: Sequence[Search]) -> list[Any]:
    return [search.as_json() for search in searches[-SEARCHES_KEPT:]]
