"""Secrets come in and never go out: not into answers, logs, the audit log or any table."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from common.db.models import Base
from integration.api.harness import ADMIN, Api, books_body, shop_body

SECRETS = (
    "shop-access-secret",
    "shop-client-secret",
    "books-key-secret",
    "pair-access-secret",
    "pair-refresh-secret",
    ADMIN,
)
PAIR = {"access_token": "pair-access-secret", "refresh_token": "pair-refresh-secret", "expires_in": 60}


async def test_no_secret_is_in_any_answer_log_or_table(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    tenant_id = await api.tenant()
    answers = list[httpx.Response]()
    for body in requests_with_secrets(tenant_id):
        answers.append(await api.post("/api/v1/connections", body, key=str(len(answers))))
    made = await api.post("/api/v1/tokens", {"name": "x", "role": "operator"}, key="token")
    for path in ("connections", "audit", "tokens", "status"):
        answers.append(await api.get(f"/api/v1/{path}"))
    answers.append(await api.client.get("/openapi.json"))
    everywhere = "".join(answer.text + str(answer.headers) for answer in answers)
    everywhere += "".join(capsys.readouterr()) + await dump(api)
    assert sum(answer.status_code in {200, 201} for answer in answers) >= 7
    assert [secret for secret in (*SECRETS, made.json()["token"]) if secret in everywhere] == []


def requests_with_secrets(tenant_id: UUID) -> list[dict[str, Any]]:
    """Requests that are taken and requests that are refused."""
    return [
        shop_body(tenant_id),
        shop_body(tenant_id),
        books_body(tenant_id),
        books_body(tenant_id, api_key=None, oauth=PAIR),
        shop_body(tenant_id, access_token=list(SECRETS[:1])),
        shop_body(tenant_id, unknown="shop-access-secret"),
        shop_body(tenant_id, access_token="shop-access-secret\n"),
        books_body(tenant_id, oauth={**PAIR, "expires_in": "pair-access-secret"}),
    ]


async def dump(api: Api) -> str:
    """Every table, as text."""
    rows = list[str]()
    async with api.db.reading.of_all_tenants() as session:
        for table in Base.metadata.tables.values():
            rows += [str(row) for row in (await session.execute(select(table))).all()]
    return "\n".join(rows)
