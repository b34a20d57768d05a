"""Attempts and bindings in the database; every change compares what was there before.

The statements of a write that goes well are built once: a process makes them hundreds of times a second.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import Integer, Table, bindparam, exists, func, literal, select, update
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

ATTEMPTS, BINDINGS = cast(Table, AttemptRow.__table__), cast(Table, BindingRow.__table__)
IN_STATES = ATTEMPTS.c.state.in_(bindparam("p_states", expanding=True))
CLOSE_AS_BOUND = (
    update(ATTEMPTS)
    .where(ATTEMPTS.c.attempt_id == bindparam("p_attempt"), IN_STATES)
    .values(state=BOUND, external_id=bindparam("p_external"), closed_at=db_now())
    .returning(ATTEMPTS.c.attempt_id)
)
IS_KNOWN = select(
    exists().where(ATTEMPTS.c.effect_key == bindparam("p_key"))
    | exists().where(BINDINGS.c.effect_key == bindparam("p_key"))
)
ADD_BINDING = plain_insert(BINDINGS).values(
    effect_key=bindparam("p_key"),
    tenant_id=bindparam("p_tenant"),
    external_id=bindparam("p_external"),
    attempt_id=bindparam("p_attempt"),
    how=bindparam("p_how"),
    bound_at=db_now(),
)


class SqlAttempts:
    """`Attempts` in the database of the service."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._conditional: Any = None

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
            armed_at = await self._insert(session, request, attempt_id, last_number, OPEN, None)
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
        changed = {
            "p_attempt": attempt.attempt_id,
            "p_states": list(states),
            "p_external": bound.external_id,
        }
        async with self._db.sessions.begin() as session:
            done = await session.execute(CLOSE_AS_BOUND, changed)
            if done.scalar_one_or_none() is None:
                return False
            await session.execute(ADD_BINDING, _binding(request, attempt.attempt_id, bound))
            await then(session)
            return True

    async def adopt(self, request: ArmRequest, last_number: int, bound: Bound, then: InTransaction) -> bool:
        """See `Attempts.adopt`; a closed attempt row makes it compete with everybody who arms."""
        attempt_id, external_id = uuid4(), bound.external_id
        async with self._db.sessions.begin() as session:
            if await self._insert(session, request, attempt_id, last_number, BOUND, external_id) is None:
                return False
            await session.execute(ADD_BINDING, _binding(request, attempt_id, bound))
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
        async with self._db.reading.begin() as session:
            return bool((await session.execute(IS_KNOWN, {"p_key": key})).scalar_one())

    async def _insert(
        self,
        session: AsyncSession,
        request: ArmRequest,
        attempt_id: UUID,
        last_number: int,
        state: str,
        external_id: str | None,
    ) -> datetime | None:
        """When the attempt was armed; None when the comparison failed."""
        if self._conditional is None:
            self._conditional = _conditional_attempt(session)
        values = {
            "p_attempt": attempt_id,
            "p_tenant": request.tenant_id,
            "p_key": request.key,
            "p_number": last_number,
            "p_state": state,
            "p_hash": payload_hash(request.payload),
            "p_marker": request.marker,
            "p_decision": dict(request.decision),
            "p_external": external_id,
        }
        armed_at: datetime | None = (await session.execute(self._conditional, values)).scalar_one_or_none()
        return armed_at


def _conditional_attempt(session: AsyncSession) -> Any:
    """Insert an attempt unless something is bound or unresolved or the last number moved on."""
    key, number = bindparam("p_key", type_=ATTEMPTS.c.effect_key.type), bindparam("p_number", type_=Integer())
    mine = ATTEMPTS.c.effect_key == key
    last = select(func.coalesce(func.max(ATTEMPTS.c.number), 0)).where(mine).scalar_subquery()
    values: dict[str, Any] = {
        "attempt_id": bindparam("p_attempt", type_=ATTEMPTS.c.attempt_id.type),
        "tenant_id": bindparam("p_tenant", type_=ATTEMPTS.c.tenant_id.type),
        "effect_key": key,
        "number": number + 1,
        "state": bindparam("p_state", type_=ATTEMPTS.c.state.type),
        "armed_at": db_now(),
        "payload_hash": bindparam("p_hash", type_=ATTEMPTS.c.payload_hash.type),
        "marker": bindparam("p_marker", type_=ATTEMPTS.c.marker.type),
        "decision": bindparam("p_decision", type_=ATTEMPTS.c.decision.type),
        "searches": literal([], ATTEMPTS.c.searches.type),
        "external_id": bindparam("p_external", type_=ATTEMPTS.c.external_id.type),
    }
    source = select(*values.values()).where(
        ~exists().where(BINDINGS.c.effect_key == key),
        ~exists().where(mine, ATTEMPTS.c.state.in_(UNRESOLVED)),
        last == number,
    )
    statement = insert(session, ATTEMPTS).from_select(list(values), source)
    return statement.on_conflict_do_nothing().returning(ATTEMPTS.c.armed_at)


def _binding(request: ArmRequest, attempt_id: UUID, bound: Bound) -> dict[str, Any]:
    return {
        "p_key": request.key,
        "p_tenant": request.tenant_id,
        "p_external": bound.external_id,
        "p_attempt": attempt_id,
        "p_how": bound.how,
    }


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
