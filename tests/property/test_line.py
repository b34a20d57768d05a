"""Laws of the inbox under any sequence of arrivals, claims, crashes, deaths and decisions of people."""

import asyncio
import shutil
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from common.db.engine import Database, open_database
from common.db.models.line import DeadLetterRow
from common.domain.stored_words import Lane, MessageState
from common.inbox.claim import ClaimRequest, claim, release
from common.inbox.dead_letters import discard, keep_dead_letter, replay
from common.inbox.finish import Ending, Finished, Postponed, finish
from common.inbox.messages import RawMessage
from common.settings import DatabaseSettings
from fixtures.databases import sqlite_address
from support.inbox import CONSUMER, deliver, end_leases, inbox_rows, key_rows, order

KEYS = ("a", "b", "c")
TENANTS = {key: UUID(int=number // 2) for number, key in enumerate(KEYS)}

arrivals = st.tuples(st.just("arrive"), st.sampled_from(KEYS), st.sampled_from(Lane))
acts = st.tuples(st.sampled_from(["finish", "postpone", "die", "release"]), st.integers(0, 5), st.none())
others = st.tuples(st.sampled_from(["claim", "crash", "replay", "discard"]), st.integers(1, 4), st.none())
steps = st.lists(arrivals | acts | others, min_size=8, max_size=30)
WITHOUT_SHRINKING = (
    Phase.explicit,
    Phase.reuse,
    Phase.generate,
)  # a story is short enough, shrinking it takes minutes


class Model:
    """The inbox with everything ever claimed from it, also under leases that have ended."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.leases: list[tuple[RawMessage, UUID]] = []
        self.done: dict[str, list[int]] = defaultdict(list)

    async def arrive(self, key: str, lane: Lane) -> None:
        """A message comes in, twice as it may."""
        event = order(key, tenant=TENANTS[key], lane=lane)
        await deliver(self.db, event)
        await deliver(self.db, event)

    async def claim(self, limit: int, _: object) -> None:
        """A worker claims."""
        wanted = ClaimRequest(CONSUMER, limit, 1, uuid4(), 3600.0)
        async with self.db.sessions.of_all_tenants() as session:
            messages = await claim(session, wanted)
        assert len({message.ordering_key for message in messages}) == len(messages) <= limit
        self.leases += [(message, wanted.token) for message in messages]

    async def crash(self, _: int, __: object) -> None:
        """Every lease ends; their holders may still come back."""
        await end_leases(self.db)

    async def finish(self, which: int, _: object) -> None:
        """A holder, in time or not, is done."""
        await self._end(which, lambda message, token: Finished(message, token, MessageState.DONE))

    async def postpone(self, which: int, _: object) -> None:
        """A holder, in time or not, wants to try again at once."""
        await self._end(
            which, lambda message, token: Postponed(message, token, 0.0, "failed", message.failures)
        )

    async def die(self, which: int, _: object) -> None:
        """A holder, in time or not, gives up."""
        await self._with(
            which,
            lambda session, message, token: keep_dead_letter(session, CONSUMER, message, token, "broken"),
        )

    async def release(self, which: int, _: object) -> None:
        """A holder, in time or not, gives the key back."""
        await self._with(
            which, lambda session, message, token: release(session, CONSUMER, [message.ordering_key], token)
        )

    async def replay(self, which: int, _: object) -> None:
        """A person replays a dead letter, or one that was closed before."""
        await self._decide(which, replay)

    async def discard(self, which: int, _: object) -> None:
        """A person discards a dead letter, or one that was closed before."""
        await self._decide(which, discard)

    async def check(self) -> None:
        """What holds after every step."""
        rows, keys = await inbox_rows(self.db), {key.ordering_key: key for key in await key_rows(self.db)}
        waiting: dict[str, list[Any]] = defaultdict(list)
        for row in rows:
            if row.done_at is None:
                waiting[row.ordering_key].append(row)
            else:
                # Nothing of a key ends while something older of it is open.
                assert not waiting[row.ordering_key]
        assert set(keys) == {key for key, open_rows in waiting.items() if open_rows}
        for name, key in keys.items():
            assert (key.due_at is None) == (waiting[name][0].state == "dead")
            assert all(row.state == "ready" for row in waiting[name][1:])
            if any(row.lane == "live" for row in waiting[name]):
                assert key.lane == "live"

    async def drain(self) -> None:
        """When everybody does their part, everything ends."""
        await end_leases(self.db)
        async with self.db.reading.of_all_tenants() as session:
            letters = (await session.scalars(select(DeadLetterRow.dead_letter_id))).all()
        async with self.db.sessions.of_all_tenants() as session:
            for letter in letters:
                await replay(session, CONSUMER, letter)
        for _ in range(100):
            before = len(self.leases)
            await self.claim(8, None)
            if len(self.leases) == before:
                break
            for number in range(before, len(self.leases)):
                await self.finish(number, None)
                await self.check()
        assert all(row.done_at for row in await inbox_rows(self.db))
        assert await key_rows(self.db) == []

    async def _end(self, which: int, ending: Callable[[RawMessage, UUID], Ending]) -> None:
        await self._with(
            which, lambda session, message, token: finish(session, CONSUMER, [ending(message, token)])
        )

    async def _with(self, which: int, act: Callable[[Any, RawMessage, UUID], Awaitable[object]]) -> None:
        if self.leases:
            message, token = self.leases[which % len(self.leases)]
            async with self.db.sessions.of_all_tenants() as session:
                await act(session, message, token)

    async def _decide(self, which: int, act: Callable[[Any, str, UUID], Awaitable[bool]]) -> None:
        async with self.db.sessions.of_all_tenants() as session:
            letters = (await session.scalars(select(DeadLetterRow.dead_letter_id))).all()
            if letters:
                await act(session, CONSUMER, sorted(letters)[which % len(letters)])


async def play(path: Path, story: list[tuple[str, Any, Any]]) -> None:
    """Do the steps one after the other and look at the laws after each."""
    db = open_database(DatabaseSettings(url=sqlite_address(path)))
    model = Model(db)
    try:
        for name, first, second in story:
            await getattr(model, name)(first, second)
            await model.check()
        await model.drain()
    finally:
        await db.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where each story has its own database."""
    return tmp_path / "story.db"


@settings(
    max_examples=25,
    phases=WITHOUT_SHRINKING,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(story=steps)
def test_whatever_happens_order_holds_and_nothing_is_lost(
    sqlite_template: Path, path: Path, story: list[tuple[str, Any, Any]]
) -> None:
    for leftover in path.parent.glob("story.db*"):
        leftover.unlink()
    shutil.copyfile(sqlite_template, path)
    asyncio.run(play(path, story))
