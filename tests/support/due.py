"""A table of rows to be worked in turns, in both shapes that tables of the product have."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Integer, MetaData, Row, String, Table, Uuid, insert, select, update

from common.backoff import Backoff
from common.db.dialect import db_now
from common.db.due import DueRows, Lease, claim_due
from common.db.due_loop import DueLoop, Pace, Turn, TurnResult, Work
from common.db.engine import Database
from common.db.types import UtcDateTime

TENANT, OTHER = UUID(int=1), UUID(int=2)
LEASE_SECONDS = 600.0  # no test waits for its end
PACE = Pace(at_once=3, lease_seconds=LEASE_SECONDS, look_seconds=0.02, backoff=Backoff(100.0, 1000.0))
METADATA = MetaData()
COLUMNS = ("tenant_id", "name", "due_at", "lease_token", "lease_until", "failures", "note")


@dataclass(frozen=True, slots=True)
class Job:
    """What a turn needs of a row."""

    tenant_id: UUID
    name: str


def _read(row: Row[Any]) -> Job:
    return Job(row.tenant_id, row.name)


def _table(name: str) -> Table:
    return Table(
        name,
        METADATA,
        Column("tenant_id", Uuid, primary_key=True),
        Column("name", String, primary_key=True),
        Column("due_at", UtcDateTime()),
        Column("lease_token", Uuid),
        Column("lease_until", UtcDateTime()),
        Column("failures", Integer, nullable=False, default=0),
        Column("note", String),
    )


def _rows(table: Table, lease_until: Column[Any]) -> DueRows[Job]:
    return DueRows(
        table=table,
        key=(table.c.tenant_id, table.c.name),
        read=_read,
        lease_token=table.c.lease_token,
        lease_until=lease_until,
        due_at=table.c.due_at,
        failures=table.c.failures,
        fair_by=table.c.tenant_id,
    )


APART, AS_ONE = _table("jobs"), _table("tasks")
WITH_TWO_COLUMNS, WITH_ONE = "due and leased in two columns", "due and leased in one column"
SHAPES = {
    WITH_TWO_COLUMNS: _rows(APART, APART.c.lease_until),
    WITH_ONE: _rows(AS_ONE, AS_ONE.c.due_at),
}


@dataclass
class Jobs:
    """Rows of one of the tables in a database of the test's own."""

    db: Database
    rows: DueRows[Job]

    async def make(self) -> None:
        """Create the tables."""
        async with self.db.engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)

    async def add(self, *names: str, tenant: UUID = TENANT, due_in: float | None = -60.0) -> None:
        """Put rows into the table, each due a little later than the one before."""
        async with self.db.sessions.of_all_tenants() as session:
            for place, name in enumerate(names):
                due_at = None if due_in is None else db_now(due_in + place / 10)
                row = insert(self.rows.table).values(tenant_id=tenant, name=name, due_at=due_at)
                await session.execute(row)

    async def take(self, limit: int = 10) -> list[Lease[Job]]:
        """Claim as a process does that then may never come back."""
        async with self.db.sessions.of_all_tenants() as session:
            return await claim_due(session, self.rows, limit=limit, seconds=LEASE_SECONDS)

    async def taken(self, limit: int = 10) -> list[str]:
        """The names of what a claim takes."""
        return [lease.state.name for lease in await self.take(limit)]

    async def change(self, **values: Any) -> None:
        """Change every row behind everybody's back."""
        async with self.db.sessions.of_all_tenants() as session:
            await session.execute(update(self.rows.table).values(**values))

    async def end_leases(self) -> None:
        """Let every lease run out, as if its holder had died long ago."""
        held = update(self.rows.table).where(self.rows.lease_token.is_not(None))
        async with self.db.sessions.of_all_tenants() as session:
            await session.execute(held.values({self.rows.lease_until: db_now(-0.01)}))

    async def all(self) -> Sequence[Row[Any]]:
        """Every row by name, with how long its lease lasts, when it is due, and the database's clock."""
        table, now = self.rows.table, db_now().label("now")
        query = select(table, self.rows.lease_until.label("until"), now).order_by(table.c.name)
        async with self.db.reading.of_all_tenants() as session:
            return (await session.execute(query)).all()

    async def one(self) -> Row[Any]:
        """The only row."""
        (row,) = await self.all()
        return row

    async def is_held(self) -> bool:
        """Whether every lease has most of its time before it."""
        return all(_seconds(row.until, row.now) > LEASE_SECONDS / 2 for row in await self.all())

    async def due_in(self) -> float:
        """In how many seconds the only row is due."""
        row = await self.one()
        return _seconds(row.due_at, row.now)

    def loop(self, work: Work[Job], pace: Pace = PACE, **options: Any) -> DueLoop[Job]:
        """A loop of another process."""
        return DueLoop(self.db, "jobs", self.rows, work, pace, **options)


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class Recorder:
    """Works rows by remembering them, and says what it was told to; it may be made to wait in the middle."""

    says: TurnResult | Exception = field(default_factory=lambda: TurnResult(None))
    worked: list[str] = field(default_factory=list)
    turns: list[Turn[Job]] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=_set)

    async def __call__(self, turn: Turn[Job]) -> TurnResult:
        """Remember the row."""
        self.turns.append(turn)
        self.begun.set()
        await self.go_on.wait()
        self.worked.append(turn.state.name)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


def _seconds(later: datetime, now: datetime) -> float:
    return (later - now).total_seconds()
