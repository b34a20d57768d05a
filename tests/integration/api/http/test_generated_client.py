"""A client that a well-known generator makes of the description works, without a warning of the generator."""

import asyncio
import importlib
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import orjson
import pytest

from api.http import WebServer
from common.archive import Archive
from integration.api.harness import ADMIN, Api
from integration.api.http.test_openapi import DESCRIPTION

PACKAGE = "shopbooks_client_of_the_test"
BYTES = "application/octet-stream"
CONFIG = {"content_type_overrides": {"application/pdf": BYTES, "application/xml": BYTES}}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package the generator made, importable."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_bytes(orjson.dumps(DESCRIPTION))
    (folder / "config.json").write_bytes(orjson.dumps(CONFIG | {"post_hooks": []}))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"),
            *("--path", folder / "openapi.json", "--config", folder / "config.json"),
            *("--output-path", folder / PACKAGE, "--fail-on-warning"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield folder / PACKAGE
    sys.path.remove(str(folder))


@pytest.fixture
async def client(api: Api, generated: Path) -> AsyncIterator[Any]:
    """The generated client, speaking HTTP with the api."""
    stop = asyncio.Event()
    server = WebServer(api.app, "127.0.0.1", 0, asyncio.Event())
    serving = asyncio.create_task(server.run(stop))
    url = f"http://127.0.0.1:{await server.port()}"
    async with part("client").AuthenticatedClient(base_url=url, token=ADMIN) as opened:
        yield opened
    stop.set()
    await serving


def part(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


async def test_the_generated_client_makes_changes_and_reads(api: Api, client: Any) -> None:
    models = part("models")
    wanted = models.TenantCreate(
        name="Muster", settings=models.SettingsValues(contact_rule=models.ContactRule(from_gross="49.90"))
    )
    tenant = await part("api.tenants.create_tenant").asyncio(client=client, body=wanted)
    assert isinstance(tenant, models.TenantRead)

    patch = models.SettingsPatch(values=models.SettingsPatchValues.from_dict({"mode": "paused"}), version=1)
    change = part("api.tenants.change_settings").asyncio
    changed = await change(tenant.id, client=client, body=patch)
    assert isinstance(changed, models.SettingsRead)
    assert (changed.number, changed.values.mode, changed.values.contact_rule.from_gross) == (
        2,
        "paused",
        "49.90",
    )
    refused = await change(tenant.id, client=client, body=patch)
    assert isinstance(refused, models.Problem)
    assert (refused.status, refused.code) == (412, "version_outdated")


async def test_the_generated_client_gets_a_file_as_it_is(api: Api, client: Any) -> None:
    tenant_id = await api.tenant()
    shop = UUID((await api.shop(tenant_id))["id"])
    document_id = await api.document(tenant_id, shop, "1", file="%PDF of a document")
    async with api.db.sessions.of_all_tenants() as session:
        await Archive().store(session, tenant_id, b"%PDF of a document", "application/pdf")
    file = await part("api.documents.get_document_file").asyncio(document_id, client=client)
    assert file.payload.read() == b"%PDF of a document"


async def test_the_generated_client_needs_no_token_where_none_is_needed(client: Any) -> None:
    directory = await part("api.service.get_directory").asyncio(client=client)
    assert directory.openapi == "/openapi.json"
