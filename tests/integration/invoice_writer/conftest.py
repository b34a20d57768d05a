"""The writer's harness on both databases."""

from collections.abc import AsyncIterator

import pytest

from common.db.engine import Database
from common.http.transport import Network
from common.settings import EffectSettings
from integration.invoice_writer.harness import Harness
from sandbox.testing import running_sandbox

SCALE = 0.01


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Harness]:
    """A merchant with books, and a writer whose waits are a hundredth of the real ones."""
    switches = {"lexware": {"rate_limit": False}}
    async with (
        running_sandbox("lexware", time_scale=SCALE, switches=switches) as sandbox,
        Network() as network,
    ):
        harness = Harness(database, sandbox.lexware, network, EffectSettings().scaled(SCALE))
        await harness.set_up()
        yield harness
