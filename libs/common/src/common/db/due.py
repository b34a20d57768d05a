"""Rows that are due are worked by one process at a time: claim, renew, write, release.

**What a table needs.** Who holds a row (`lease_token`, NULL while nobody does) and until when
(`lease_until`). A row that has a time of its own says in `due_at` when it is worked next, NULL for never.
One column may be both: while somebody holds the row it is the end of his lease, else the moment it is due;
then nothing else may move it while it is held. A table without `due_at` is claimed by name only. All of
them are nullable columns, so a table that has none gets them by addition.

**What holds.** Every time is the database's, so clocks of processes do not matter. A claim takes rows that
are due and held by nobody, or by somebody whose lease ran out; two claims never take the same row (SKIP
LOCKED, or the one writer of SQLite). Each claim has a token of its own, and whatever is written for the row
repeats it: `write` and `release` raise `LeaseLost` when another has the row by now, and with it goes
everything else of that transaction. So a late worker changes nothing, however late he is. A lease that ran
out and that nobody took is still its holder's: what he found out is not thrown away.

**What a lease is not.** It saves work and requests, it never decides who may write into somebody else's
system: two holders are possible for as long as the first one does not know, and only attempt rows are proof
against that.

**Renewed, not long.** A lease is short (it is how long the work of a process that died rests) and is
renewed three times in its time by its holder (`LeaseKeeper`), however long the work takes. A holder that
cannot renew because the database is away finds out at the next renewal; one that lost it is told by
`Held.is_lost`, so that it may stop early. Nothing is cancelled: what is under way ends as it does, and its
end is not written.

**Fair.** With `fair_by` the first of each tenant goes before the second of any, and who holds rows already
stands behind who holds none: with two places or more the many rows of one tenant never keep out another's.
Without it, and among equals, the longest due goes first.

**Failures.** A turn that fails is due again after a pause that doubles (`Backoff`); `failures` counts them
in a row, where the table has the column. `common.db.due_loop` takes the turns.

**Old and new replicas.** A release that puts a table onto this keeps the columns that said so before as
`lease_until` or `due_at`, with their meaning, and adds only the token. A replica of the release before then
respects the leases of the new ones, and they respect its claims. It does not change the token: while both
run, its claim of a row whose lease ran out is not seen by the late holder, whose last write then counts as
it did in that release. Nothing may rest on the token alone before the release after.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import (
    Column,
    ColumnElement,
    Row,
    Select,
    Table,
    and_,
    case,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_moment, db_now, row_lock
from common.errors import TransientError

State = TypeVar("State")
Key = tuple[Any, ...]


class LeaseLost(TransientError):
    """Another process has the row by now: nothing may be written for it any more."""

    code = "db.lease_lost"

    def __init__(self, table: str) -> None:
        super().__init__(f"another process took over a row of {table}")


@dataclass(frozen=True, slots=True, eq=False)
class DueRows(Generic[State]):
    """A table whose rows are worked in turns: its columns, and how a row of it is read.

    `key` names a row, its tenant first where it has one. `only` is a further condition for being due.
    """

    table: Table
    key: tuple[Column[Any], ...]
    read: Callable[[Row[Any]], State]
    lease_token: Column[Any]
    lease_until: Column[Any]
    due_at: Column[Any] | None = None
    failures: Column[Any] | None = None
    fair_by: Column[Any] | None = None
    only: ColumnElement[bool] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Lease(Generic[State]):
    """The right to work on one row; `state` and the database's clock `now` are of the claim."""

    rows: DueRows[State]
    key: Key
    token: UUID
    state: State
    now: datetime
    failures: int = 0  # in a row before this turn
    due_at: datetime | None = None  # as it stood at the claim


async def is_any_due(session: AsyncSession, rows: DueRows[Any]) -> bool:
    """Say whether a claim would find something; writes nothing."""
    return (await session.execute(select(*rows.key).where(_is_due(rows)).limit(1))).first() is not None


async def claim_due(
    session: AsyncSession, rows: DueRows[State], *, limit: int, seconds: float
) -> list[Lease[State]]:
    """Lease rows that are due, at most so many. Returns them in the order of their turns."""
    due = _next_due(rows, limit).with_for_update(of=rows.table, **row_lock(session))
    keys = [tuple(row) for row in (await session.execute(due)).all()]
    if not keys:
        return []
    taken = await _take(session, rows, tuple_(*rows.key).in_(keys), seconds)
    return sorted(taken, key=lambda lease: keys.index(lease.key))


async def claim(
    session: AsyncSession, rows: DueRows[State], key: Key, *, seconds: float
) -> Lease[State] | None:
    """Lease this row, due or not. Returns None while somebody else holds it, or when there is no such row."""
    taken = await _take(session, rows, and_(_is(rows, key), _is_free(rows)), seconds)
    return taken[0] if taken else None


async def renew(
    session: AsyncSession, leases: Iterable[Lease[State]], *, seconds: float
) -> set[Lease[State]]:
    """Move the end of leases of one table. Returns those that still hold; the others were taken over."""
    known = {(*lease.key, lease.token): lease for lease in leases}
    if not known:
        return set()
    rows = next(iter(known.values())).rows
    names = (*rows.key, rows.lease_token)
    renewing = update(rows.table).where(tuple_(*names).in_(list(known)))
    renewing = renewing.values({rows.lease_until: db_now(seconds)})
    return {known[tuple(row)] for row in (await session.execute(renewing.returning(*names))).all()}


async def write(session: AsyncSession, lease: Lease[Any], **values: Any) -> None:
    """Change columns of a row we hold. Raises `LeaseLost` when it is another's by now."""
    await _change(session, lease, {lease.rows.table.c[name]: value for name, value in values.items()})


async def release(session: AsyncSession, lease: Lease[Any], *, due_in: float | None, **values: Any) -> None:
    """Give a row back with what it says now, due in so many seconds; None is never, or only by name.

    A row that somebody made due meanwhile stays due: what they know, this turn may have been too early for.
    Raises `LeaseLost` when it is another's by now.
    """
    rows = lease.rows
    given = {rows.table.c[name]: value for name, value in values.items()}
    ended: dict[Column[Any], Any] = {rows.lease_token: None, rows.lease_until: None}
    if rows.due_at is not None:
        ended[rows.due_at] = _unless_made_due(rows, lease, None if due_in is None else db_now(due_in))
    await _change(session, lease, {**given, **ended})


def _unless_made_due(rows: DueRows[Any], lease: Lease[Any], then: Any) -> Any:
    if rows.due_at is None or rows.due_at is rows.lease_until:
        return then
    is_as_claimed = rows.due_at.is_not_distinct_from(lease.due_at)
    return case((is_as_claimed, then), else_=rows.due_at)


async def _change(session: AsyncSession, lease: Lease[Any], values: dict[Column[Any], Any]) -> None:
    rows = lease.rows
    changing = update(rows.table).where(_is(rows, lease.key), rows.lease_token == lease.token)
    changed = await session.execute(changing.values(values).returning(rows.lease_token))
    if changed.one_or_none() is None:
        raise LeaseLost(rows.table.name)


async def _take(
    session: AsyncSession, rows: DueRows[State], which: ColumnElement[bool], seconds: float
) -> list[Lease[State]]:
    token = uuid4()
    taking = update(rows.table).where(which)
    taking = taking.values({rows.lease_token: token, rows.lease_until: db_now(seconds)})
    taken = await session.execute(taking.returning(rows.table, db_now().label("now")))
    return [
        Lease(
            rows=rows,
            key=tuple(row._mapping[column] for column in rows.key),
            token=token,
            state=rows.read(row),
            now=row.now,
            failures=0 if rows.failures is None else row._mapping[rows.failures],
            due_at=None if rows.due_at is None else row._mapping[rows.due_at],
        )
        for row in taken.all()
    ]


def _next_due(rows: DueRows[Any], limit: int) -> Select[Any]:
    """The rows whose turn it is, with the condition on top, for a row that another leases meanwhile."""
    assert rows.due_at is not None
    due = select(*rows.key).where(_is_due(rows))
    if rows.fair_by is None:
        return due.order_by(rows.due_at).limit(limit)
    rank = func.row_number().over(partition_by=rows.fair_by, order_by=rows.due_at)
    ranked = select(*rows.key, rank.label("turn")).where(_is_due(rows)).subquery()
    held = (
        select(rows.fair_by.label("whose"), func.count().label("count"))
        .where(rows.lease_token.is_not(None), rows.lease_until > db_moment())
        .group_by(rows.fair_by)
        .subquery()
    )
    same = and_(*(ranked.c[column.name] == column for column in rows.key))
    turn = ranked.c.turn + func.coalesce(held.c.count, 0)
    joined = due.join(ranked, same).outerjoin(held, held.c.whose == rows.fair_by)
    return joined.order_by(turn, rows.due_at).limit(limit)


def _is_due(rows: DueRows[Any]) -> ColumnElement[bool]:
    assert rows.due_at is not None
    conditions: Sequence[ColumnElement[bool]] = (rows.due_at <= db_moment(),)
    if rows.lease_until is not rows.due_at:
        conditions = (*conditions, _is_free(rows))
    return and_(*conditions, *(() if rows.only is None else (rows.only,)))


def _is_free(rows: DueRows[Any]) -> ColumnElement[bool]:
    return or_(rows.lease_until.is_(None), rows.lease_until <= db_now())


def _is(rows: DueRows[Any], key: Key) -> ColumnElement[bool]:
    return and_(*(column == value for column, value in zip(rows.key, key, strict=True)))
