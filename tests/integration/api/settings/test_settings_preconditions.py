"""Nobody saves over settings that he has not seen: what a PUT and a PATCH must say, and what it means."""

import asyncio
from typing import Any

import httpx
import pytest

from integration.api.harness import Api

WHOLE: dict[str, Any] = {"values": {}}
PART: dict[str, Any] = {"values": {"mode": "paused"}}


async def path_of(api: Api) -> str:
    return f"/api/v1/tenants/{await api.tenant()}/settings"


async def change(api: Api, method: str, path: str, body: Any, *tags: str) -> httpx.Response:
    headers = [*api.operator.items(), *(("If-Match", tag) for tag in tags)]
    return await api.client.request(method, path, json=body, headers=headers)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize(("method", "body"), [("PUT", WHOLE), ("PATCH", PART)])
async def test_a_change_that_names_no_version_is_not_saved(api: Api, method: str, body: Any) -> None:
    path = await path_of(api)
    answer = await change(api, method, path, body)
    assert code_of(answer) == (428, "precondition_required")
    assert "If-Match" in answer.json()["detail"] and "version" in answer.json()["detail"]
    assert (await api.get(path)).json()["number"] == 1


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("tags", [['"1"'], ["*"], ['"7", "1"'], ['"7",,"1" ,'], ['"7"', '"1"'], [" * "]])
async def test_a_tag_of_the_newest_version_or_a_star_saves(api: Api, method: str, tags: list[str]) -> None:
    path = await path_of(api)
    assert (await change(api, method, path, PART, *tags)).json()["number"] == 2


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    "tags", [['"0"'], ['"2"'], ['"01"'], ['"anything"'], ['""'], ['W/"1"'], ['W/"1", "0"'], ['"0"', '"3"']]
)
async def test_a_stale_a_foreign_and_a_weak_tag_save_nothing(api: Api, method: str, tags: list[str]) -> None:
    path = await path_of(api)
    assert code_of(await change(api, method, path, PART, *tags)) == (412, "version_outdated")
    assert (await api.get(path)).json()["number"] == 1


@pytest.mark.parametrize("tags", [["1"], ['"1'], ['w/"1"'], ['"1" "2"'], [""], ["*", '"1"']])
async def test_what_is_no_tag_is_refused(api: Api, tags: list[str]) -> None:
    path = await path_of(api)
    answer = await change(api, "PUT", path, WHOLE, *tags)
    assert code_of(answer) == (422, "invalid_request")
    assert (await api.get(path)).json()["number"] == 1


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_the_version_in_the_body_says_the_same(api: Api, method: str) -> None:
    path = await path_of(api)
    assert (await change(api, method, path, {**PART, "version": 1})).json()["number"] == 2
    assert code_of(await change(api, method, path, {**PART, "version": 1})) == (412, "version_outdated")
    assert code_of(await change(api, method, path, {**PART, "version": 1}, "*")) == (412, "version_outdated")
    assert (await change(api, method, path, {**PART, "version": 2}, '"2"')).json()["number"] == 3
    assert (await change(api, method, path, {**PART, "version": 3}, '"2"')).status_code == 422


async def test_of_changes_at_the_same_moment_on_the_same_version_one_is_saved(api: Api) -> None:
    path = await path_of(api)
    answers = await asyncio.gather(*(change(api, "PATCH", path, PART, '"1"') for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    assert (await api.get(path)).json()["number"] == 2
