"""The writer's harness on both databases."""

from collections.abc import AsyncIterator

import pytest

from common.db.engine import Database
from common.http.transport import Network
from common.settings import ViesSettings
from integration.invoice_writer.checking import Checking
from integration.invoice_writer.harness import CALM, EFFECTS, SCALE, Writer
from invoice_writer.settings import ContactSettings
from sandbox.testing import running_sandbox


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    """A merchant with books, and a writer whose waits are a hundredth of the real ones."""
    async with (
        running_sandbox("lexware", time_scale=SCALE, switches={"lexware": CALM}) as sandbox,
        Network() as network,
    ):
        contacts = ContactSettings().scaled(SCALE)
        harness = Writer(database, sandbox.lexware, network, EFFECTS, contacts)
        await harness.set_up()
        yield harness


@pytest.fixture
async def checking(database: Database) -> AsyncIterator[Checking]:
    """A merchant whose buyers have VAT ids, and a VIES that is calm unless told otherwise."""
    switches = {"lexware": CALM, "vies": {"outages": 0, "body_timeout": CALM["body_timeout"]}}
    async with (
        running_sandbox("lexware", "vies", time_scale=SCALE, switches=switches) as sandbox,
        Network() as network,
    ):
        harness = Writer(database, sandbox.lexware, network, EFFECTS)
        await harness.set_up()
        settings = ViesSettings(api_url=sandbox.vies.credentials["base_url"], timeout_seconds=5)
        yield Checking(harness, sandbox.vies, settings=settings)
