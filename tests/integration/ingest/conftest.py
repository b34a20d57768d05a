"""Fixtures for tests of ingest against the simulated shop."""

from collections.abc import AsyncIterator

import pytest

from common.db.engine import Database
from common.http.transport import Network
from integration.ingest.harness import Ingest
from sandbox.testing import Handle, running_sandbox


@pytest.fixture
async def epages(request: pytest.FixtureRequest) -> AsyncIterator[Handle]:
    """A shop platform of its own for each test; its waits are scaled by the parameter, if there is one."""
    async with running_sandbox("epages", time_scale=getattr(request, "param", 1.0)) as sandbox:
        yield sandbox.epages


@pytest.fixture
async def ingest(database: Database, epages: Handle) -> AsyncIterator[Ingest]:
    """Ingest's parts around the database and the simulated shop."""
    async with Network() as network:
        yield Ingest(database, epages, network)
