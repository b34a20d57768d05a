"""Lists in pages: stable while rows arrive, and cursors nobody can make up."""

import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from common.db.models.ingest import DocumentRow
from integration.api.harness import Api
from integration.api.rows import document_row

PATH = "/api/v1/documents"


async def shop_with(api: Api, count: int) -> tuple[UUID, UUID]:
    tenant_id = await api.tenant()
    connection_id = UUID((await api.shop(tenant_id))["id"])
    rows = [
        document_row(
            tenant_id, connection_id, f"D{number}", issued_on=date(2026, 1, 1) + timedelta(days=number // 7)
        )
        for number in range(count)
    ]
    await api.add(DocumentRow, *rows)
    return tenant_id, connection_id


@pytest.mark.parametrize("seed", range(4))
async def test_no_document_is_lost_or_shown_twice_while_others_arrive(api: Api, seed: int) -> None:
    dice = random.Random(seed)
    tenant_id, connection_id = await shop_with(api, 40)
    there, seen, cursor = {f"D{number}" for number in range(40)}, list[tuple[str, str]](), None
    for turn in range(200):
        params: dict[str, Any] = {"limit": dice.randint(1, 9), **({"cursor": cursor} if cursor else {})}
        answer = (await api.get(PATH, **params)).json()
        seen += [(item["issued_on"], item["number"]) for item in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
        late = date(2026, 1, 1) + timedelta(days=dice.randint(-3, 9))
        await api.add(DocumentRow, document_row(tenant_id, connection_id, f"N{turn}", issued_on=late))
    numbers = [number for _, number in seen]
    assert cursor is None
    assert len(numbers) == len(set(numbers))
    assert there <= set(numbers)
    assert [day for day, _ in seen] == sorted((day for day, _ in seen), reverse=True)


async def test_the_last_full_page_has_no_next_cursor(api: Api) -> None:
    await shop_with(api, 10)
    first = (await api.get(PATH, limit=5)).json()
    second = (await api.get(PATH, limit=5, cursor=first["next_cursor"])).json()
    assert (len(second["items"]), second["next_cursor"]) == (5, None)


@pytest.mark.parametrize("limit", [0, 1001, -1, "x"])
async def test_a_limit_out_of_range_is_invalid(api: Api, limit: object) -> None:
    answer = await api.get(PATH, limit=limit)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/limit")


@pytest.mark.parametrize(
    "cursor", ["x", "", "äöü", "AAAA", "A" * 60, "WyIyMDI2LTAxLTAxIiwiMSJd", "%00", "=" * 30, "A" * 499]
)
async def test_a_made_up_cursor_is_a_problem(api: Api, cursor: str) -> None:
    answer = await api.get(PATH, cursor=cursor)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


async def test_a_cursor_counts_for_its_own_list_only(api: Api) -> None:
    tenant_id, _ = await shop_with(api, 4)
    cursor = (await api.get(PATH, limit=2)).json()["next_cursor"]
    elsewhere = [
        await api.get(PATH, cursor=cursor, status="parked"),
        await api.get(PATH, cursor=cursor, tenant_id=tenant_id),
        await api.get("/api/v1/tenants", cursor=cursor),
        await api.get(PATH, cursor=cursor, token=await api.token("merchant", tenant_id)),
    ]
    assert {answer.status_code for answer in elsewhere} == {400}
    assert (await api.get(PATH, cursor=cursor, limit=3)).status_code == 200


async def test_every_list_goes_in_pages(api: Api) -> None:
    for name in ("A", "B", "C"):
        await api.tenant(name)
    names, cursor = [], None
    while True:
        page = (await api.get("/api/v1/tenants", limit=1, **({"cursor": cursor} if cursor else {}))).json()
        names += [item["name"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert names == ["C", "B", "A"]


async def test_an_unknown_connection_lists_nothing(api: Api) -> None:
    assert (await api.get(PATH, connection_id=uuid4())).json() == {"items": [], "next_cursor": None}
