"""No tenant ever sees or touches another's things, over every operation of the description."""

import pytest
from sqlalchemy import select

from common.db.models import Base
from integration.api.harness import Api, Tenant, api_settings
from integration.api.operations import ALLOWED, NEEDS_TENANT, operations_of

OPERATIONS = operations_of(api_settings())
NAMING = [operation for operation in OPERATIONS if operation.names_something]
OTHERS = [operation for operation in OPERATIONS if not operation.names_something]
OF_NO_TENANT = {"list_tenants", "list_reasons", "list_rules", "list_alarm_kinds"}
CHANGING = {"core.audit_log", "core.idempotency_keys"}


async def everything_of(api: Api, tenant: Tenant) -> dict[str, list[str]]:
    """Every row that carries the tenant."""
    found = {}
    async with api.db.reading.of_all_tenants() as session:
        for name, table in Base.metadata.tables.items():
            if "tenant_id" in table.c and name not in CHANGING:
                rows = await session.execute(select(table).where(table.c.tenant_id == tenant.tenant_id))
                found[name] = sorted(str(row) for row in rows)
    return found


def traces_of(tenant: Tenant) -> set[str]:
    return {
        str(identity)
        for identity in (
            tenant.tenant_id,
            tenant.shop_id,
            tenant.books_id,
            tenant.document_id,
            tenant.dead_letter_id,
            tenant.token_id,
            tenant.command_id,
        )
    } | {"Beta"}


@pytest.mark.parametrize("role", ["merchant", "adviser"])
async def test_things_of_another_tenant_do_not_exist(api: Api, populated: list[Tenant], role: str) -> None:
    alpha, beta = populated
    before = await everything_of(api, beta)
    for operation in NAMING:
        answer = await operation.send(api, beta, getattr(alpha, role))
        assert answer.status_code == (403 if ALLOWED[operation.id].find(role) < 0 else 404), operation.id
        assert not [trace for trace in traces_of(beta) if trace in answer.text], operation.id
    assert await everything_of(api, beta) == before


async def test_an_unknown_id_looks_like_one_of_another_tenant(api: Api, populated: list[Tenant]) -> None:
    alpha, beta = populated
    for operation in NAMING:
        answers = [await operation.send(api, target, alpha.merchant) for target in (beta, None)]
        first, second = ({**answer.json(), "request_id": ""} for answer in answers)
        assert first == second


@pytest.mark.parametrize("role", ["merchant", "adviser"])
async def test_lists_and_counts_hold_only_the_own_tenant(
    api: Api, populated: list[Tenant], role: str
) -> None:
    alpha, beta = populated
    before = await everything_of(api, beta)
    for operation in OTHERS:
        answer = await operation.send(api, alpha, getattr(alpha, role))
        assert not [trace for trace in traces_of(beta) if trace in answer.text], operation.id
    assert await everything_of(api, beta) == before


async def test_asking_for_another_tenant_by_name_is_forbidden(api: Api, populated: list[Tenant]) -> None:
    alpha, beta = populated
    before = await everything_of(api, beta)
    for operation in OTHERS:
        if operation.id in NEEDS_TENANT:
            answer = await operation.send(api, beta, alpha.merchant, tenant_in_body=True)
        else:
            asked = {"tenant_id": str(beta.tenant_id)}
            answer = await operation.send(api, alpha, alpha.merchant, params=asked)
        assert not [trace for trace in traces_of(beta) if trace in answer.text], operation.id
        assert answer.status_code == 403 or operation.id in OF_NO_TENANT, operation.id
    assert await everything_of(api, beta) == before


async def test_an_operator_sees_all_tenants_and_can_ask_for_one(api: Api, populated: list[Tenant]) -> None:
    alpha, beta = populated
    everything = (await api.get("/api/v1/documents")).json()["items"]
    assert {item["tenant_id"] for item in everything} == {str(alpha.tenant_id), str(beta.tenant_id)}
    [one] = (await api.get("/api/v1/documents", tenant_id=beta.tenant_id)).json()["items"]
    assert one["id"] == str(beta.document_id)


async def test_a_merchant_sees_its_own_things(api: Api, populated: list[Tenant]) -> None:
    for path, identity in {
        "documents": populated[0].document_id,
        "connections": populated[0].shop_id,
        "dead-letters": populated[0].dead_letter_id,
        "tenants": populated[0].tenant_id,
    }.items():
        answer = await api.get(f"/api/v1/{path}", populated[0].merchant)
        assert str(identity) in {item["id"] for item in answer.json()["items"]}
