"""The books' categories: listed with what they allow, and settings name none that does not fit."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from common.db.models.books import BooksProfileRow
from common.domain.merchant import GOODS_CATEGORY, MerchantSettings
from integration.api.harness import Api, Tenant
from integration.api.rows import NOW

OWN, SERVICES, REAL_CONTACT, OUTGO = (str(uuid4()) for _ in range(4))
CATEGORIES: list[dict[str, Any]] = [
    {"id": OUTGO, "name": "Büromaterial", "type": "outgo", "group_name": "Büro"},
    {"id": REAL_CONTACT, "name": "Lieferung", "type": "income", "contact_required": True},
    {"id": SERVICES, "name": "Wartung", "type": "income", "split_allowed": False, "group_name": "Einnahmen"},
    {"id": OWN, "name": "Sonstige Einnahmen", "type": "income", "group_name": "Einnahmen"},
    {"id": GOODS_CATEGORY, "name": "Warenverkauf", "type": "income", "group_name": "Einnahmen"},
]


async def read_books(api: Api, tenant: Tenant, categories: list[dict[str, Any]] = CATEGORIES) -> None:
    row = {
        "tenant_id": tenant.tenant_id,
        "connection_id": tenant.books_id,
        "profile": {"organization_id": "o"},
        "categories": categories,
        "fetched_at": NOW,
    }
    await api.add(BooksProfileRow, row)


def path_of(tenant: Tenant, what: str) -> str:
    return f"/api/v1/tenants/{tenant.tenant_id}/{what}"


async def patch(api: Api, tenant: Tenant, **values: Any) -> Any:
    headers = tenant.merchant | {"If-Match": "*"}
    return await api.client.patch(path_of(tenant, "settings"), json={"values": values}, headers=headers)


async def test_the_books_categories_are_listed_with_what_each_allows(
    api: Api, populated: list[Tenant]
) -> None:
    tenant = populated[0]
    await read_books(api, tenant)
    assert (await patch(api, tenant, zero_income_category_id=OWN, export_category_id=OWN)).status_code == 200
    listed = (await api.get(path_of(tenant, "categories"), tenant.adviser)).json()
    assert (UUID(listed["connection_id"]), listed["read_at"]) == (tenant.books_id, "2026-03-02T09:15:00Z")
    assert [item["name"] for item in listed["items"]] == [
        "Lieferung", "Sonstige Einnahmen", "Warenverkauf", "Wartung", "Büromaterial",
    ]  # fmt: skip
    found = {item["id"]: item for item in listed["items"]}
    assert found[OUTGO]["usable"] is False
    assert found[SERVICES]["several_rates"] is False
    assert found[REAL_CONTACT]["collective_contact"] is False
    assert found[OWN] == {
        "id": OWN,
        "name": "Sonstige Einnahmen",
        "group_name": "Einnahmen",
        "type": "income",
        "usable": True,
        "several_rates": True,
        "collective_contact": True,
        "used_by": ["export_category_id", "zero_income_category_id"],
    }
    assert found[GOODS_CATEGORY]["used_by"] == ["category_id"]


async def test_before_the_books_were_read_there_is_no_list_and_nothing_is_refused(
    api: Api, populated: list[Tenant]
) -> None:
    answer = await api.get(path_of(populated[0], "categories"))
    assert (answer.status_code, answer.json()["code"]) == (409, "categories_not_read")
    assert (await patch(api, populated[0], category_id="c")).status_code == 200


@pytest.mark.parametrize(
    ("values", "pointer", "code", "label"),
    [
        ({"category_id": "c"}, "category_id", "category_unknown", "category_id"),
        ({"category_id": OUTGO}, "category_id", "category_unfit", "category_id"),
        (
            {"company_only_category_ids": [OWN, "c"]},
            "company_only_category_ids/1",
            "category_unknown",
            "company_only_category_ids[1]",
        ),
        (
            {"zero_rates": [{"category_id": OUTGO, "tax_class": "solar"}]},
            "zero_rates/0/category_id",
            "category_unfit",
            "zero_rates[0].category_id",
        ),
    ],
)
async def test_a_category_that_the_books_do_not_have_or_that_takes_no_sales_is_refused(
    api: Api, populated: list[Tenant], values: dict[str, Any], pointer: str, code: str, label: str
) -> None:
    tenant = populated[0]
    await read_books(api, tenant)
    put = await api.put(path_of(tenant, "settings"), {"values": values}, tenant.merchant, "*")
    for answer in (await patch(api, tenant, **values), put):
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        [error] = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (f"/body/values/{pointer}", code)
        assert error["message"].startswith(f"`settings.{label}` names ")
    assert (await api.get(path_of(tenant, "settings"))).json()["number"] == 1


async def test_what_was_named_before_and_the_defaults_do_not_hold_up_other_changes(
    api: Api, populated: list[Tenant]
) -> None:
    tenant = populated[0]
    assert (await patch(api, tenant, category_id="gone")).status_code == 200
    await read_books(api, tenant, CATEGORIES[:2])
    assert (await patch(api, tenant, mode="paused")).status_code == 200
    assert (await patch(api, tenant, services_category_id="gone")).status_code == 200
    assert (await patch(api, tenant, category_id=None)).status_code == 200
    values = (await api.get(path_of(tenant, "settings"))).json()["values"]
    assert values["category_id"] == MerchantSettings().category_id
    restored = await api.post(path_of(tenant, "settings/versions/2/restore"), None, tenant.merchant)
    assert restored.status_code == 200


async def test_categories_of_disabled_books_are_not_those_of_the_tenant(
    api: Api, populated: list[Tenant]
) -> None:
    tenant = populated[0]
    await read_books(api, tenant)
    await api.post(f"/api/v1/connections/{tenant.books_id}/disable")
    assert (await api.get(path_of(tenant, "categories"))).status_code == 409
