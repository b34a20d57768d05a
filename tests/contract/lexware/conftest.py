"""One simulator for all tests of this folder, put back to its first moment before each."""

from collections.abc import AsyncIterator, Iterator

import pytest

from contract.lexware.office import SCALE, Office, client
from sandbox.server import SandboxServer
from sandbox.testing import connected, sandbox_thread


@pytest.fixture(scope="session")
def lexware_server() -> Iterator[SandboxServer]:
    """A running simulator fifty times faster than the real one, without limit and lag."""
    calm = {"rate_limit": False, "read_lag": 0, "search_lag": 0, "contact_lag": 0, "body_timeout": 30 / SCALE}
    thread = sandbox_thread("lexware", time_scale=SCALE, switches={"lexware": calm})
    yield thread.start()
    thread.stop()


@pytest.fixture
async def office(lexware_server: SandboxServer) -> AsyncIterator[Office]:
    """The demo organization's books."""
    async with connected(lexware_server) as sandbox:
        await sandbox.lexware.control.reset()
        entry = sandbox.lexware.credentials
        headers = {"Authorization": f"Bearer {entry['api_key']}"}
        async with client(entry["base_url"], headers) as http:
            yield Office(http, sandbox.lexware.control, entry)
