"""R55: one shop is one connection under every address; a move needs proof, and keeps the connection's id."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from api.app import create_app
from api.upstream import UpstreamChecks
from common.db.engine import Database
from common.db.models.core import AuditRow, ConnectionRow
from common.db.models.ingest import OrderRow
from common.db.secrets import Secrets
from common.events.commands import FetchShop
from common.http.transport import Network
from common.lexware.connect import LexwareClients
from common.settings import HostPolicy
from integration.api.harness import Api, FakeChecks, api_settings, secret_of, shop_body
from integration.api.rows import order_row
from sandbox.testing import RunningSandbox, running_sandbox

PATH = "/api/v1/connections"
HERE, THERE = "127.0.0.1", "127.0.0.2"  # one simulator answers at both, as a shop under two domains does
HOSTS = HostPolicy(trusted_hosts=(HERE, THERE, "localhost"))


@pytest.fixture
async def far_side(tmp_path: Path) -> AsyncIterator[RunningSandbox]:
    """A shop that answers under every name of this machine."""
    async with running_sandbox("epages", host="0.0.0.0", data_dir=tmp_path / "shop") as running:
        yield running


@pytest.fixture
async def api(database: Database) -> AsyncIterator[Api]:
    """The api that asks the simulators."""
    settings = api_settings(hosts=HOSTS)
    async with Network() as network:
        books = LexwareClients(database, Secrets(settings.encryption_keys), settings.lexware, network)
        app = create_app(settings, database, UpstreamChecks(network, books))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            yield Api(app, database, FakeChecks(), client)


def body(shop: dict[str, Any], tenant_id: UUID, host: str = HERE, **more: Any) -> dict[str, Any]:
    """A request to link the simulated shop at this name of the machine."""
    secrets = {"access_token": shop["access_token"], "client_secret": shop["client_secret"]}
    base_url = shop["base_url"].replace(HERE, host)
    return shop_body(tenant_id, **{"base_url": base_url, **secrets, **more})


async def sell(far_side: RunningSandbox, count: int = 3, shop: str = "DemoShop") -> list[str]:
    sold = [await far_side.epages.control.post("orders/sell", {"shop": shop}) for _ in range(count)]
    return [one["order_id"] for one in sold]


async def take_over(api: Api, connection: dict[str, Any], order_ids: list[str]) -> None:
    """What ingest keeps of orders it has read."""
    tenant_id, connection_id = UUID(connection["tenant_id"]), UUID(connection["id"])
    for number, order_id in enumerate(order_ids):
        row = order_row(tenant_id, connection_id, str(number), str(number))
        await api.add(OrderRow, {**row, "order_id": order_id})


async def rows(api: Api) -> dict[str, tuple[str, str]]:
    async with api.db.reading.of_all_tenants() as session:
        found = (await session.scalars(select(ConnectionRow))).all()
    return {str(row.connection_id): (row.address, row.state) for row in found}


async def linked(api: Api, wanted: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post(PATH, wanted)
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json())


async def test_a_shop_read_before_is_known_under_another_host(api: Api, far_side: RunningSandbox) -> None:
    shop, tenant_id = far_side.epages.credentials, await api.tenant()
    first = await linked(api, body(shop, tenant_id))
    await take_over(api, first, await sell(far_side))
    answer = await api.post(PATH, body(shop, tenant_id, THERE))
    assert (answer.status_code, answer.json()["code"]) == (409, "shop_linked_elsewhere")
    assert first["id"] in answer.json()["detail"]
    assert "replace" in answer.json()["detail"]
    assert list(await rows(api)) == [first["id"]]


@pytest.mark.parametrize("is_disabled", [False, True])
async def test_on_a_persons_word_the_connection_moves_and_keeps_its_id(
    api: Api, far_side: RunningSandbox, is_disabled: bool
) -> None:
    shop, tenant_id = far_side.epages.credentials, await api.tenant()
    first = await linked(api, body(shop, tenant_id))
    await take_over(api, first, await sell(far_side))
    if is_disabled:
        await api.post(f"{PATH}/{first['id']}/disable")
        assert (await api.post(PATH, body(shop, tenant_id, THERE))).status_code == 409
    answer = await api.post(PATH, body(shop, tenant_id, THERE, replace=True, name="New home"))
    assert (answer.status_code, answer.json()["id"]) == (200, first["id"])
    assert (answer.json()["name"], answer.json()["state"]) == ("New home", "active")
    assert await rows(api) == {first["id"]: (shop["base_url"].replace(HERE, THERE), "active")}
    [moved] = [row for row in await api.rows(AuditRow) if row.action == "connection.moved"]
    assert (moved.details["from"], moved.details["to"]) == (
        shop["base_url"],
        shop["base_url"].replace(HERE, THERE),
    )
    assert isinstance((await api.commands())[-1], FetchShop)


async def test_a_shop_whose_old_address_is_dead_moves_by_itself(api: Api, tmp_path: Path) -> None:
    tenant_id, folder = await api.tenant(), tmp_path / "moving"
    async with running_sandbox("epages", data_dir=folder) as before:
        first = await linked(api, body(before.epages.credentials, tenant_id))
        await take_over(api, first, await sell(before))
        await api.post(f"{PATH}/{first['id']}/disable")
    async with running_sandbox("epages", data_dir=folder) as after:
        shop = after.epages.credentials
        answer = await api.post(PATH, body(shop, tenant_id))
        assert (answer.status_code, answer.json()["id"]) == (200, first["id"])
        assert await rows(api) == {first["id"]: (shop["base_url"], "active")}


@pytest.mark.parametrize(
    ("kind", "params", "moves"),
    [
        ("forbidden", {}, True),
        ("not_found_lag", {}, True),
        ("html_answer", {}, True),
        ("foreign_refusal", {"status": 404}, True),
        ("foreign_refusal", {"status": 403}, False),
        ("server_error", {"status": 503}, False),
        ("rate_limited", {}, False),
        ("drop_before_commit", {}, False),
    ],
)
async def test_the_old_address_counts_as_dead_only_when_it_says_so(
    api: Api, far_side: RunningSandbox, kind: str, params: dict[str, Any], moves: bool
) -> None:
    shop, tenant_id = far_side.epages.credentials, await api.tenant()
    first = await linked(api, body(shop, tenant_id))
    await take_over(api, first, await sell(far_side))
    # One token is good at both names, so the fault is what the old one answers: it is asked last.
    await far_side.epages.control.fault("GET", "/rs/shops/{shop_id}", "slow", delay=0)
    await far_side.epages.control.fault("GET", "/rs/shops/{shop_id}", kind, times=None, **params)
    answer = await api.post(PATH, body(shop, tenant_id, THERE))
    assert answer.status_code == (200 if moves else 409)
    assert await rows(api) == {
        first["id"]: (shop["base_url"].replace(HERE, THERE if moves else HERE), "active")
    }


@pytest.mark.parametrize("spelling", ["localhost", "[::ffff:127.0.0.1]", "127.0.0.1."])
async def test_another_name_of_this_machine_is_the_same_shop_even_without_orders(
    api: Api, far_side: RunningSandbox, spelling: str
) -> None:
    shop, tenant_id = far_side.epages.credentials, await api.tenant()
    first = await linked(api, body(shop, tenant_id))
    again = await linked(api, body(shop, tenant_id, spelling))
    assert again["id"] == first["id"]
    assert len(await rows(api)) == 1
    other = await api.post(PATH, body(shop, await api.tenant("Other"), spelling))
    assert other.json()["code"] == "shop_linked_elsewhere"


async def test_two_real_shops_may_share_an_id_on_two_hosts(api: Api, far_side: RunningSandbox) -> None:
    tenant_id = await api.tenant()
    for with_orders in (False, True):
        name = f"Twin{int(with_orders)}"
        create = far_side.epages.control.post
        twins = [await create("shops", {"shop_id": name, "host": host}) for host in (None, "localhost")]
        assert twins[0]["base_url"] != twins[1]["base_url"]
        connections = []
        for twin in twins:
            connections.append(await linked(api, body(twin, tenant_id, replace=with_orders)))
            if with_orders:
                await take_over(api, connections[-1], await sell(far_side, shop=twin["shop"]))
        assert connections[0]["id"] != connections[1]["id"]
        relinked = [await linked(api, body(twin, tenant_id)) for twin in twins]
        assert [one["id"] for one in relinked] == [one["id"] for one in connections]
    assert len(await rows(api)) == 4


async def test_the_same_shop_of_another_tenant_is_refused_under_another_host(
    api: Api, far_side: RunningSandbox
) -> None:
    shop = far_side.epages.credentials
    first = await linked(api, body(shop, await api.tenant("First")))
    await take_over(api, first, await sell(far_side))
    for more in ({}, {"replace": True}):
        answer = await api.post(PATH, body(shop, await api.tenant("Second"), THERE, **more))
        assert (answer.status_code, answer.json()["code"]) == (409, "shop_linked_elsewhere")
        assert first["id"] not in answer.text
        assert first["tenant_id"] not in answer.text
    assert list(await rows(api)) == [first["id"]]


async def test_both_sides_are_asked_while_nothing_was_read_yet(api: Api, far_side: RunningSandbox) -> None:
    shop, tenant_id = far_side.epages.credentials, await api.tenant()
    await sell(far_side)
    first = await linked(api, body(shop, tenant_id))
    answer = await api.post(PATH, body(shop, tenant_id, THERE))
    assert (answer.status_code, answer.json()["code"]) == (409, "shop_linked_elsewhere")
    assert list(await rows(api)) == [first["id"]]


async def test_an_order_of_long_ago_is_asked_for(api: Api, far_side: RunningSandbox) -> None:
    shop, tenant_id = far_side.epages.credentials, await api.tenant()
    old = await sell(far_side, 1)
    await far_side.epages.control.post("bulk/documents", {"shops": ["DemoShop"], "count": 700})
    first = await linked(api, body(shop, tenant_id))
    await take_over(api, first, old)
    answer = await api.post(PATH, body(shop, tenant_id, THERE))
    assert (answer.status_code, answer.json()["code"]) == (409, "shop_linked_elsewhere")


async def test_a_shop_that_comes_back_to_an_address_left_before_goes_on_with_its_connection(
    api: Api, far_side: RunningSandbox
) -> None:
    shop, tenant_id = far_side.epages.credentials, await api.tenant()
    left = await linked(api, body(shop, tenant_id))
    await api.post(f"{PATH}/{left['id']}/disable")
    orders = await sell(far_side)
    connection_id = uuid4()
    await api.add(
        ConnectionRow,
        {
            "connection_id": connection_id,
            "tenant_id": tenant_id,
            "kind": "shop",
            "platform": "epages",
            "name": "Used",
            "address": shop["base_url"].replace(HERE, THERE),
            "state": "active",
            "config": {},
            "created_at": (await api.rows(ConnectionRow))[0].created_at,
        },
    )
    await take_over(api, {"id": str(connection_id), "tenant_id": str(tenant_id)}, orders)
    assert (await api.post(PATH, body(shop, tenant_id))).status_code == 409
    back = await linked(api, body(shop, tenant_id, replace=True))
    assert back["id"] == str(connection_id)
    assert await rows(api) == {
        str(connection_id): (shop["base_url"], "active"),
        left["id"]: (shop["base_url"].replace(HERE, THERE), "disabled"),
    }
    assert await secret_of(api, back, "access_token") == shop["access_token"]


@pytest.fixture
async def claiming(far_side: RunningSandbox) -> AsyncIterator[RunningSandbox]:
    """Another server, which names the first one's host as its own."""
    async with running_sandbox("epages") as running:
        await running.epages.control.settings(link_host=far_side.epages.base_url.partition("://")[2])
        yield running


async def named_alike(far_side: RunningSandbox, claiming: RunningSandbox) -> list[dict[str, Any]]:
    """A shop, and one on the other server that claims its storefront: same id, same path, same host named."""
    return [await one.epages.control.post("shops", {"shop_id": "Own"}) for one in (far_side, claiming)]


async def test_who_claims_a_storefront_first_keeps_nobody_out_of_his_own(
    api: Api, far_side: RunningSandbox, claiming: RunningSandbox
) -> None:
    own, claim = await named_alike(far_side, claiming)
    first = await linked(api, body(claim, await api.tenant("Claims it")))
    second = await linked(api, body(own, await api.tenant("Owns it")))
    assert {one: state for one, (_, state) in (await rows(api)).items()} == {
        first["id"]: "active",
        second["id"]: "active",
    }


@pytest.mark.parametrize("more", [{}, {"replace": True}])
async def test_who_claims_a_storefront_later_is_refused_and_changes_nothing(
    api: Api, far_side: RunningSandbox, claiming: RunningSandbox, more: dict[str, Any]
) -> None:
    own, claim = await named_alike(far_side, claiming)
    first = await linked(api, body(own, await api.tenant("Owns it")))
    before = await rows(api)
    answer = await api.post(PATH, body(claim, await api.tenant("Claims it"), **more))
    assert (answer.status_code, answer.json()["code"]) == (409, "shop_linked_elsewhere")
    assert first["id"] not in answer.text
    assert await rows(api) == before


async def test_orders_on_both_sides_and_none_in_common_make_a_claimed_storefront_worthless(
    api: Api, far_side: RunningSandbox, claiming: RunningSandbox
) -> None:
    own, claim = await named_alike(far_side, claiming)
    await sell(far_side, 2, "Own")
    first = await linked(api, body(claim, await api.tenant("Claims it")))
    await take_over(api, first, [str(uuid4()).upper()])
    await linked(api, body(own, await api.tenant("Owns it")))
    assert len(await rows(api)) == 2
