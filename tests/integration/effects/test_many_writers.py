"""Many processes at the same effect, pauses beyond the waits, and answers that come too late."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.engine import Database, open_database
from common.domain.stored_words import BoundHow
from common.effects.effect import Bound, EffectResult, OnBound
from common.effects.gate import Gate
from common.effects.runner import EffectRunner
from common.http.errors import Withdrawn
from common.later import Later
from common.lexware.client import LexwareClient
from common.settings import DatabaseSettings
from sandbox.testing import Handle, RunningSandbox
from support.books import PATIENT, TIME_SCALE, WAITS, Books, DocumentEffect
from support.deciding import alarms, attempt_states, run_until_decided, vouchers


@dataclass
class Stalling(DocumentEffect):
    """Stands still before it sends until it is woken and its gate is shut, as a process that was stopped."""

    woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, gate: Gate) -> str:
        await self.woken.wait()
        while gate.elapsed <= WAITS.gate:
            await asyncio.sleep(0.01)
        return await super().send(gate)


async def test_many_runners_at_once_write_one_voucher(
    lexware: RunningSandbox, database: Database, database_url: str, books: Books, client: LexwareClient
) -> None:
    other = open_database(DatabaseSettings(url=database_url))
    effects = [DocumentEffect(client, books.tenant_id, f"A-{number}") for number in range(3)]
    results: dict[str, list[EffectResult]] = {effect.number: [] for effect in effects}

    async def work(db: Database, effect: DocumentEffect) -> None:
        results[effect.number].append(await run_until_decided(EffectRunner(db, WAITS), effect))

    await asyncio.gather(*(work(db, effect) for effect in effects for db in (database, other) * 3))
    await other.close()
    for effect in effects:
        (voucher,) = await vouchers(lexware, effect.number)
        ids = {result.external_id for result in results[effect.number] if isinstance(result, Bound)}
        assert (len(results[effect.number]), ids) == (6, {voucher["id"]})
    assert await alarms(database, "duplicate") == []
    assert len(await alarms(database, "test_bound")) == 3


async def test_a_pause_beyond_the_gate_withdraws_and_the_next_try_writes(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient
) -> None:
    stalling = Stalling(client, books.tenant_id, "A-1")
    stalling.woken.set()
    stalled = await EffectRunner(database, WAITS).ensure(stalling)
    assert isinstance(stalled, Later)
    assert stalled.reason == Withdrawn.code
    assert await vouchers(lexware, "A-1") == []
    effect = DocumentEffect(client, books.tenant_id, "A-1")
    assert isinstance(await EffectRunner(database, PATIENT).ensure(effect), Bound)
    assert await attempt_states(database, effect.key, withdrawn=True) == ["withdrawn", "bound"]


async def test_a_pause_beyond_the_trust_time_ends_in_one_voucher(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient
) -> None:
    late = Stalling(client, books.tenant_id, "A-1")
    stalling = asyncio.create_task(EffectRunner(database, WAITS).ensure(late))
    effect = DocumentEffect(client, books.tenant_id, "A-1")
    while await attempt_states(database, effect.key) != ["open"]:
        await asyncio.sleep(0.01)
    result = await run_until_decided(EffectRunner(database, WAITS), effect)
    late.woken.set()
    await stalling
    (voucher,) = await vouchers(lexware, "A-1")
    assert result == Bound(voucher["id"], BoundHow.WRITTEN)
    assert await attempt_states(database, effect.key) == ["absent", "bound"]


class StandStill:
    """Stops the whole process between the gate and the last byte, once, until the server has given up."""

    def __init__(self, books: Handle) -> None:
        self._books, self._is_over = books, False

    def reach(self, step: str) -> None:
        if step == "gate_last_byte" and not self._is_over:
            self._is_over, before = True, self._incomplete()
            while self._incomplete() == before:
                time.sleep(0.02)

    def _incomplete(self) -> int:
        state: dict[str, int] = self._books.control_sync.get("/_control/state", params={"only": ""}).json()
        return state["incomplete"]


async def test_a_pause_between_gate_and_last_byte_is_ended_by_the_patience_of_the_server(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient
) -> None:
    await lexware.lexware.control.settings(body_timeout=WAITS.server_patience / TIME_SCALE)
    effect = DocumentEffect(client, books.tenant_id, "A-1")
    result = await run_until_decided(
        EffectRunner(database, WAITS, crash_points=StandStill(lexware.lexware)), effect
    )
    (voucher,) = await vouchers(lexware, "A-1")
    assert result == Bound(voucher["id"], BoundHow.WRITTEN)
    states = await attempt_states(database, effect.key, withdrawn=True)
    assert [state for state in states if state != "withdrawn"] == ["absent", "bound"]
    incomplete = (await lexware.lexware.control.state(only=""))["incomplete"]
    assert incomplete == 1 + states.count("withdrawn")  # a slow machine withdraws by leaving in the middle


async def test_an_answer_after_the_attempt_was_given_up_raises_the_alarm_and_blocks_another_write(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient
) -> None:
    @dataclass
    class Late(DocumentEffect):
        """Its answer comes after everybody stopped believing in it."""

        async def send(self, gate: Gate) -> str:
            voucher_id = await super().send(gate)
            while not await EffectRunner(database, WAITS).give_up_open_attempt(self.key):
                await asyncio.sleep(0.05)
            return voucher_id

    effect = Late(client, books.tenant_id, "A-1")
    assert isinstance(await EffectRunner(database, PATIENT).ensure(effect), Bound)
    (voucher,) = await vouchers(lexware, "A-1")
    (alarm,) = await alarms(database, "duplicate")
    assert alarm["late_answer"] == voucher["id"]


async def test_nothing_is_sent_after_the_order_to_stop(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient
) -> None:
    runner, effect = EffectRunner(database, WAITS), DocumentEffect(client, books.tenant_id, "A-1")
    runner.stop_arming()
    assert isinstance(await runner.ensure(effect), Later)
    assert await vouchers(lexware, "A-1") == []
    assert await attempt_states(database, effect.key) == []


async def test_what_follows_from_the_binding_is_in_its_transaction(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient
) -> None:
    with pytest.raises(ArithmeticError):
        await EffectRunner(database, PATIENT).ensure(Broken(client, books.tenant_id, "A-1"))
    effect = DocumentEffect(client, books.tenant_id, "A-1")
    assert await attempt_states(database, effect.key) == ["open"]
    assert await alarms(database, "test_bound") == []
    (voucher,) = await vouchers(lexware, "A-1")
    assert await run_until_decided(EffectRunner(database, WAITS), effect) == Bound(
        voucher["id"], BoundHow.RECONCILED
    )


async def test_effects_that_share_a_transaction_spoil_each_other_nothing(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient
) -> None:
    runner = EffectRunner(database, PATIENT)
    sound = [DocumentEffect(client, books.tenant_id, f"A-{number}") for number in range(20)]
    broken = [Broken(client, books.tenant_id, f"B-{number}") for number in range(3)]
    results = await asyncio.gather(
        *(runner.ensure(effect) for effect in (*broken, *sound)), return_exceptions=True
    )
    assert all(isinstance(result, ArithmeticError) for result in results[: len(broken)])
    assert all(isinstance(result, Bound) for result in results[len(broken) :])
    assert len(await alarms(database, "test_bound")) == len(sound)
    for effect in sound:
        assert await attempt_states(database, effect.key) == ["bound"]
        assert len(await vouchers(lexware, effect.number)) == 1
    for effect in broken:
        assert await attempt_states(database, effect.key) == ["open"]
        assert len(await vouchers(lexware, effect.number)) == 1


class Broken(DocumentEffect):
    """An effect whose binding cannot be recorded."""

    def on_bound(self, external_id: str, how: str) -> OnBound[Any]:
        return OnBound(_fail, super().on_bound(external_id, how))


async def _fail(session: AsyncSession, items: Sequence[OnBound[Any]]) -> None:
    for follow in items:
        await follow.write(session, [follow.item])
    raise ArithmeticError
