"""Connections and tenants race for one number in one organization's books: a document is armed once.

Two processes, four connections of two tenants and documents that are the same order, the same figures or
neither, armed at once in batches that name their numbers in any order.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from common.db.engine import Database, open_database
from common.db.models.effects import AttemptRow, BindingRow
from common.domain.stored_words import AttemptState, BoundHow
from common.effects.attempts import UNRESOLVED, ArmRequest, Attempt
from common.effects.effect import NOTHING, Bound
from common.effects.numbered import Elsewhere, Numbered
from common.effects.sql_attempts import SqlAttempts
from common.settings import DatabaseSettings

TENANTS = (UUID(int=1), UUID(int=2))
SHOPS = tuple(UUID(int=10 + number) for number in range(4))
NUMBERS = ("R-1", "R:2", "R-3")
DAY = date(2026, 3, 2)

# Whoever asks: which process, shop and number, which order, and what becomes of the write.
asking = st.tuples(
    st.integers(0, 1),
    st.integers(0, len(SHOPS) - 1),
    st.sampled_from(NUMBERS),
    st.sampled_from(("one order", "equal figures", "another order")),
    st.sampled_from(("bound", "refused", "absent", "in doubt")),
)
rounds = st.lists(st.lists(asking, min_size=2, max_size=8), min_size=1, max_size=4)


@dataclass
class Race:
    """One organization in which nothing was booked, and the processes that work for it."""

    processes: Sequence[SqlAttempts]
    organization: str = field(default_factory=lambda: str(uuid4()))
    asked: dict[str, ArmRequest] = field(default_factory=dict)
    stood_aside: set[str] = field(default_factory=set)

    def request(self, shop: int, number: str, order: str) -> ArmRequest:
        """A shop's document of that number: whatever order it first came with, it is one document."""
        key = f"voucher:{self.organization}:{SHOPS[shop]}:invoice:{number}"
        own = f"order {shop}"
        order_id, order_number = {
            "one order": ("the one order", "1001"),
            "equal figures": (own, "1001"),
            "another order": (own, own),
        }[order]
        numbered = Numbered(
            self.organization, "invoice", number, SHOPS[shop], order_id, order_number, DAY, 11900
        )
        made = ArmRequest(key, TENANTS[shop // 2], f"#{shop}{number}", b"{}", {}, numbered)
        return self.asked.setdefault(key, made)

    async def ask(self, process: int, shop: int, number: str, order: str, end: str) -> None:
        """Go as far as the runner does: read, arm, and write with that end."""
        attempts, request = self.processes[process], self.request(shop, number, order)
        state = await attempts.read(request.key, request.tenant_id)
        if state.bound is not None or state.unresolved is not None:
            return
        armed = await attempts.arm(request, state.last_number)
        if isinstance(armed, Elsewhere):
            self.stood_aside.add(request.key)
        elif armed is not None:
            await self.write(attempts, request, armed, end)

    async def write(self, attempts: SqlAttempts, request: ArmRequest, armed: Attempt, end: str) -> None:
        """The write ends so, while others ask."""
        await asyncio.sleep(0)
        if end == "bound":
            voucher = Bound(str(uuid4()), BoundHow.WRITTEN)
            assert await attempts.bind(request, armed, voucher, (AttemptState.OPEN,), NOTHING)
        elif end != "in doubt":
            await attempts.close(
                armed.attempt_id, AttemptState.REFUSED if end == "refused" else AttemptState.ABSENT
            )

    async def standing(self, database: Database) -> set[str]:
        """The keys that are in the books or perhaps on their way."""
        mine = f"voucher:{self.organization}:%"
        async with database.reading.of_all_tenants() as session:
            bound = await session.scalars(
                select(BindingRow.effect_key).where(BindingRow.effect_key.like(mine))
            )
            perhaps = select(AttemptRow.effect_key).where(
                AttemptRow.effect_key.like(mine), AttemptRow.state.in_(UNRESOLVED)
            )
            return {*bound, *await session.scalars(perhaps)}

    async def finish(self) -> None:
        """What was in doubt surely did nothing; everybody asks once more, one after the other."""
        attempts = self.processes[0]
        for key, request in self.asked.items():
            state = await attempts.read(key, request.tenant_id)
            if state.unresolved is not None:
                await attempts.close(state.unresolved.attempt_id, AttemptState.ABSENT)
        for key, request in sorted(self.asked.items()):
            state = await attempts.read(key, request.tenant_id)
            armed = await attempts.arm(request, state.last_number)
            if isinstance(armed, Attempt):
                await self.write(attempts, request, armed, "bound")

    def has_equals(self, key: str) -> bool:
        """Whether another connection brought the same document."""
        mine = self.asked[key].numbered
        others = [one.numbered for other, one in self.asked.items() if other != key]
        return mine is not None and any(one and mine.is_same_document(one) for one in others)

    def never_twice(self, standing: set[str]) -> None:
        """No two that stand are the same document."""
        all_of = [self.asked[key].numbered for key in sorted(standing)]
        documents = [one for one in all_of if one is not None]
        for place, one in enumerate(documents):
            assert not any(one.is_same_document(other) for other in documents[place + 1 :])


async def _run(url: str, told: Sequence[Sequence[tuple[Any, ...]]]) -> None:
    databases = [open_database(DatabaseSettings(url=url, pool_size=4)) for _ in range(2)]
    race = Race([SqlAttempts(one) for one in databases])
    try:
        for at_once in told:
            await asyncio.wait_for(asyncio.gather(*(race.ask(*one) for one in at_once)), 30)
            race.never_twice(await race.standing(databases[0]))
        for key in race.stood_aside:
            assert race.has_equals(key), "another document stood aside"
        await race.finish()
        standing = await race.standing(databases[0])
        race.never_twice(standing)
        assert all(key in standing or race.has_equals(key) for key in race.asked)
    finally:
        for one in databases:
            await one.close()


@given(told=rounds)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_document_is_armed_once_however_many_connections_bring_it_at_the_same_moment_r55(
    database_url: str, told: Sequence[Sequence[tuple[Any, ...]]]
) -> None:
    asyncio.run(_run(database_url, told))
