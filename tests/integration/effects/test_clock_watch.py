"""A clock that was set is seen within a look, told to operators, and for a trust time nothing is given up."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from common.db.engine import Database
from common.db.models.effects import AlarmRow
from common.domain.stored_words import AttemptState
from common.effects.attempts import ArmRequest, Attempt
from common.effects.gate import boot_seconds
from common.effects.runner import EffectRunner
from common.effects.sql_attempts import SqlAttempts
from common.effects.watch import ClockWatch
from common.effects.witness import Witness
from common.later import Later
from common.lexware.client import LexwareClient
from common.settings import EffectSettings
from sandbox.testing import RunningSandbox
from support.books import WAITS, Books, DocumentEffect
from support.deciding import attempt_states, run_until_decided, vouchers

QUICK = EffectSettings().scaled(0.001)


@dataclass
class Clock:
    """The boot clock of this machine as seen by a database whose clock was set, or that answers slowly."""

    behind: float = 0.0
    slowness: float = 0.0

    def __call__(self) -> float:
        self.behind -= self.slowness
        return boot_seconds() - self.behind


async def clock_alarms(database: Database) -> list[tuple[float, datetime | None]]:
    """By how much a clock moved, and when the alarm was closed."""
    query = select(AlarmRow).where(AlarmRow.kind == "clock_stepped").order_by(AlarmRow.created_at)
    async with database.reading.of_all_tenants() as session:
        rows = (await session.scalars(query)).all()
    assert all(row.tenant_id is None for row in rows)
    return [(round(row.evidence["moved_seconds"]), row.closed_at) for row in rows]


@pytest.mark.parametrize("seconds", [60, -60, 3])
async def test_clock_that_was_set_is_an_alarm_of_the_installation(database: Database, seconds: int) -> None:
    clock = Clock()
    watch = ClockWatch(database, Witness(clock), QUICK, apart=0.0)
    await watch.run_once()
    await watch.run_once()
    assert await clock_alarms(database) == []
    clock.behind += seconds  # the database's clock went ahead by so much
    await watch.run_once()
    await watch.run_once()
    assert await clock_alarms(database) == [(seconds, None)]


async def test_alarm_closes_when_the_clocks_kept_their_pace_for_a_trust_time(database: Database) -> None:
    clock = Clock()
    witness = Witness(clock)
    watch = ClockWatch(database, witness, QUICK, apart=0.0)
    await watch.run_once()
    clock.behind += 60
    await watch.run_once()
    assert witness.doubts
    await watch.run_once()
    ((_, closed_at),) = await clock_alarms(database)
    assert closed_at is None
    await asyncio.sleep(QUICK.trust_time.total_seconds() + 0.1)
    await watch.run_once()
    ((_, closed_at),) = await clock_alarms(database)
    assert closed_at is not None


async def test_look_that_took_long_says_nothing_about_the_clocks(database: Database) -> None:
    clock = Clock()
    watch = ClockWatch(database, Witness(clock), QUICK, apart=0.0)
    await watch.run_once()
    clock.slowness = 6.0
    await watch.run_once()
    assert await clock_alarms(database) == []


async def test_process_knows_open_attempts_of_others_from_its_first_look_on(database: Database) -> None:
    attempts, clock = SqlAttempts(database), Clock()
    witness = Witness(clock)
    armed = await attempts.arm(ArmRequest("voucher:a", uuid4(), "#m", b""), 0)
    assert isinstance(armed, Attempt)
    watch = ClockWatch(database, witness, QUICK)
    assert witness.known_for(armed.attempt_id) == 0.0
    await watch.run_once()
    clock.behind -= 100
    assert witness.known_for(armed.attempt_id) >= 100
    await attempts.close(armed.attempt_id, AttemptState.ABSENT)
    await watch.run_once()
    assert witness.known_for(armed.attempt_id) == 0.0


async def test_nothing_is_given_up_while_a_clock_is_in_doubt(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient
) -> None:
    await lexware.lexware.control.fault("POST", "/v1/vouchers", "drop_before_commit", 1)
    witness, effect = Witness(), DocumentEffect(client, books.tenant_id, "A-1")
    runner = EffectRunner(database, WAITS, witness=witness)
    witness.doubt(3600)
    for _ in range(30):
        assert isinstance(await runner.ensure(effect), Later)
        await asyncio.sleep(0.1)
    assert await attempt_states(database, effect.key) == ["open"]
    witness.doubt(0)
    await run_until_decided(runner, effect)
    assert await attempt_states(database, effect.key) == ["absent", "bound"]
    assert len(await vouchers(lexware, "A-1")) == 1


async def test_process_that_just_started_waits_until_it_has_known_the_attempt_long_enough(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient
) -> None:
    """The database's clock calls the attempt old; whether that clock was set meanwhile nobody can tell."""
    await lexware.lexware.control.fault("POST", "/v1/vouchers", "drop_before_commit", 1)
    effect = DocumentEffect(client, books.tenant_id, "A-1")
    assert isinstance(await EffectRunner(database, WAITS).ensure(effect), Later)
    await asyncio.sleep(WAITS.trust_time.total_seconds() + WAITS.read_lag)
    successor = EffectRunner(database, WAITS)
    for _ in range(3):
        assert isinstance(await successor.ensure(effect), Later)
        await asyncio.sleep(WAITS.read_lag)
    assert await attempt_states(database, effect.key) == ["open"]
    await run_until_decided(successor, effect)
    assert await attempt_states(database, effect.key) == ["absent", "bound"]
