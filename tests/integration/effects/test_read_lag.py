"""Reads that lag behind writes, as the real ones do."""

from collections.abc import AsyncIterator

import pytest

from common.db.engine import Database
from common.domain.stored_words import BoundHow
from common.effects.effect import Bound
from common.effects.runner import EffectRunner
from common.lexware.client import LexwareClient
from sandbox.testing import RunningSandbox
from support.books import LAGGING, WAITS, Books, DocumentEffect, lexware_simulator
from support.deciding import run_until_decided, vouchers


@pytest.fixture
async def lexware() -> AsyncIterator[RunningSandbox]:
    async with lexware_simulator(LAGGING) as running:
        yield running


@pytest.mark.parametrize("delay", [None, 85])
async def test_a_late_commit_shown_late_is_still_found(
    lexware: RunningSandbox, database: Database, books: Books, client: LexwareClient, delay: float | None
) -> None:
    if delay is None:
        await lexware.lexware.control.fault("POST", "/v1/vouchers", "drop_after_commit")
    else:
        await lexware.lexware.control.fault("POST", "/v1/vouchers", "late_commit", delay=delay)
    effect = DocumentEffect(client, books.tenant_id, "A-1")
    result = await run_until_decided(EffectRunner(database, WAITS), effect)
    (voucher,) = await vouchers(lexware, "A-1")
    assert result == Bound(voucher["id"], BoundHow.RECONCILED)
