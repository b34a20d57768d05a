"""Who else uses a number in an organization's books: looked up over all tenants, one after the other.

Everybody who arms locks the row of the number first, in sorted order, and looks in a statement after that:
of two connections that bring the same document at once the second one sees the first.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import FromClause, Integer, Row, literal, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import ForRows, insert, one_of, prepared
from common.db.models.base import table
from common.db.models.effects import AttemptRow, BindingRow
from common.db.models.numbers import NumberedEffectRow, VoucherNumberRow
from common.domain.stored_words import AttemptState
from common.effects.attempts import UNRESOLVED, ArmRequest
from common.effects.numbered import NOWHERE, Elsewhere, Numbered, foremost

NUMBERS, EFFECTS = table(VoucherNumberRow), table(NumberedEffectRow)
ATTEMPTS, BINDINGS = table(AttemptRow), table(BindingRow)
PLACE = ("organization_id", "type", "number")
FACT = (*PLACE, "connection_id", "order_id", "order_number", "document_on", "gross_minor")
GIVEN = ("effect_key", "tenant_id", "marker", "despite", *FACT)


async def others_of(session: AsyncSession, requests: Iterable[ArmRequest]) -> Mapping[str, Elsewhere]:
    """Lock the numbers, and find for each effect the one that stands for the same document already.

    From now on until the end of the transaction the numbers are locked. Where a person said to book the
    document all the same, nothing stands in its way, then and later.
    """
    wanted = {one.key: one for one in requests if one.numbered is not None}
    if not wanted:
        return {}
    rows = [_row(one) for _, one in sorted(wanted.items())]
    await session.execute(*LOCK(session, _places(rows)))
    stored = await session.execute(*STORE(session, rows))
    asking = [wanted[row.effect_key] for row in stored if not row.despite]
    found = await _of_numbers(session, asking)
    others = {one.key: foremost(_same(one, found)) for one in asking}
    return {key: other for key, other in others.items() if other is not None}


async def effects_of_markers(session: AsyncSession, markers: Sequence[str]) -> dict[str, Elsewhere]:
    """Find the effects that these markers stand for, over all tenants."""
    rows = await session.execute(_marked(session), {"markers": list(markers)})
    return {row.marker: _elsewhere(row) for row in rows}


async def effects_bound_to(session: AsyncSession, external_ids: Sequence[str]) -> list[Elsewhere]:
    """Find the numbered effects that stand in the books as one of these vouchers, over all tenants."""
    rows = await session.execute(_bound_to(session), {"external_ids": list(external_ids)})
    return [_elsewhere(row) for row in rows]


async def _of_numbers(session: AsyncSession, asking: Sequence[ArmRequest]) -> dict[Any, list[Elsewhere]]:
    found: defaultdict[Any, list[Elsewhere]] = defaultdict(list)
    if asking:
        statement, given = OTHERS(session, _places([_row(one) for one in asking]))
        for row in await session.execute(statement, given):
            other = _elsewhere(row)
            if other.state != NOWHERE:
                found[other.numbered.place].append(other)
    return found


def _same(request: ArmRequest, found: Mapping[Any, Sequence[Elsewhere]]) -> list[Elsewhere]:
    mine = request.numbered
    assert mine is not None
    return [
        other
        for other in found.get(mine.place, ())
        if other.key != request.key and other.numbered.is_same_document(mine)
    ]


def _row(request: ArmRequest) -> dict[str, Any]:
    numbered = request.numbered
    assert numbered is not None
    return {
        "effect_key": request.key,
        "tenant_id": request.tenant_id,
        "marker": request.marker,
        "despite": request.despite,
        **{name: getattr(numbered, name) for name in FACT},
    }


def _places(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    places = sorted({tuple(row[name] for name in PLACE) for row in rows})
    return [dict(zip(PLACE, place, strict=True)) for place in places]


def _lock(session: AsyncSession, given: FromClause) -> Any:
    """The row is made by whoever comes first; changing it makes all others wait."""
    columns = [given.c[name] for name in PLACE]
    source = select(*columns, literal(1, Integer())).where(true()).order_by(*columns)
    adding = insert(session, NUMBERS).from_select([*PLACE, "uses"], source)
    return adding.on_conflict_do_update(index_elements=PLACE, set_={"uses": NUMBERS.c.uses + 1})


def _store(session: AsyncSession, given: FromClause) -> Any:
    source = select(*(given.c[name] for name in GIVEN)).where(true())
    adding = insert(session, EFFECTS).from_select(list(GIVEN), source)
    changed = {name: adding.excluded[name] for name in (*FACT, "marker")}
    said = EFFECTS.c.despite | adding.excluded.despite
    storing = adding.on_conflict_do_update(index_elements=["effect_key"], set_={**changed, "despite": said})
    return storing.returning(EFFECTS.c.effect_key, EFFECTS.c.despite)


def _others(session: AsyncSession, given: FromClause) -> Any:
    is_there = [EFFECTS.c[name] == given.c[name] for name in PLACE]
    return _standing().select_from(_joined(given.join(EFFECTS, is_there[0] & is_there[1] & is_there[2])))


@prepared
def _marked(session: AsyncSession) -> Any:
    return _standing().select_from(_joined(EFFECTS)).where(one_of(session, EFFECTS.c.marker, "markers"))


@prepared
def _bound_to(session: AsyncSession) -> Any:
    is_one = one_of(session, BINDINGS.c.external_id, "external_ids")
    return _standing().select_from(_joined(EFFECTS)).where(is_one)


def _joined(effects: FromClause) -> FromClause:
    unresolved = (ATTEMPTS.c.effect_key == EFFECTS.c.effect_key) & ATTEMPTS.c.state.in_(UNRESOLVED)
    bound = BINDINGS.c.effect_key == EFFECTS.c.effect_key
    return effects.outerjoin(BINDINGS, bound).outerjoin(ATTEMPTS, unresolved)


def _standing() -> Any:
    return select(EFFECTS, BINDINGS.c.external_id, ATTEMPTS.c.state)


def _elsewhere(row: Row[Any]) -> Elsewhere:
    state = AttemptState.BOUND if row.external_id is not None else row.state or NOWHERE
    numbered = Numbered(**{name: getattr(row, name) for name in FACT})
    return Elsewhere(row.effect_key, row.tenant_id, numbered, state, row.external_id)


LOCK = ForRows({name: NUMBERS.c[name].type for name in PLACE}, _lock)
STORE = ForRows({name: EFFECTS.c[name].type for name in GIVEN}, _store)
OTHERS = ForRows({name: EFFECTS.c[name].type for name in PLACE}, _others)
