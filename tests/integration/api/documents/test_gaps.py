"""The number ranges of a shop, read from its documents."""

from uuid import UUID

from integration.api.harness import Api


async def test_gaps_are_told_per_type_and_shop_r11(api: Api) -> None:
    tenant_id = await api.tenant()
    shop, other = [UUID((await api.shop(tenant_id, name))["id"]) for name in ("A", "B")]
    for number in ("R-1", "R-2", "R-4"):
        await api.document(tenant_id, shop, number)
    await api.document(tenant_id, other, "R-3")
    await api.document(tenant_id, shop, "R-3", type="credit_note")
    found = (await api.get(f"/api/v1/connections/{shop}/gaps")).json()
    assert found["missing"] == 1
    assert [(one["type"], one["documents"], one["missing"]) for one in found["ranges"]] == [
        ("credit_note", 1, 0),
        ("invoice", 3, 1),
    ]
    assert found["ranges"][1]["gaps"] == [{"first": "R-3", "last": "R-3", "count": 1}]
