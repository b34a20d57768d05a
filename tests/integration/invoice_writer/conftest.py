"""The writer's harness on both databases."""

from collections.abc import AsyncIterator

import pytest

from common.db.engine import Database
from common.http.transport import Network
from common.settings import EffectSettings
from integration.invoice_writer.harness import Harness
from invoice_writer.settings import ContactSettings
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
        effects, contacts = EffectSettings().scaled(SCALE), ContactSettings().scaled(SCALE)
        harness = Harness(database, sandbox.lexware, network, effects, contacts)
        await harness.set_up()
        yield harness
