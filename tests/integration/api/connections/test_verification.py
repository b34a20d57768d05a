"""Linking asks the real interfaces: what simulators of shop and books answer decides what is kept."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.app import create_app
from api.upstream import UpstreamChecks
from common.db.engine import Database
from common.db.secrets import Secrets
from common.http.transport import Network
from common.lexware.connect import LexwareClients
from common.settings import HostPolicy, LexwareSettings
from integration.api.harness import Api, FakeChecks, api_settings, books_body, shop_body
from sandbox.testing import RunningSandbox, running_sandbox
from support.wire import wire_server

PATH = "/api/v1/connections"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What others answer does not depend on our database: one of the two is enough."""
    return sqlite_url


@pytest.fixture
async def far_side() -> AsyncIterator[RunningSandbox]:
    """Simulators of shop and books."""
    async with running_sandbox("epages", "lexware") as running:
        yield running


@pytest.fixture
async def linked(database: Database, far_side: RunningSandbox) -> AsyncIterator[Api]:
    """The api that asks the simulators."""
    settings = api_settings(
        lexware=LexwareSettings(api_url=far_side.lexware.base_url),
        hosts=HostPolicy(trusted_hosts=("127.0.0.1",)),
    )
    async with Network() as network:
        books = LexwareClients(database, Secrets(settings.encryption_keys), settings.lexware, network)
        app = create_app(settings, database, UpstreamChecks(network, books))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            yield Api(app, database, FakeChecks(), client)


def shop_of(far_side: RunningSandbox, tenant_id: UUID, **more: Any) -> dict[str, Any]:
    given = far_side.epages.credentials
    secrets = {"access_token": given["access_token"], "client_secret": given["client_secret"]}
    return shop_body(tenant_id, **{"base_url": given["base_url"], **secrets, **more})


def books_of(far_side: RunningSandbox, tenant_id: UUID, **more: Any) -> dict[str, Any]:
    return books_body(tenant_id, **{"api_key": far_side.lexware.credentials["api_key"], **more})


async def test_good_credentials_are_kept(linked: Api, far_side: RunningSandbox) -> None:
    tenant_id = await linked.tenant()
    shop = await linked.post(PATH, shop_of(far_side, tenant_id))
    books = await linked.post(PATH, books_of(far_side, tenant_id))
    assert [shop.status_code, books.status_code] == [201, 201]
    assert books.json()["organization_id"] == far_side.lexware.credentials["organization_id"]


async def test_wrong_credentials_are_named_as_such(linked: Api, far_side: RunningSandbox) -> None:
    tenant_id = await linked.tenant()
    for body in (
        shop_of(far_side, tenant_id, access_token="no-such-token"),
        books_of(far_side, tenant_id, api_key="no-such-key"),
    ):
        answer = await linked.post(PATH, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "credentials_refused")


async def test_an_address_without_a_shop_is_named_as_such(linked: Api, far_side: RunningSandbox) -> None:
    url = f"{far_side.lexware.base_url}/rs/shops/None"
    answer = await linked.post(PATH, shop_of(far_side, await linked.tenant(), base_url=url))
    assert (answer.status_code, answer.json()["code"]) == (422, "upstream_not_recognised")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "foreign_refusal"),
        (401, "foreign_refusal"),
        (404, "upstream_not_recognised"),
    ],
)
@pytest.mark.parametrize("body", ["html", "json", "empty"])
async def test_who_refuses_in_front_of_the_shop_is_not_taken_for_the_shop(
    linked: Api, far_side: RunningSandbox, status: int, code: str, body: str
) -> None:
    root = "/rs/shops/{shop_id}"
    await far_side.epages.control.fault("GET", root, "foreign_refusal", status=status, body=body)
    answer = await linked.post(PATH, shop_of(far_side, await linked.tenant()))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await linked.get(PATH)).json()["items"] == []


async def test_a_silent_host_is_a_problem_to_try_again(linked: Api, far_side: RunningSandbox) -> None:
    url = "http://127.0.0.1:9/rs/shops/None"
    answer = await linked.post(PATH, shop_of(far_side, await linked.tenant(), base_url=url))
    assert (answer.status_code, answer.json()["code"]) == (503, "upstream_unavailable")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("kind", ["html_answer", "truncated_answer", "drop_before_commit"])
async def test_an_answer_that_is_none_keeps_nothing(linked: Api, far_side: RunningSandbox, kind: str) -> None:
    tenant_id = await linked.tenant()
    await far_side.lexware.control.fault("GET", "/v1/profile", kind, times=None)
    answer = await linked.post(PATH, books_of(far_side, tenant_id))
    assert answer.json()["code"] in {"upstream_not_recognised", "upstream_unavailable"}
    assert (await linked.get(PATH)).json()["items"] == []


async def test_a_plan_without_bookkeeping_is_named_as_such(linked: Api, far_side: RunningSandbox) -> None:
    made = await far_side.lexware.control.post("organizations", {"businessFeatures": ["INVOICING"]})
    answer = await linked.post(PATH, books_of(far_side, await linked.tenant(), api_key=made["api_key"]))
    assert (answer.status_code, answer.json()["code"]) == (422, "bookkeeping_missing")


async def test_the_key_of_another_organization_halts_the_line(linked: Api, far_side: RunningSandbox) -> None:
    tenant_id = await linked.tenant()
    await linked.post(PATH, books_of(far_side, tenant_id))
    made = await far_side.lexware.control.post("organizations", {})
    answer = await linked.post(PATH, books_of(far_side, tenant_id, api_key=made["api_key"]))
    assert answer.json()["state"] == "halted"
    assert answer.json()["pending_organization_id"] == made["organization_id"]


async def test_a_shop_that_packs_its_answers_in_another_way_is_told_what_to_tell_the_hoster(
    linked: Api, far_side: RunningSandbox
) -> None:
    packed = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"
    async with wire_server(lambda server, exchange, writer: writer.write(packed)) as server:
        url = f"{server.url}/rs/shops/A"
        answer = await linked.post(PATH, shop_of(far_side, await linked.tenant(), base_url=url))
    assert (answer.status_code, answer.json()["code"]) == (422, "answer_encoding_refused")
    assert "Accept-Encoding: identity" in answer.json()["detail"]
