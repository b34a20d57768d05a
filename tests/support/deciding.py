"""Drives effects until they are decided, and looks at what the simulator and the database hold then."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy import select

from common.db.engine import Database
from common.db.models.effects import AlarmRow, AttemptRow
from common.domain.stored_words import AttemptState
from common.effects.effect import Effect, EffectResult
from common.effects.runner import EffectRunner
from common.later import Later
from common.lexware.client import LexwareClient
from invoice_writer.contacts import ContactNeed, Contacts
from invoice_writer.files import FileResult, VoucherFile, VoucherFiles
from sandbox.testing import RunningSandbox

DEADLINE_SECONDS = 60.0

R = TypeVar("R")


async def run_until_decided(runner: EffectRunner, effect: Effect) -> EffectResult:
    """Ensure the effect until it is decided. Returns its result."""
    return await _once_decided(lambda: runner.ensure(effect))


async def run_contact_until_decided(contacts: Contacts, need: ContactNeed) -> EffectResult:
    """Ensure the contact until it is decided. Returns its result."""
    return await _once_decided(lambda: contacts.ensure(need))


async def run_file_until_decided(files: VoucherFiles, client: LexwareClient, file: VoucherFile) -> FileResult:
    """Ensure the file until it is decided. Returns its result."""
    return await _once_decided(lambda: files.ensure(client, file))


async def _once_decided(ensure: Callable[[], Awaitable[R | Later]]) -> R:
    """Try again until nothing is pending; waits are cut short, the database's clock decides."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while isinstance(result := await ensure(), Later):
        assert time.monotonic() < deadline, f"still {result}"
        await asyncio.sleep(min(result.after.total_seconds(), 0.1))
    return result


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
    async with database.reading.of_all_tenants() as session:
        return list((await session.scalars(query)).all())


async def attempt_states(database: Database, key: str, *, withdrawn: bool = False) -> list[str]:
    """The states of an effect's attempts, oldest first; those a slow machine withdrew only if asked."""
    query = select(AttemptRow.state).where(AttemptRow.effect_key == key).order_by(AttemptRow.number)
    async with database.reading.of_all_tenants() as session:
        states = (await session.scalars(query)).all()
    return [state for state in states if withdrawn or state != AttemptState.WITHDRAWN]
