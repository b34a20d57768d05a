"""The api on a database that only one test uses."""

from collections.abc import AsyncIterator

import httpx
import pytest

from api.app import create_app
from common.db.engine import Database
from integration.api.harness import Api, FakeChecks, Tenant, api_settings
from integration.api.populated import populate


@pytest.fixture
async def api(database: Database) -> AsyncIterator[Api]:
    """The api without any tenant."""
    checks = FakeChecks()
    app = create_app(api_settings(), database, checks)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
        yield Api(app, database, checks, client)


@pytest.fixture
async def populated(api: Api) -> list[Tenant]:
    """Two tenants with one of everything each."""
    return [await populate(api, "Alpha", "1001"), await populate(api, "Beta", "Beta-1")]
