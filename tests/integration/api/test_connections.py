"""Connections: made once per address, re-used on re-install, halted when the books are others'."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from api.problems import CredentialsRefused, NoSuchUpstream, UpstreamUnavailable
from api.verification import BooksIdentity
from common.db.crypto import SecretBox, SecretPlace
from common.db.models.core import ConnectionRow, SecretRow
from common.db.models.effects import OAuthTokenRow
from common.db.models.ingest import ShopCursorRow
from common.events.commands import FetchOrder, FetchShop, ReleaseParked
from common.lexware.tokens import TokenStore
from integration.api.harness import NOW, ORGANIZATION, Api, Tenant, books_body, shop_body

PATH = "/api/v1/connections"
OTHER = BooksIdentity("0b6f3f6e-0000-4000-8000-00000000b002", has_bookkeeping=True)
OURS = BooksIdentity(ORGANIZATION, has_bookkeeping=True)


def box_of(api: Api) -> SecretBox:
    box: SecretBox = api.app.state.deps.box
    return box


async def secret_of(api: Api, connection: dict[str, Any], field: str) -> str:
    tenant_id, connection_id = UUID(connection["tenant_id"]), UUID(connection["id"])
    async with api.db.reading.begin() as session:
        sealed = await session.scalar(
            select(SecretRow.sealed).where(SecretRow.connection_id == connection_id, SecretRow.field == field)
        )
    assert sealed is not None
    return box_of(api).open(sealed, SecretPlace(tenant_id, connection_id, field)).get_secret_value()


async def states(api: Api, tenant_id: UUID) -> dict[str, tuple[str, str | None]]:
    items = (await api.get(PATH, tenant_id=tenant_id, kind="books")).json()["items"]
    return {item["organization_id"]: (item["state"], item["state_reason"]) for item in items}


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


async def test_the_same_shop_of_another_tenant_is_another_connection(api: Api) -> None:
    first = await api.shop(await api.tenant("A"))
    second = await api.shop(await api.tenant("B"))
    assert first["id"] != second["id"]


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


async def test_books_are_asked_at_the_host_of_the_installation_only(api: Api) -> None:
    tenant_id = await api.tenant()
    other = await api.post(PATH, books_body(tenant_id, base_url="http://shop.test"))
    assert (other.status_code, other.json()["code"]) == (422, "address_refused")
    same = await api.post(PATH, books_body(tenant_id, base_url="http://books.test/"))
    assert (same.status_code, same.json()["base_url"]) == (201, "http://books.test")


async def test_books_are_known_by_their_organization(api: Api) -> None:
    tenant_id = await api.tenant()
    books = await api.books(tenant_id)
    assert (books["organization_id"], books["auth"], books["state"]) == (ORGANIZATION, "api_key", "active")
    again = await api.post(PATH, books_body(tenant_id, api_key="a-newer-key"))
    assert (again.status_code, again.json()["id"]) == (200, books["id"])
    assert await secret_of(api, books, "api_key") == "a-newer-key"
    released = [command for command in await api.commands() if isinstance(command, ReleaseParked)]
    assert [command.released_by for command in released] == ["connection", "connection"]


async def test_books_without_bookkeeping_are_refused(api: Api) -> None:
    api.checks.identity = BooksIdentity(ORGANIZATION, has_bookkeeping=False)
    answer = await api.post(PATH, books_body(await api.tenant()))
    assert (answer.status_code, answer.json()["code"]) == (422, "bookkeeping_missing")


async def test_a_token_pair_is_kept_for_the_books(api: Api) -> None:
    tenant_id = await api.tenant()
    pair = {"access_token": "access-of-pair", "refresh_token": "refresh-of-pair", "expires_in": 3600}
    await api.books(tenant_id)
    books = await api.books(tenant_id, api_key=None, oauth=pair)
    assert books["auth"] == "oauth"
    stored = await TokenStore(api.db, box_of(api), tenant_id, UUID(books["id"])).load()
    assert stored is not None
    assert (stored.access, stored.refresh) == (SecretStr("access-of-pair"), SecretStr("refresh-of-pair"))
    assert 3500 < stored.expires_in <= 3600
    assert await api.rows(SecretRow) == []
    await api.books(tenant_id)
    assert await api.rows(OAuthTokenRow) == []


@pytest.mark.parametrize("secrets", [{"api_key": None}, {"oauth": {"access_token": "12345678"}}])
async def test_books_need_one_kind_of_secret(api: Api, secrets: dict[str, Any]) -> None:
    answer = await api.post(PATH, books_body(await api.tenant(), **secrets))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_another_organization_halts_the_line_until_a_person_confirms(api: Api) -> None:
    tenant_id = await api.tenant()
    first = await api.books(tenant_id)
    api.checks.identity = OTHER
    halted = await api.books(tenant_id, api_key="key-of-the-other")
    assert (halted["id"], halted["state"], halted["state_reason"]) == (
        first["id"],
        "halted",
        "organization_changed",
    )
    assert halted["pending_organization_id"] == OTHER.organization_id
    assert await secret_of(api, first, "api_key") == "books-key-secret"
    confirmed = (await api.post(f"{PATH}/{first['id']}/confirm-organization")).json()
    assert (confirmed["id"], confirmed["state"]) == (halted["pending_connection_id"], "active")
    assert confirmed["organization_id"] == OTHER.organization_id
    assert await secret_of(api, confirmed, "api_key") == "key-of-the-other"
    assert await states(api, tenant_id) == {
        ORGANIZATION: ("disabled", "organization_replaced"),
        OTHER.organization_id: ("active", None),
    }
    again = await api.post(f"{PATH}/{confirmed['id']}/confirm-organization")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_confirm")


async def test_connecting_the_first_organization_again_ends_the_halt(api: Api) -> None:
    tenant_id = await api.tenant()
    first = await api.books(tenant_id)
    api.checks.identity = OTHER
    await api.books(tenant_id)
    api.checks.identity = OURS
    again = await api.books(tenant_id)
    assert (again["id"], again["state"], again["pending_connection_id"]) == (first["id"], "active", None)
    assert (await states(api, tenant_id))[OTHER.organization_id] == ("disabled", "awaits_confirmation")


async def test_other_books_after_disabled_ones_need_a_confirmation_too(api: Api) -> None:
    tenant_id = await api.tenant()
    first = await api.books(tenant_id)
    await api.post(f"{PATH}/{first['id']}/disable")
    api.checks.identity = OTHER
    second = await api.books(tenant_id)
    assert (second["state"], second["organization_id"]) == ("halted", OTHER.organization_id)
    assert (await api.books(tenant_id))["state"] == "halted"
    assert (await api.post(f"{PATH}/{second['id']}/confirm-organization")).json()["state"] == "active"
    enable = await api.post(f"{PATH}/{first['id']}/enable")
    assert (enable.status_code, enable.json()["code"]) == (409, "books_connection_exists")
    api.checks.identity = OURS
    assert (await api.books(tenant_id))["state"] == "halted"


async def test_an_unconfirmed_organization_cannot_be_enabled_around_the_confirmation(api: Api) -> None:
    tenant_id = await api.tenant()
    first = await api.books(tenant_id)
    api.checks.identity = OTHER
    halted = await api.books(tenant_id)
    for identity in (halted["id"], halted["pending_connection_id"]):
        assert (await api.post(f"{PATH}/{identity}/enable")).status_code == 409
    await api.post(f"{PATH}/{first['id']}/disable")
    enabled = (await api.post(f"{PATH}/{halted['pending_connection_id']}/enable")).json()
    assert enabled["state"] == "halted"


async def test_one_books_connection_at_most_is_in_use_whatever_happens(api: Api) -> None:
    tenant_id = await api.tenant()
    await api.books(tenant_id)
    row = {"kind": "books", "platform": "lexware", "name": "x", "address": "z", "created_at": NOW}
    with pytest.raises(Exception, match=r"(?i)unique"):
        await api.add(ConnectionRow, {"tenant_id": tenant_id, **row})


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


async def test_fetching_sends_a_command_to_ingest(api: Api, furnished: list[Tenant]) -> None:
    tenant = furnished[0]
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


async def test_only_an_active_shop_is_fetched_from(api: Api, furnished: list[Tenant]) -> None:
    tenant = furnished[0]
    await api.post(f"{PATH}/{tenant.shop_id}/disable")
    for identity in (tenant.shop_id, tenant.books_id):
        answer = await api.post(f"{PATH}/{identity}/fetch")
        assert (answer.status_code, answer.json()["code"]) == (409, "connection_not_usable")


async def test_a_shop_that_refuses_us_is_shown_as_in_need_of_a_reconnect(
    api: Api, furnished: list[Tenant]
) -> None:
    tenant = furnished[0]
    async with api.db.sessions.begin() as session:
        await session.execute(
            update(ShopCursorRow)
            .where(ShopCursorRow.connection_id == tenant.shop_id)
            .values(disconnected_at=NOW, last_error="epages.refused")
        )
    shown = (await api.get(f"{PATH}/{tenant.shop_id}")).json()
    assert (shown["state"], shown["state_reason"]) == ("reconnect_needed", "refused_by_shop")
    health = (await api.get("/api/v1/status", tenant_id=tenant.tenant_id)).json()["connections"]
    assert {item["state"] for item in health if item["id"] == str(tenant.shop_id)} == {"reconnect_needed"}


async def test_lost_tokens_are_shown_as_in_need_of_a_reconnect(api: Api) -> None:
    tenant_id = await api.tenant()
    pair = {"access_token": "access-of-pair", "refresh_token": "refresh-of-pair", "expires_in": 3600}
    books = await api.books(tenant_id, api_key=None, oauth=pair)
    store = TokenStore(api.db, box_of(api), tenant_id, UUID(books["id"]))
    assert await store.lose(1, "refused")
    assert (await api.get(f"{PATH}/{books['id']}")).json()["state"] == "reconnect_needed"


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
