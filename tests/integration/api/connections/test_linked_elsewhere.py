"""R55: a shop and an organization are in use under one tenant at a time, until an operator releases them."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from api.upstream import BooksIdentity
from common.db.models.core import AuditRow, ConnectionRow, ReleaseRow
from integration.api.harness import ORGANIZATION, Api, Tenant, books_body, shop_body

PATH = "/api/v1/connections"
WHY = {"reason": "The merchant moved to another account."}
OTHER = BooksIdentity("0b6f3f6e-0000-4000-8000-00000000b002", has_bookkeeping=True)


def body_of(kind: str, tenant_id: UUID, **more: Any) -> dict[str, Any]:
    return shop_body(tenant_id, **more) if kind == "shop" else books_body(tenant_id, **more)


CODES = {"shop": "shop_linked_elsewhere", "books": "organization_linked_elsewhere"}
KINDS = pytest.mark.parametrize("kind", ["shop", "books"])


async def linked(api: Api, kind: str, name: str) -> dict[str, Any]:
    answer = await api.post(PATH, body_of(kind, await api.tenant(name)))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@KINDS
async def test_what_another_tenant_uses_is_refused_without_a_word_about_it(api: Api, kind: str) -> None:
    first = await linked(api, kind, "First tenant")
    second = await api.tenant("Second")
    for token in (api.operator, await api.token("merchant", second)):
        answer = await api.post(PATH, body_of(kind, second), token)
        assert (answer.status_code, answer.json()["code"]) == (409, CODES[kind])
        for told in (first["id"], first["tenant_id"], first["name"], "First", ORGANIZATION, "shop.test"):
            assert told not in answer.text
    assert [str(row.connection_id) for row in await api.rows(ConnectionRow)] == [first["id"]]


@pytest.mark.parametrize(
    "spelling",
    [
        "https://SHOP.test/rs/shops/ShopA",
        "http://shop.test:80/rs/shops/%53hopA/",
        "http://shop.test./rs/./shops//ShopA/.",
    ],
)
async def test_another_spelling_is_the_same_shop_for_another_tenant_too(api: Api, spelling: str) -> None:
    await linked(api, "shop", "First")
    answer = await api.post(PATH, shop_body(await api.tenant("Second"), base_url=spelling))
    assert (answer.status_code, answer.json()["code"]) == (409, "shop_linked_elsewhere")


async def test_an_organization_in_other_letters_is_the_same(api: Api) -> None:
    await linked(api, "books", "First")
    api.checks.identity = BooksIdentity(ORGANIZATION.upper(), has_bookkeeping=True)
    answer = await api.post(PATH, books_body(await api.tenant("Second")))
    assert (answer.status_code, answer.json()["code"]) == (409, "organization_linked_elsewhere")


async def test_unverified_linking_keeps_to_it_as_well(api: Api) -> None:
    await linked(api, "shop", "First")
    await linked(api, "books", "First of books")
    second = await api.tenant("Second")
    shop = await api.post(PATH, shop_body(second), verify="false")
    books = await api.post(PATH, books_body(second, organization_id=ORGANIZATION), verify="false")
    assert [shop.json()["code"], books.json()["code"]] == list(CODES.values())


@KINDS
async def test_two_tenants_at_the_same_moment_get_one_of_them(api: Api, kind: str) -> None:
    tenants = [await api.tenant(f"T{number}") for number in range(4)]
    answers = await asyncio.gather(*(api.post(PATH, body_of(kind, tenant)) for tenant in tenants))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@KINDS
async def test_what_its_tenant_disabled_is_free_for_others_and_not_taken_back(api: Api, kind: str) -> None:
    first = await linked(api, kind, "First")
    await api.post(f"{PATH}/{first['id']}/disable")
    second = await api.post(PATH, body_of(kind, await api.tenant("Second")))
    assert (second.status_code, second.json()["state"]) == (201, "active")
    enabled = await api.post(f"{PATH}/{first['id']}/enable")
    assert (enabled.status_code, enabled.json()["code"]) == (409, CODES[kind])
    relinked = await api.post(PATH, body_of(kind, UUID(first["tenant_id"])))
    assert (relinked.status_code, relinked.json()["code"]) == (409, CODES[kind])
    await api.post(f"{PATH}/{second.json()['id']}/disable")
    assert (await api.post(f"{PATH}/{first['id']}/enable")).json()["state"] == "active"


async def test_a_halted_organization_is_in_use(api: Api) -> None:
    first = await linked(api, "books", "First")
    api.checks.identity = OTHER
    assert (await api.post(PATH, books_body(UUID(first["tenant_id"])))).json()["state"] == "halted"
    api.checks.identity = BooksIdentity(ORGANIZATION, has_bookkeeping=True)
    answer = await api.post(PATH, books_body(await api.tenant("Second")))
    assert (answer.status_code, answer.json()["code"]) == (409, "organization_linked_elsewhere")


async def test_an_organization_is_not_confirmed_once_another_tenant_uses_it(api: Api) -> None:
    first = await linked(api, "books", "First")
    api.checks.identity = OTHER
    await api.post(PATH, books_body(UUID(first["tenant_id"])))
    assert (await api.post(PATH, books_body(await api.tenant("Second")))).status_code == 201
    answer = await api.post(f"{PATH}/{first['id']}/confirm-organization")
    assert (answer.status_code, answer.json()["code"]) == (409, "organization_linked_elsewhere")
    assert (await api.get(f"{PATH}/{first['id']}")).json()["state"] == "halted"


@KINDS
async def test_an_operator_releases_it_and_the_next_tenant_links_it_afresh(api: Api, kind: str) -> None:
    first = await linked(api, kind, "First")
    answer = await api.post(f"{PATH}/{first['id']}/release", WHY)
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["state_reason"]) == ("disabled", "released")
    second = await api.post(PATH, body_of(kind, await api.tenant("Second")))
    assert second.status_code == 201
    assert second.json()["id"] != first["id"]
    [released] = await api.rows(ReleaseRow)
    assert (str(released.connection_id), str(released.tenant_id)) == (first["id"], first["tenant_id"])
    assert (released.kind, released.actor, released.reason) == (kind, "admin", WHY["reason"])
    assert released.root == (ORGANIZATION if kind == "books" else "shop.test/rs/shops/ShopA")
    audit = [row for row in await api.rows(AuditRow) if row.action == "connection.released"]
    assert [str(row.tenant_id) for row in audit] == [first["tenant_id"]]
    assert audit[0].details | {"connection_id": first["id"], "reason": WHY["reason"]} == audit[0].details


async def test_a_release_again_changes_nothing(api: Api) -> None:
    first = await linked(api, "shop", "First")
    for _ in range(2):
        assert (await api.post(f"{PATH}/{first['id']}/release", WHY)).json()["state_reason"] == "released"
    assert len(await api.rows(ReleaseRow)) == 1


async def test_a_release_needs_a_reason_and_an_operator(api: Api, populated: list[Tenant]) -> None:
    alpha, beta = populated
    path = f"{PATH}/{alpha.shop_id}/release"
    assert (await api.post(path, {})).status_code == 422
    assert (await api.post(path, {"reason": "    "})).status_code == 422
    assert (await api.post(path, {"reason": "moved\x00away"})).status_code == 422
    assert (await api.post(path, WHY, alpha.merchant)).status_code == 403
    assert (await api.post(path, WHY, beta.merchant)).status_code == 403
    assert (await api.post(f"{PATH}/{uuid4()}/release", WHY)).status_code == 404
    assert await api.rows(ReleaseRow) == []


@KINDS
async def test_only_an_operator_brings_a_released_connection_back(api: Api, kind: str) -> None:
    first = await linked(api, kind, "First")
    tenant_id = UUID(first["tenant_id"])
    merchant = await api.token("merchant", tenant_id)
    await api.post(f"{PATH}/{first['id']}/release", WHY)
    enabled = await api.post(f"{PATH}/{first['id']}/enable", token=merchant)
    relinked = await api.post(PATH, body_of(kind, tenant_id), merchant)
    for answer in (enabled, relinked):
        assert (answer.status_code, answer.json()["code"]) == (409, "connection_not_usable")
    back = await api.post(PATH, body_of(kind, tenant_id))
    assert (back.json()["id"], back.json()["state"], back.json()["state_reason"]) == (
        first["id"],
        "active",
        None,
    )


@KINDS
async def test_a_pair_in_use_from_before_is_linked_again_as_ever(api: Api, kind: str) -> None:
    first = await linked(api, kind, "First")
    await api.post(f"{PATH}/{first['id']}/disable")
    second = (await api.post(PATH, body_of(kind, await api.tenant("Second")))).json()
    async with api.db.sessions.of_all_tenants() as session:
        await session.execute(update(ConnectionRow).values(state="active", state_reason=None, root=None))
    for one in (first, second):
        again = await api.post(PATH, body_of(kind, UUID(one["tenant_id"])))
        assert (again.status_code, again.json()["id"], again.json()["state"]) == (200, one["id"], "active")
