"""Attempts and bindings in the database; every change compares what was there before."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, exists, func, literal, select, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.engine import Database
from common.db.models.effects import AlarmRow, AttemptRow, BindingRow
from common.effects.attempts import (
    ABSENT,
    BOUND,
    OPEN,
    PARKED,
    RELEASED,
    UNRESOLVED,
    ArmRequest,
    Attempt,
    EffectState,
    InTransaction,
    duplicate_alarm,
    payload_hash,
)
from common.effects.effect import Bound
from common.effects.looks import LOOKS_KEPT, Look, look_from_json


class SqlAttempts:
    """`Attempts` in the database of the service."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def read(self, key: str, tenant_id: UUID) -> EffectState:
        """Where the effect stands, in one statement."""
        now = select(db_now().label("now")).subquery()
        query = (
            select(now.c.now, BindingRow.external_id, BindingRow.how, AttemptRow)
            .select_from(now)
            .outerjoin(BindingRow, (BindingRow.effect_key == key) & (BindingRow.tenant_id == tenant_id))
            .outerjoin(AttemptRow, (AttemptRow.effect_key == key) & (AttemptRow.tenant_id == tenant_id))
            .order_by(AttemptRow.number)
        )
        async with self._db.reading.begin() as session:
            rows = (await session.execute(query)).all()
        moment, external_id, how, _ = rows[0]
        attempts = [row.AttemptRow for row in rows if row.AttemptRow is not None]
        unresolved = [_attempt(row) for row in attempts if row.state in UNRESOLVED]
        return EffectState(
            now=moment,
            bound=None if external_id is None else Bound(external_id, how),
            unresolved=unresolved[-1] if unresolved else None,
            last_number=attempts[-1].number if attempts else 0,
            absent=sum(row.state == ABSENT for row in attempts),
            accepted=frozenset(_accepted(attempts)),
        )

    async def arm(self, request: ArmRequest, last_number: int) -> Attempt | None:
        """One statement that compares and inserts; its commit is the permission to send."""
        attempt_id = uuid4()
        async with self._db.sessions.begin() as session:
            statement = _conditional_attempt(session, request, attempt_id, last_number, OPEN, None)
            armed_at = (await session.execute(statement)).scalar_one_or_none()
        return None if armed_at is None else Attempt(attempt_id, last_number + 1, OPEN, armed_at)

    async def close(
        self,
        attempt_id: UUID,
        state: str,
        looks: Sequence[Look] = (),
        answer: Mapping[str, Any] | None = None,
    ) -> bool:
        """See `Attempts.close`."""
        values: dict[str, Any] = {"state": state, "closed_at": db_now()}
        if looks:
            values["searches"] = _stored(looks)
        if answer is not None:
            values["answer"] = dict(answer)
        async with self._db.sessions.begin() as session:
            return await _change(session, attempt_id, UNRESOLVED if state == ABSENT else (OPEN,), values)

    async def note(self, attempt_id: UUID, looks: Sequence[Look]) -> None:
        """See `Attempts.note`."""
        async with self._db.sessions.begin() as session:
            await _change(session, attempt_id, UNRESOLVED, {"searches": _stored(looks)})

    async def park(
        self, attempt_id: UUID, looks: Sequence[Look], alarm: Mapping[str, Any] | None, then: InTransaction
    ) -> bool:
        """See `Attempts.park`; the alarm is raised when the attempt was not parked before."""
        async with self._db.sessions.begin() as session:
            values = {"state": PARKED, "searches": _stored(looks)}
            is_new = await _change(session, attempt_id, (OPEN,), values)
            if not is_new and not await _change(session, attempt_id, (PARKED,), values):
                return False
            if is_new and alarm is not None:
                await session.execute(plain_insert(AlarmRow).values(**alarm))
            await then(session)
            return True

    async def bind(
        self, request: ArmRequest, attempt: Attempt, bound: Bound, states: Sequence[str], then: InTransaction
    ) -> bool:
        """See `Attempts.bind`; one transaction with what follows from it."""
        async with self._db.sessions.begin() as session:
            values = {"state": BOUND, "external_id": bound.external_id, "closed_at": db_now()}
            if not await _change(session, attempt.attempt_id, states, values):
                return False
            await session.execute(_binding(request, attempt.attempt_id, bound))
            await then(session)
            return True

    async def adopt(self, request: ArmRequest, last_number: int, bound: Bound, then: InTransaction) -> bool:
        """See `Attempts.adopt`; a closed attempt row makes it compete with everybody who arms."""
        attempt_id = uuid4()
        async with self._db.sessions.begin() as session:
            statement = _conditional_attempt(
                session, request, attempt_id, last_number, BOUND, bound.external_id
            )
            if (await session.execute(statement)).scalar_one_or_none() is None:
                return False
            await session.execute(_binding(request, attempt_id, bound))
            await then(session)
            return True

    async def late(self, request: ArmRequest, attempt: Attempt, external_id: str) -> Bound | None:
        """See `Attempts.late`; while nothing is bound the attempt counts as unresolved again."""
        async with self._db.sessions.begin() as session:
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
                kept |= {"state": PARKED, "closed_at": None}
            await session.execute(
                update(AttemptRow).where(AttemptRow.attempt_id == attempt.attempt_id).values(**kept)
            )
            await session.execute(plain_insert(AlarmRow).values(**duplicate_alarm(request, evidence)))
            return bound

    async def release(self, key: str, older_than: float) -> bool:
        """See `Attempts.release`."""
        mine = AttemptRow.effect_key == key
        async with self._db.sessions.begin() as session:
            settled = (AttemptRow.state != OPEN) | (AttemptRow.armed_at <= db_now(-older_than))
            await session.execute(
                update(AttemptRow)
                .where(mine, AttemptRow.state.in_((*UNRESOLVED, ABSENT)), settled)
                .values(state=RELEASED, closed_at=db_now())
            )
            left = await session.execute(select(exists().where(mine, AttemptRow.state.in_(UNRESOLVED))))
            return not left.scalar_one()

    async def is_known(self, key: str) -> bool:
        """See `Attempts.is_known`."""
        tried = exists().where(AttemptRow.effect_key == key)
        known = exists().where(BindingRow.effect_key == key)
        async with self._db.reading.begin() as session:
            return bool((await session.execute(select(tried | known))).scalar_one())


def _conditional_attempt(
    session: AsyncSession,
    request: ArmRequest,
    attempt_id: UUID,
    last_number: int,
    state: str,
    external_id: str | None,
) -> Any:
    """Insert an attempt unless something is bound or unresolved or the last number moved on."""
    mine = AttemptRow.effect_key == request.key
    numbered = select(func.coalesce(func.max(AttemptRow.number), 0)).where(mine).scalar_subquery()
    values: dict[str, ColumnElement[Any]] = {
        "attempt_id": literal(attempt_id, AttemptRow.attempt_id.type),
        "tenant_id": literal(request.tenant_id, AttemptRow.tenant_id.type),
        "effect_key": literal(request.key),
        "number": literal(last_number + 1),
        "state": literal(state),
        "armed_at": db_now(),
        "payload_hash": literal(payload_hash(request.payload)),
        "marker": literal(request.marker),
        "decision": literal(dict(request.decision), AttemptRow.decision.type),
        "searches": literal([], AttemptRow.searches.type),
        "external_id": literal(external_id, AttemptRow.external_id.type),
    }
    source = select(*values.values()).where(
        ~exists().where(BindingRow.effect_key == request.key),
        ~exists().where(mine, AttemptRow.state.in_(UNRESOLVED)),
        numbered == last_number,
    )
    statement = insert(session, AttemptRow).from_select(list(values), source)
    return statement.on_conflict_do_nothing().returning(AttemptRow.armed_at)


def _binding(request: ArmRequest, attempt_id: UUID, bound: Bound) -> Any:
    return plain_insert(BindingRow).values(
        effect_key=request.key,
        tenant_id=request.tenant_id,
        external_id=bound.external_id,
        attempt_id=attempt_id,
        how=bound.how,
        bound_at=db_now(),
    )


async def _change(
    session: AsyncSession, attempt_id: UUID, states: Sequence[str], values: Mapping[str, Any]
) -> bool:
    changing = update(AttemptRow).where(AttemptRow.attempt_id == attempt_id, AttemptRow.state.in_(states))
    done = await session.execute(changing.values(**values).returning(AttemptRow.attempt_id))
    return done.scalar_one_or_none() is not None


def _attempt(row: AttemptRow) -> Attempt:
    looks = tuple(look_from_json(look) for look in row.searches)
    return Attempt(row.attempt_id, row.number, row.state, row.armed_at, looks)


def _accepted(attempts: Sequence[AttemptRow]) -> Iterator[str]:
    for row in attempts:
        if row.state == RELEASED:
            for look in row.searches:
                yield from look["unmarked"]


def _stored(looks: Sequence[Look]) -> list[Any]:
    return [look.as_json() for look in looks[-LOOKS_KEPT:]]
