"""Connections: made once per address after asking the other side, linked again, disabled and fetched from."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from api.problems import (
    CredentialsRefused,
    NoSuchUpstream,
    UpstreamUnavailable,
)
from common.db.models.core import ConnectionRow, SecretRow
from common.db.models.ingest import ShopCursorRow
from common.events.commands import FetchOrder, FetchShop
from integration.api.harness import ORGANIZATION, Api, Tenant, books_body, secret_of, shop_body
from integration.api.rows import NOW

PATH = "/api/v1/connections"


async def test_a_shop_is_asked_and_kept_with_sealed_secrets(api: Api) -> None:
    tenant_id = await api.tenant()
    answer = await api.post(PATH, shop_body(tenant_id))
    assert answer.status_code == 201
    connection = answer.json()
    assert connection["base_url"] == "http://shop.test/rs/shops/ShopA"
    assert (connection["kind"], connection["state"]) == ("shop", "active")
    assert connection["webhook_path"] == f"/webhooks/epages/{connection['id']}"
    assert connection["verified_at"] is not None
    assert api.checks.asked == ["http://shop.test/rs/shops/ShopA"]
    assert await secret_of(api, connection, "access_token") == "shop-access-secret"
    assert await secret_of(api, connection, "client_secret") == "shop-client-secret"
    assert isinstance((await api.commands())[-1], FetchShop)


@pytest.mark.parametrize(
    "spelling",
    [
        "http://shop.test/rs/shops/ShopA/",
        "HTTP://SHOP.test:80/rs/shops/ShopA",
        "http://shop.test./rs/shops/ShopA",
        "http://shop.test/rs/shops/%53hopA",
        "http://shop.test/rs/./shops/ShopA",
        "http://shop.test/rs/shops/ShopA/.",
        "http://shop.test/rs//shops/ShopA//",
        "http://shop.test/rs/shops/Other/%2e%2e/ShopA",
        "http://s%68op.test/rs/shops/ShopA",
        "https://shop.test/rs/shops/ShopA",
    ],
)
async def test_a_known_address_is_linked_again_with_the_new_secrets(api: Api, spelling: str) -> None:
    tenant_id = await api.tenant()
    first = await api.shop(tenant_id)
    await api.post(f"{PATH}/{first['id']}/disable")
    body = shop_body(
        tenant_id, base_url=spelling, name="Again", access_token="a-newer-token", client_secret=None
    )
    answer = await api.post(PATH, body)
    assert (answer.status_code, answer.json()["id"]) == (200, first["id"])
    assert (answer.json()["state"], answer.json()["name"]) == ("active", "Again")
    assert await secret_of(api, first, "access_token") == "a-newer-token"
    assert [row.field for row in await api.rows(SecretRow)] == ["access_token"]
    assert len(await api.rows(ConnectionRow)) == 1


@pytest.mark.parametrize(
    ("problem", "status"),
    [(CredentialsRefused(), 422), (NoSuchUpstream(), 422), (UpstreamUnavailable(), 503)],
)
async def test_what_the_other_side_refuses_is_not_kept(api: Api, problem: Any, status: int) -> None:
    tenant_id = await api.tenant()
    api.checks.problem = problem
    for body in (shop_body(tenant_id), books_body(tenant_id)):
        answer = await api.post(PATH, body)
        assert (answer.status_code, answer.json()["code"]) == (status, problem.code)
    assert await api.rows(ConnectionRow) == []


async def test_an_operator_may_leave_out_the_verification(api: Api) -> None:
    tenant_id = await api.tenant()
    api.checks.problem = CredentialsRefused()
    shop = await api.post(PATH, shop_body(tenant_id), verify="false")
    assert (shop.status_code, shop.json()["verified_at"]) == (201, None)
    assert (await api.post(PATH, books_body(tenant_id), verify="false")).status_code == 422
    books = await api.post(PATH, books_body(tenant_id, organization_id=ORGANIZATION), verify="false")
    assert (books.status_code, books.json()["organization_id"]) == (201, ORGANIZATION)
    assert api.checks.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.test/rs/shops/A",
        "https://127.0.0.1/rs/shops/A",
        "https://10.0.0.1/rs",
        "https://[::1]/rs",
        "https://169.254.169.254/latest",
        "https://[::ffff:127.0.0.1]/rs",
        "https://user:secret@shop.test/rs",
        "https://shop.test/rs?x=1",
        "ftp://shop.test/rs",
        "https:///rs/shop",
        "https://shop.test:99999/rs",
        "no address at all",
    ],
)
async def test_only_public_https_addresses_and_trusted_hosts_are_asked(api: Api, url: str) -> None:
    answer = await api.post(PATH, shop_body(await api.tenant(), base_url=url))
    assert answer.status_code == 422
    assert answer.json()["code"] in {"address_refused", "invalid_request"}
    assert api.checks.asked == []
    assert "secret" not in answer.text


async def test_a_disabled_connection_is_used_again(api: Api) -> None:
    shop = await api.shop(await api.tenant())
    for verb, state in (
        ("disable", "disabled"),
        ("disable", "disabled"),
        ("enable", "active"),
        ("enable", "active"),
    ):
        answer = await api.post(f"{PATH}/{shop['id']}/{verb}")
        assert (answer.status_code, answer.json()["state"]) == (200, state)


async def test_fetching_sends_a_command_to_ingest(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    whole = await api.post(f"{PATH}/{tenant.shop_id}/fetch", token=tenant.merchant)
    one = await api.post(f"{PATH}/{tenant.shop_id}/fetch", {"order_id": "5F-1"}, tenant.merchant)
    assert [whole.status_code, one.status_code] == [202, 202]
    shop, order = (await api.commands())[-2:]
    assert isinstance(shop, FetchShop)
    assert isinstance(order, FetchOrder)
    assert (order.order_id, order.connection_id, order.tenant_id) == (
        "5F-1",
        tenant.shop_id,
        tenant.tenant_id,
    )
    assert [str(shop.command_id), str(order.command_id)] == [
        answer.json()["command_id"] for answer in (whole, one)
    ]


async def test_only_an_active_shop_is_fetched_from(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    await api.post(f"{PATH}/{tenant.shop_id}/disable")
    for identity in (tenant.shop_id, tenant.books_id):
        answer = await api.post(f"{PATH}/{identity}/fetch")
        assert (answer.status_code, answer.json()["code"]) == (409, "connection_not_usable")


async def test_a_shop_that_refuses_us_is_shown_as_in_need_of_a_reconnect(
    api: Api, populated: list[Tenant]
) -> None:
    tenant = populated[0]
    async with api.db.sessions.of_all_tenants() as session:
        await session.execute(
            update(ShopCursorRow)
            .where(ShopCursorRow.connection_id == tenant.shop_id)
            .values(disconnected_at=NOW, last_error="epages.refused")
        )
    shown = (await api.get(f"{PATH}/{tenant.shop_id}")).json()
    assert (shown["state"], shown["state_reason"]) == ("reconnect_needed", "refused_by_shop")
    health = (await api.get("/api/v1/status", tenant_id=tenant.tenant_id)).json()["connections"]
    assert {item["state"] for item in health if item["id"] == str(tenant.shop_id)} == {"reconnect_needed"}


async def test_an_unknown_tenant_gets_no_connection(api: Api) -> None:
    answer = await api.post(PATH, shop_body(uuid4()))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert api.checks.asked == []


async def test_an_operator_has_to_name_the_tenant(api: Api) -> None:
    assert (await api.post(PATH, shop_body(None))).status_code == 422


async def test_linking_at_the_same_moment_makes_one_connection(api: Api) -> None:
    tenant_id = await api.tenant()
    answers = await asyncio.gather(*(api.post(PATH, shop_body(tenant_id)) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len(await api.rows(ConnectionRow)) == 1


async def test_a_known_trouble_of_a_shop_stands_on_its_connection_and_in_the_status(
    api: Api, populated: list[Tenant]
) -> None:
    tenant = populated[0]
    async with api.db.sessions.of_all_tenants() as session:
        await session.execute(
            update(ShopCursorRow)
            .where(ShopCursorRow.connection_id == tenant.shop_id)
            .values(trouble="answer_encoding_refused", failures=1)
        )
    shown = (await api.get(f"/api/v1/connections/{tenant.shop_id}", tenant.adviser)).json()["trouble"]
    assert (shown["code"], shown["who"]) == ("answer_encoding_refused", "merchant")
    assert "Accept-Encoding: identity" in shown["remedy_de"] and "hoster" in shown["remedy_en"]
    first = (await api.get("/api/v1/status", tenant.adviser)).json()["connections"][0]
    assert first["trouble"] == shown
    other = (await api.get(f"/api/v1/connections/{populated[1].shop_id}")).json()
    assert other["trouble"] is None
