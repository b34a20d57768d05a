"""The writer's harness on both databases."""

from collections.abc import AsyncIterator

import pytest

from common.db.engine import Database
from common.http.transport import Network
from integration.invoice_writer.harness import CALM, EFFECTS, SCALE, Harness
from invoice_writer.settings import ContactSettings
from sandbox.testing import running_sandbox


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Harness]:
    """A merchant with books, and a writer whose waits are a hundredth of the real ones."""
    async with (
        running_sandbox("lexware", time_scale=SCALE, switches={"lexware": CALM}) as sandbox,
        Network() as network,
    ):
        contacts = ContactSettings().scaled(SCALE)
        harness = Harness(database, sandbox.lexware, network, EFFECTS, contacts)
        await harness.set_up()
        yield harness
