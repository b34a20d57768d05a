"""Who may do what: every operation of the description against every role."""

from typing import Any

import pytest
from sqlalchemy import literal_column, select, update

from common.db.engine import Database
from common.db.models.core import ApiTokenRow
from common.domain.stored_words import Role
from integration.api.harness import Api, Tenant, api_settings, bearer, shop_body
from integration.api.operations import ALLOWED, operations_of

OPERATIONS = operations_of(api_settings())


def test_the_table_names_every_operation() -> None:
    assert {operation.id for operation in OPERATIONS} == set(ALLOWED)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Roles are decided before the database matters: one of the two is enough for this table."""
    return sqlite_url


async def test_each_role_may_do_what_the_table_says(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    roles = {"operator": api.operator, "merchant": tenant.merchant, "adviser": tenant.adviser}
    seen: dict[str, set[str]] = {operation.id: set() for operation in OPERATIONS}
    for operation in OPERATIONS:
        for role, token in roles.items():
            answer = await operation.send(api, tenant, token)
            assert answer.status_code not in {401, 404, 405, 422, 500}, (operation.id, role, answer.text)
            if answer.status_code != 403:
                seen[operation.id].add(role)
    assert seen == {name: set(roles.split()) for name, roles in ALLOWED.items()}


async def test_a_role_of_a_newer_release_may_do_nothing_here(api: Api, populated: list[Tenant]) -> None:
    tenant = populated[0]
    auditor = update(ApiTokenRow).where(ApiTokenRow.role == Role.MERCHANT)
    async with api.db.sessions.of_all_tenants() as session:
        await session.execute(auditor.values(role=literal_column("'auditor'")))
    for operation in OPERATIONS:
        answer = await operation.send(api, tenant, tenant.merchant)
        open_to_all = (await operation.send(api, tenant, {})).status_code != 401
        assert answer.status_code == 401 or open_to_all, (operation.id, answer.text)


async def test_without_a_token_everything_is_refused(api: Api) -> None:
    for operation in OPERATIONS:
        for headers in ({}, bearer("sbk_0_nothing"), bearer(""), {"Authorization": "Basic YTpi"}):
            answer = await operation.send(api, None, headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), operation.id
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_revoked_token_is_refused(api: Api) -> None:
    tenant_id = await api.tenant()
    body = {"name": "x", "role": "merchant", "tenant_id": str(tenant_id)}
    made = (await api.post("/api/v1/tokens", body)).json()
    token = bearer(made["token"])
    assert (await api.get("/api/v1/status", token)).status_code == 200
    revoked = (await api.post(f"/api/v1/tokens/{made['id']}/revoke")).json()
    assert revoked["revoked_at"] is not None
    assert (await api.get("/api/v1/status", token)).status_code == 401


async def test_tokens_have_their_form_and_are_kept_as_hashes(api: Api) -> None:
    made = (await api.post("/api/v1/tokens", {"name": "x", "role": "operator"})).json()
    prefix, identity, secret = made["token"].split("_", 2)
    assert (prefix, identity, len(secret)) == ("sbk", made["id"].replace("-", ""), 43)
    listed = (await api.get("/api/v1/tokens")).text
    assert made["id"] in listed
    assert secret not in listed
    assert secret not in str(await stored(api.db))


@pytest.mark.parametrize("role", ["merchant", "adviser"])
async def test_a_merchant_makes_tokens_for_its_own_tenant_only(
    api: Api, populated: list[Tenant], role: str
) -> None:
    alpha, beta = populated
    own = {"name": "own", "role": role}
    made = await api.post("/api/v1/tokens", own, alpha.merchant)
    assert made.json()["tenant_id"] == str(alpha.tenant_id)
    for wanted in ({**own, "tenant_id": str(beta.tenant_id)}, {"name": "up", "role": "operator"}):
        assert (await api.post("/api/v1/tokens", wanted, alpha.merchant)).status_code == 403


async def test_only_an_operator_leaves_out_the_verification(api: Api, populated: list[Tenant]) -> None:
    body: dict[str, Any] = shop_body(None, "Other")
    answer = await api.post("/api/v1/connections", body, populated[0].merchant, verify="false")
    assert answer.status_code == 403


async def stored(db: Database) -> list[object]:
    """Everything in the tokens' table."""
    async with db.reading.of_all_tenants() as session:
        return [row._mapping for row in (await session.execute(select(ApiTokenRow.__table__))).all()]
