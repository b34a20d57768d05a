"""The same Idempotency-Key again answers with the first result and does nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from api.housekeeping import Housekeeper
from api.problems import (
    UpstreamUnavailable,
)
from common.db.models.core import ApiTokenRow, ConnectionRow, IdempotencyRow, TenantRow
from common.events.commands import RetryDocument
from integration.api.harness import Api, Tenant, bearer, shop_body


async def test_a_repeat_is_answered_as_the_first_time(api: Api) -> None:
    first = await api.post("/api/v1/tenants", {"name": "A"}, key="k-1")
    again = await api.post("/api/v1/tenants", {"name": "A"}, key="k-1")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (
        None,
        "true",
    )
    assert len(await api.rows(TenantRow)) == 1


async def test_the_same_key_with_another_request_is_refused(api: Api) -> None:
    await api.post("/api/v1/tenants", {"name": "A"}, key="k-1")
    for answer in (
        await api.post("/api/v1/tenants", {"name": "B"}, key="k-1"),
        await api.post("/api/v1/tokens", {"name": "A", "role": "operator"}, key="k-1"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert len(await api.rows(TenantRow)) == 1


async def test_keys_of_two_principals_do_not_meet(api: Api, populated: list[Tenant]) -> None:
    answers = [
        await api.post("/api/v1/tokens", {"name": "A", "role": "adviser"}, tenant.merchant, key="same")
        for tenant in populated
    ]
    assert answers[0].json()["id"] != answers[1].json()["id"]


async def test_without_a_key_each_request_counts(api: Api) -> None:
    for _ in range(2):
        await api.post("/api/v1/tenants", {"name": "A"})
    assert len(await api.rows(TenantRow)) == 2


async def test_requests_at_the_same_moment_do_the_work_once(api: Api, populated: list[Tenant]) -> None:
    path = f"/api/v1/documents/{populated[0].document_id}/retry"
    answers = await asyncio.gather(*(api.post(path, key="together") for _ in range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["command_id"] for answer in answers}) == 1
    assert len([command for command in await api.commands() if isinstance(command, RetryDocument)]) == 1


async def test_a_repeat_asks_nobody_and_keeps_nothing_new(api: Api) -> None:
    body = shop_body(await api.tenant())
    first = await api.post("/api/v1/connections", body, key="link")
    api.checks.problem = UpstreamUnavailable()
    again = await api.post("/api/v1/connections", body, key="link")
    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (201, first.json())
    assert len(api.checks.asked) == len(await api.rows(ConnectionRow)) == 1


async def test_a_request_that_failed_may_be_sent_again_with_its_key(api: Api) -> None:
    body = shop_body(await api.tenant())
    api.checks.problem = UpstreamUnavailable()
    assert (await api.post("/api/v1/connections", body, key="link")).status_code == 503
    api.checks.problem = None
    assert (await api.post("/api/v1/connections", body, key="link")).status_code == 201


async def test_a_repeated_token_request_names_the_token_without_its_secret(api: Api) -> None:
    body = {"name": "x", "role": "operator"}
    first = (await api.post("/api/v1/tokens", body, key="t")).json()
    again = (await api.post("/api/v1/tokens", body, key="t")).json()
    assert again == {**first, "token": None}
    assert (await api.get("/api/v1/status", bearer(first["token"]))).status_code == 200
    assert first["token"] not in str([row.answer for row in await api.rows(IdempotencyRow)])
    assert len(await api.rows(ApiTokenRow)) == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "a b"])
async def test_a_key_that_is_none_is_refused(api: Api, key: Any) -> None:
    headers = {**api.operator, "Idempotency-Key": key}
    answer = await api.client.post("/api/v1/tenants", json={"name": "A"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_old_keys_are_forgotten_and_young_ones_kept(api: Api) -> None:
    await api.post("/api/v1/tenants", {"name": "A"}, key="old")
    async with api.db.sessions.of_all_tenants() as session:
        await session.execute(update(IdempotencyRow).values(created_at=datetime.now(UTC) - timedelta(days=8)))
    await api.post("/api/v1/tenants", {"name": "A"}, key="young")
    assert await Housekeeper(api.db).forget() == 1
    assert [row.key for row in await api.rows(IdempotencyRow)] == ["young"]
