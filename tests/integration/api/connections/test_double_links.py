"""R55: what is linked twice goes on, with alarms that end with it and tell tenants nothing of others."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from api.connections import DoubleLinkWatch
from common.db.models.core import ConnectionRow
from common.db.models.effects import AlarmRow
from common.db.models.ingest import OrderRow
from integration.api.harness import ORGANIZATION, Api
from integration.api.rows import NOW, order_row

ADDRESS = "https://shop.example/rs/shops/A"


async def link(api: Api, tenant_id: UUID, kind: str = "shop", **more: Any) -> UUID:
    """A connection as a release without these rules may have left it."""
    count = len(await api.rows(ConnectionRow))
    row = {
        "connection_id": uuid4(),
        "tenant_id": tenant_id,
        "kind": kind,
        "platform": "x",
        "name": "N",
        "address": ORGANIZATION if kind == "books" else f"https://shop{count}.example/rs/shops/A",
        "config": {},
        "state": "active",
        "created_at": NOW + timedelta(seconds=count),
        **more,
    }
    await api.add(ConnectionRow, row)
    identity: UUID = row["connection_id"]
    return identity


async def alarms(api: Api) -> list[AlarmRow]:
    """Open ones after a look, those of the installation first."""
    await DoubleLinkWatch(api.db).run_once()
    query = select(AlarmRow).where(AlarmRow.closed_at.is_(None)).order_by(AlarmRow.subject)
    async with api.db.reading.of_all_tenants() as session:
        rows = (await session.scalars(query)).all()
    return sorted(rows, key=lambda row: (row.tenant_id is not None, row.subject))


async def read_order(api: Api, tenant_id: UUID, connection_id: UUID, order_id: str) -> None:
    await api.add(OrderRow, {**order_row(tenant_id, connection_id, "1", "x"), "order_id": order_id})


async def set_state(api: Api, connection_id: UUID, state: str) -> None:
    async with api.db.sessions.of_all_tenants() as session:
        await session.execute(
            update(ConnectionRow).where(ConnectionRow.connection_id == connection_id).values(state=state)
        )


async def test_an_organization_of_two_tenants_is_named_to_operators_and_hinted_at_to_each(api: Api) -> None:
    tenants = [await api.tenant("A"), await api.tenant("B")]
    books = [await link(api, tenant, "books") for tenant in tenants]
    for _ in range(2):
        ours, *theirs = await alarms(api)
        assert len(theirs) == 2
        assert {ours.kind, *(row.kind for row in theirs)} == {"organization_linked_twice"}
    assert ours.tenant_id is None
    assert ours.evidence == {
        "connections": [
            {"tenant_id": str(tenant), "connection_id": str(one)}
            for tenant, one in zip(tenants, books, strict=True)
        ],
        "because": "same_organization",
    }
    for tenant, mine, other in ((tenants[0], books[0], 1), (tenants[1], books[1], 0)):
        token = await api.token("merchant", tenant)
        shown = await api.get("/api/v1/alarms", token)
        [alarm] = shown.json()["items"]
        assert (alarm["kind"], alarm["subject"]) == ("organization_linked_twice", str(mine))
        assert str(tenants[other]) not in shown.text
        assert str(books[other]) not in shown.text
    await set_state(api, books[1], "disabled")
    assert await alarms(api) == []
    await set_state(api, books[1], "halted")
    assert len(await alarms(api)) == 3


async def test_twins_of_one_tenant_are_named_in_its_alarm(api: Api) -> None:
    tenant = await api.tenant()
    twins = [await link(api, tenant, address=address) for address in (ADDRESS, f"{ADDRESS}/.", f"{ADDRESS}x")]
    ours, theirs = await alarms(api)
    assert ours.subject == theirs.subject == f"{twins[0]}:{twins[1]}"
    assert ours.evidence["because"] == "same_address"
    assert (ours.tenant_id, theirs.tenant_id) == (None, tenant)


async def test_an_order_in_common_tells_but_only_by_an_id_of_the_platform(api: Api) -> None:
    tenants = [await api.tenant("A"), await api.tenant("B")]
    shops = [await link(api, tenant) for tenant in tenants]
    for tenant, shop in zip(tenants, shops, strict=True):
        await read_order(api, tenant, shop, "1001")
    assert await alarms(api) == []
    order_id = str(uuid4()).upper()
    for tenant, shop in zip(tenants, shops, strict=True):
        await read_order(api, tenant, shop, order_id)
    found = await alarms(api)
    assert [row.kind for row in found] == ["shop_linked_twice"] * 3
    assert found[0].evidence["because"] == "same_orders"
    await set_state(api, shops[0], "disabled")
    assert await alarms(api) == []


async def test_a_storefront_somebody_only_claims_is_told_to_operators_alone(api: Api) -> None:
    tenants = [await api.tenant("A"), await api.tenant("B")]
    shops = [await link(api, tenant, storefront="shop.example") for tenant in tenants]
    [ours] = await alarms(api)
    assert (ours.tenant_id, ours.evidence["because"]) == (None, "same_storefront")
    for tenant, shop in zip(tenants, shops, strict=True):
        await read_order(api, tenant, shop, str(uuid4()).upper())
    assert await alarms(api) == []


@pytest.mark.parametrize("names", ["AA", "AB"])
async def test_a_claimed_storefront_keeps_no_shop_disabled_that_has_orders_of_its_own(
    api: Api, names: str
) -> None:
    tenants = {name: await api.tenant(name) for name in names}
    shops = [await link(api, tenants[name], storefront="shop.example") for name in names]
    await set_state(api, shops[1], "disabled")
    refused = await api.post(f"/api/v1/connections/{shops[1]}/enable")
    assert (refused.status_code, refused.json()["code"]) == (409, "shop_linked_elsewhere")
    for name, shop in zip(names, shops, strict=True):
        await read_order(api, tenants[name], shop, str(uuid4()).upper())
    enabled = await api.post(f"/api/v1/connections/{shops[1]}/enable")
    assert (enabled.status_code, enabled.json().get("state")) == (200, "active")


async def test_three_of_one_place_are_three_pairs(api: Api) -> None:
    for name in "ABC":
        await link(api, await api.tenant(name), "books")
    found = await alarms(api)
    assert len([row for row in found if row.tenant_id is None]) == 3
    assert len([row for row in found if row.tenant_id is not None]) == 3


async def test_what_is_linked_once_raises_nothing(api: Api) -> None:
    first = await api.tenant("A")
    await api.shop(first)
    await api.books(first)
    await link(api, await api.tenant("B"), "books", state="disabled")
    await link(api, first)
    assert await alarms(api) == []
