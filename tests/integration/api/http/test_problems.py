"""Whatever goes wrong is a problem answer that tells the kind and leaks nothing."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy.exc import OperationalError

from api.app import create_app
from common.db.engine import open_database
from common.settings import DatabaseSettings
from integration.api.harness import ADMIN, Api, FakeChecks, api_settings, bearer

PROBLEM = "application/problem+json"
MIB = 1024 * 1024


def is_problem(answer: httpx.Response, status: int, code: str) -> bool:
    body = answer.json()
    assert answer.headers["content-type"] == PROBLEM
    assert body["request_id"] == answer.headers["x-request-id"]
    assert (body["status"], body["type"]) == (answer.status_code, f"/problems/{body['code']}")
    return bool((answer.status_code, body["code"]) == (status, code))


async def test_unknown_addresses_and_methods_are_problems(api: Api) -> None:
    assert is_problem(await api.get("/nothing/here"), 404, "not_found")
    answer = await api.client.delete("/api/v1/tenants", headers=api.operator)
    assert is_problem(answer, 405, "method_not_allowed")


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v1/tenants", "GET, POST"),
        ("/api/v1/tenants/0b6f3f6e-0000-4000-8000-00000000a001/settings", "GET, PATCH, PUT"),
        ("/api/v1/status", "GET"),
        ("/docs", "GET"),
    ],
)
async def test_a_refused_method_names_all_that_the_address_takes(api: Api, path: str, methods: str) -> None:
    answer = await api.client.delete(path, headers=api.operator)
    assert is_problem(answer, 405, "method_not_allowed")
    assert answer.headers.get_list("allow") == [methods]


async def test_an_invalid_request_points_at_each_part_without_quoting_a_value(api: Api) -> None:
    body = {"name": "", "a name": "leaked-value", "settings": {"mode": "leaked-mode"}}
    answer = await api.post("/api/v1/tenants", body)
    assert is_problem(answer, 422, "invalid_request")
    assert {(error["pointer"], error["code"]) for error in answer.json()["errors"]} == {
        ("/body/name", "string_too_short"),
        ("/body/?", "extra_forbidden"),
        ("/body/settings/mode", "literal_error"),
    }
    assert "leaked" not in answer.text


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b"[]", b"null", b'"x"', b"", b'{"name": "\\ud800"}', b"<html>"]
)
async def test_a_body_that_is_none_is_a_problem(api: Api, content: bytes) -> None:
    headers = {**api.operator, "Content-Type": "application/json"}
    answer = await api.client.post("/api/v1/tenants", content=content, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == PROBLEM


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", None])
async def test_a_body_that_is_not_said_to_be_json_is_told_so(api: Api, kind: str | None) -> None:
    headers = api.operator if kind is None else {**api.operator, "Content-Type": kind}
    answer = await api.client.post("/api/v1/tenants", content=b'{"name": "A"}', headers=headers)
    assert is_problem(answer, 415, "unsupported_media_type")
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/x+json"]
)
async def test_a_body_that_is_said_to_be_json_is_taken(api: Api, kind: str) -> None:
    headers = {**api.operator, "Content-Type": kind}
    answer = await api.client.post("/api/v1/tenants", content=b'{"name": "A"}', headers=headers)
    assert answer.status_code == 201
    nothing = await api.client.post("/api/v1/tenants", headers=api.operator)
    assert is_problem(nothing, 422, "invalid_request")


@pytest.mark.parametrize("query", ["status=booked&status=parked", "limit=1&status=booked&limit=1"])
async def test_a_repeated_parameter_is_refused_and_not_half_ignored(api: Api, query: str) -> None:
    answer = await api.client.get(f"/api/v1/documents?{query}", headers=api.operator)
    assert is_problem(answer, 422, "invalid_request")
    assert "once" in answer.json()["detail"]


async def test_an_id_that_is_none_is_a_problem(api: Api) -> None:
    answer = await api.get("/api/v1/documents/leaked-id")
    assert is_problem(answer, 422, "invalid_request")
    assert "leaked" not in answer.text


async def test_a_body_of_more_than_a_mebibyte_is_refused_announced_or_not(api: Api) -> None:
    async def chunks() -> Any:
        for _ in range(3):
            yield b"x" * (MIB // 2)

    headers = {**api.operator, "Content-Type": "application/json"}
    for content in (b"x" * (MIB + 1), chunks()):
        answer = await api.client.post("/api/v1/tenants", content=content, headers=headers)
        assert is_problem(answer, 413, "body_too_large")
    fits = b'{"name": "A"}'.ljust(MIB)
    assert (await api.client.post("/api/v1/tenants", content=fits, headers=headers)).status_code == 201


async def test_large_bodies_of_many_at_once_are_refused_and_small_ones_taken(api: Api) -> None:
    release, waiting = asyncio.Event(), 0

    async def half() -> AsyncIterator[bytes]:
        nonlocal waiting
        yield b" " * (MIB - 1)
        waiting += 1
        await release.wait()

    headers = {**api.operator, "Content-Type": "application/json"}
    post = api.client.post
    held = [asyncio.create_task(post("/api/v1/tenants", content=half(), headers=headers)) for _ in range(32)]
    while waiting < 32:
        await asyncio.sleep(0.01)
    large = await post("/api/v1/tenants", content=b'{"name": "A"}'.ljust(MIB), headers=headers)
    assert is_problem(large, 503, "too_many_large_bodies")
    small = await post("/api/v1/tenants", content=b'{"name": "A"}'.ljust(64 * 1024), headers=headers)
    assert small.status_code == 201
    release.set()
    await asyncio.gather(*held)
    again = await post("/api/v1/tenants", content=b'{"name": "A"}'.ljust(MIB), headers=headers)
    assert again.status_code == 201


async def test_every_problem_code_is_explained(api: Api) -> None:
    answer = await api.get("/nothing")
    explained = await api.client.get(answer.json()["type"])
    assert (explained.status_code, explained.json()["status"]) == (200, 404)
    assert is_problem(await api.client.get("/problems/none"), 404, "not_found")


async def test_a_request_id_is_taken_over_when_it_is_one(api: Api) -> None:
    for given, is_kept in {
        "abcdef-12345": True,
        "short": False,
        "with spaces in": False,
        "x" * 65: False,
    }.items():
        answer = await api.client.get("/", headers={"X-Request-Id": given})
        assert (answer.headers["x-request-id"] == given) is is_kept


async def test_every_answer_carries_safe_headers(api: Api) -> None:
    answer = await api.client.get("/")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.fixture
def broken() -> FastAPI:
    """The api with routes that break, over a database that is not there."""
    router = APIRouter()

    @router.get("/breaks")
    async def breaks() -> None:
        raise ValueError("leaked value")

    @router.get("/database-gone")
    async def database_gone() -> None:
        raise OperationalError("SELECT leaked", {"leaked": 1}, Exception("leaked"))

    db = open_database(DatabaseSettings(url="postgresql+asyncpg://nobody@127.0.0.1:1/nothing"))
    return create_app(api_settings(), db, FakeChecks(), routers=(router,))


async def test_an_error_nobody_expected_leaks_neither_into_answer_nor_log(
    broken: FastAPI, capsys: pytest.CaptureFixture[str]
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(broken), base_url="http://api.test") as client:
        answer = await client.get("/breaks")
        assert is_problem(answer, 500, "internal_error")
        assert is_problem(await client.get("/database-gone"), 503, "database_unavailable")
    logged = "".join(capsys.readouterr())
    assert "ValueError" in logged
    assert "breaks" in logged
    assert "leaked" not in logged + answer.text


async def test_a_database_that_does_not_answer_is_a_problem_to_try_again(broken: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(broken), base_url="http://api.test") as client:
        answer = await client.get("/api/v1/status", headers=bearer(ADMIN))
    assert is_problem(answer, 503, "database_unavailable")
    assert answer.headers["retry-after"] == "5"
