"""Drives effects until they are decided, and looks at what the simulator and the database hold then."""

import asyncio
import time
from typing import Any

from sqlalchemy import select

from common.db.engine import Database
from common.db.models.effects import AlarmRow, AttemptRow
from common.effects.attempts import WITHDRAWN
from common.effects.effect import Effect, EffectResult, Pending
from common.effects.files import FileResult, FileStep, VoucherFile
from common.effects.runner import EffectRunner
from common.lexware.client import LexwareClient
from sandbox.testing import RunningSandbox

DEADLINE_SECONDS = 30.0


async def run_until_decided(runner: EffectRunner, effect: Effect) -> EffectResult:
    """The result once it is not pending any more; waits are cut short, the database's clock decides."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        result = await runner.ensure(effect)
        if not isinstance(result, Pending):
            return result
        await asyncio.sleep(min(result.retry_after.total_seconds(), 0.1))
    raise AssertionError("still pending")


async def run_file_until_decided(step: FileStep, client: LexwareClient, file: VoucherFile) -> FileResult:
    """The result once it is not pending any more."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        result = await step.ensure(client, file)
        if not isinstance(result, Pending):
            return result
        await asyncio.sleep(min(result.retry_after.total_seconds(), 0.1))
    raise AssertionError("still pending")


async def vouchers(running: RunningSandbox, number: str) -> list[dict[str, Any]]:
    """The vouchers of that number, as they truly are."""
    state = await running.lexware.control.state(only="vouchers")
    return [voucher for voucher in state["vouchers"] if voucher["voucherNumber"] == number]


async def requests(running: RunningSandbox) -> dict[str, int]:
    """How often each endpoint was asked."""
    return dict((await running.lexware.control.state(only=""))["requests"])


async def alarms(database: Database, kind: str, *, still_open: bool = False) -> list[dict[str, Any]]:
    """Evidence of the alarms of a kind, of all that ever were or of those that are open."""
    query = select(AlarmRow.evidence).where(AlarmRow.kind == kind)
    if still_open:
        query = query.where(AlarmRow.closed_at.is_(None))
    async with database.reading.begin() as session:
        return list((await session.scalars(query)).all())


async def attempt_states(database: Database, key: str, *, withdrawn: bool = False) -> list[str]:
    """The states of an effect's attempts, oldest first; those a slow machine withdrew only if asked."""
    query = select(AttemptRow.state).where(AttemptRow.effect_key == key).order_by(AttemptRow.number)
    async with database.reading.begin() as session:
        states = (await session.scalars(query)).all()
    return [state for state in states if withdrawn or state != WITHDRAWN]
