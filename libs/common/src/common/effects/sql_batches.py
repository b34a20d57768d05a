"""The two statements of a write that goes well, each for many effects at once: arm and bind."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, Integer, exists, func, literal, select, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import ForRows, db_now, insert, one_of
from common.db.models.base import table
from common.db.models.effects import AttemptRow, BindingRow
from common.domain.stored_words import AttemptState
from common.effects.attempts import UNRESOLVED, ArmRequest, payload_hash
from common.effects.effect import Bound, OnBound
from common.effects.numbered import Elsewhere
from common.effects.sql_numbers import others_of

ATTEMPTS, BINDINGS = table(AttemptRow), table(BindingRow)
GIVEN = (
    "attempt_id",
    "tenant_id",
    "effect_key",
    "number",
    "state",
    "payload_hash",
    "marker",
    "decision",
    "external_id",
)
ADD_BINDING = plain_insert(BINDINGS).values(bound_at=db_now())


@dataclass(frozen=True, slots=True)
class ToArm:
    """An attempt to add when the effect's last number is still that; its id is chosen by whoever asks."""

    request: ArmRequest
    attempt_id: UUID
    last_number: int
    state: AttemptState
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class ToBind:
    """An attempt in one of the states to close with what it made, and what is written with that."""

    request: ArmRequest
    attempt_id: UUID
    bound: Bound
    states: tuple[str, ...]
    on_bound: OnBound[Any]


async def arm_all(session: AsyncSession, asked: Sequence[ToArm]) -> list[datetime | Elsewhere | None]:
    """Arm all that may be armed. Returns when each was; None where something else came first.

    Where another effect stands for the same document that one is the answer; of two that ask together the
    second gets None and has to ask again.
    """
    others = await others_of(session, [one.request for one in asked])
    free = [one for one in asked if one.request.key not in others]
    rows = [_attempt_row(one) for one in _first_of_each(free)]
    added = await session.execute(*ARM(session, rows)) if rows else ()
    armed = {row.attempt_id: row.armed_at for row in added}
    return [others.get(one.request.key) or armed.get(one.attempt_id) for one in asked]


async def bind_all(session: AsyncSession, asked: Sequence[ToBind]) -> list[bool]:
    """Bind what attempts made and write what follows. Returns which were closed with that."""
    closed: set[UUID] = set()
    for states in sorted({one.states for one in asked}):
        closed |= await _close(session, [one for one in asked if one.states == states], states)
    done = sorted((one for one in asked if one.attempt_id in closed), key=lambda one: one.request.key)
    if done:
        await add_bindings(session, [(one.request, one.attempt_id, one.bound) for one in done])
        await write_following(session, [one.on_bound for one in done])
    return [one.attempt_id in closed for one in asked]


async def add_bindings(session: AsyncSession, bound: Sequence[tuple[ArmRequest, UUID, Bound]]) -> None:
    """Let these objects stand for their facts from now on."""
    rows = [
        {
            "effect_key": request.key,
            "tenant_id": request.tenant_id,
            "external_id": what.external_id,
            "attempt_id": attempt_id,
            "how": what.how,
        }
        for request, attempt_id, what in bound
    ]
    await session.execute(ADD_BINDING, rows)


async def write_following(session: AsyncSession, follows: Sequence[OnBound[Any]]) -> None:
    """Write everything that follows, of one kind in one go."""
    kinds: defaultdict[Callable[..., Any], list[Any]] = defaultdict(list)
    for on_bound in follows:
        kinds[on_bound.write].append(on_bound.item)
    for write, items in kinds.items():
        await write(session, items)


def _first_of_each(asked: Sequence[ToArm]) -> list[ToArm]:
    """In order of their keys those whose document none before them has."""
    first: list[ToArm] = []
    places: defaultdict[tuple[str, str, str], list[ArmRequest]] = defaultdict(list)
    for one in sorted(asked, key=lambda one: one.request.key):
        numbered = one.request.numbered
        if numbered is not None:
            before = places[numbered.place]
            if not one.request.despite and any(_is_same(one.request, other) for other in before):
                continue
            before.append(one.request)
        first.append(one)
    return first


def _is_same(request: ArmRequest, other: ArmRequest) -> bool:
    assert request.numbered is not None and other.numbered is not None
    return request.key != other.key and request.numbered.is_same_document(other.numbered)


async def _close(session: AsyncSession, asked: Sequence[ToBind], states: tuple[str, ...]) -> set[UUID]:
    rows = [{"attempt_id": one.attempt_id, "external_id": one.bound.external_id} for one in asked]
    statement, parameters = CLOSE(session, rows)
    return set(await session.scalars(statement, {**parameters, "states": list(states)}))


def _arm(session: AsyncSession, given: FromClause) -> Any:
    """Insert attempts unless something is bound or unresolved or the last number moved on."""
    mine = ATTEMPTS.c.effect_key == given.c.effect_key
    last = select(func.coalesce(func.max(ATTEMPTS.c.number), 0)).where(mine).scalar_subquery()
    values = {name: given.c[name] for name in GIVEN} | {
        "armed_at": db_now(),
        "searches": literal([], ATTEMPTS.c.searches.type),
    }
    source = select(*values.values()).where(
        ~exists().where(BINDINGS.c.effect_key == given.c.effect_key),
        ~exists().where(mine, ATTEMPTS.c.state.in_(UNRESOLVED)),
        last == given.c.number - literal(1, Integer()),
    )
    adding = insert(session, ATTEMPTS).from_select(list(values), source).on_conflict_do_nothing()
    return adding.returning(ATTEMPTS.c.attempt_id, ATTEMPTS.c.armed_at)


def _close_bound(session: AsyncSession, given: FromClause) -> Any:
    is_open = one_of(session, ATTEMPTS.c.state, "states")
    closing = update(ATTEMPTS).where(ATTEMPTS.c.attempt_id == given.c.attempt_id, is_open)
    bound = literal(AttemptState.BOUND, ATTEMPTS.c.state.type)
    values = {"state": bound, "external_id": given.c.external_id, "closed_at": db_now()}
    return closing.values(values).returning(ATTEMPTS.c.attempt_id)


ARM = ForRows({name: ATTEMPTS.c[name].type for name in GIVEN}, _arm)
CLOSE = ForRows({name: ATTEMPTS.c[name].type for name in ("attempt_id", "external_id")}, _close_bound)


def _attempt_row(one: ToArm) -> dict[str, Any]:
    return {
        "attempt_id": one.attempt_id,
        "tenant_id": one.request.tenant_id,
        "effect_key": one.request.key,
        "number": one.last_number + 1,
        "state": one.state,
        "payload_hash": payload_hash(one.request.payload),
        "marker": one.request.marker,
        "decision": dict(one.request.decision),
        "external_id": one.external_id,
    }
