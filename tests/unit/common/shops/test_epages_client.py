"""What the client asks a shop for, and what it makes of every kind of answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from common.shops.base import OrderQuery
from common.shops.epages.client import DEFAULT_LIMIT, DOCUMENTS_LIMIT, EpagesClient, read_quota
from common.shops.epages.errors import (
    AnswerTooLarge,
    ForeignRefusal,
    NotAShop,
    NotFound,
    RateLimited,
    RequestRejected,
    ShopRefused,
    ShopUnavailable,
    rate_wait,
)

NOW = datetime(2025, 3, 4, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Reply:
    content: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class ScriptedHttp:
    """Answers with what stands next in the script and remembers what was asked."""

    script: list[Reply | Exception]
    asked: list[tuple[str, dict[str, str], dict[str, str], int]] = field(default_factory=list)

    async def get(
        self, path: str, *, params: Mapping[str, str], headers: Mapping[str, str], max_bytes: int
    ) -> Reply:
        self.asked.append((path, dict(params), dict(headers), max_bytes))
        reply = self.script.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


def a_page(items: list[dict[str, Any]], results: int | None = None, **headers: str) -> Reply:
    envelope = {"results": len(items) if results is None else results, "items": items}
    return Reply(json.dumps(envelope).encode(), headers=headers)


def a_document(number: str = "1") -> dict[str, Any]:
    container = {"grandTotal": {"amount": 1, "currency": "EUR"}}
    return {
        "documentType": "Invoice",
        "documentNumber": number,
        "issueDate": NOW.isoformat(),
        "lineItemContainer": container,
    }


def client_with(*script: Reply | Exception) -> tuple[EpagesClient, ScriptedHttp]:
    http = ScriptedHttp(list(script))
    return EpagesClient(http, SecretStr("token-1"), locale="de_AT"), http


async def test_order_list_is_asked_for_with_page_size_locale_and_headers() -> None:
    client, http = client_with(a_page([{"orderId": "A"}], Date="Tue, 04 Mar 2025 12:00:00 GMT"))
    page = await client.orders(OrderQuery(updated_from=NOW), 3)
    path, params, headers, limit = http.asked[0]
    assert path == "/orders"
    assert params == {
        "updatedFrom": "2025-03-04T12:00:00.000Z",
        "page": "3",
        "resultsPerPage": "100",
        "locale": "de_AT",
    }
    assert headers["Accept"] == "application/vnd.epages.v1+json"
    assert headers["Authorization"] == "Bearer token-1"
    assert headers["User-Agent"]
    assert (page.server_time, limit, client.calls) == (NOW, DEFAULT_LIMIT, 1)


async def test_one_unreadable_item_does_not_spoil_its_page() -> None:
    client, _ = client_with(a_page([{"orderId": "A"}, {"orderId": None}, {"orderId": "B"}]))
    page = await client.orders(OrderQuery(), 1)
    assert [item.value.order_id for item in page.items] == ["A", "B"]
    assert page.unreadable[0].raw == b'{"orderId": null}'


async def test_unknown_total_means_another_page_only_after_a_full_one() -> None:
    full = b'{"items": [' + b",".join(b'{"orderId": "%d"}' % n for n in range(100)) + b"]}"
    client, _ = client_with(Reply(full), Reply(b'{"items": []}'))
    assert (await client.orders(OrderQuery(), 1)).total == 101
    assert (await client.orders(OrderQuery(), 2)).total == 100


async def test_documents_are_read_to_their_last_page() -> None:
    first = [a_document(str(n)) for n in range(100)]
    client, http = client_with(a_page(first, results=101), a_page([a_document("101")], results=101))
    page = await client.documents("A")
    assert len(page.items) == 101
    assert [params["page"] for _, params, _, _ in http.asked] == ["1", "2"]
    assert all("includePdf" not in params for _, params, _, _ in http.asked)


async def test_documents_of_a_shop_that_forgets_its_last_page_end() -> None:
    client, _ = client_with(a_page([a_document()], results=500), a_page([], results=500))
    assert len((await client.documents("A")).items) == 1


async def test_files_too_large_together_are_asked_for_in_smaller_pages() -> None:
    client, http = client_with(AnswerTooLarge("big"), a_page([a_document()]))
    page = await client.documents_with_files("A")
    assert len(page.items) == 1
    assert [params["resultsPerPage"] for _, params, _, _ in http.asked] == ["100", "10"]
    assert all(params["includePdf"] == "true" for _, params, _, _ in http.asked)
    assert {limit for *_, limit in http.asked} == {DOCUMENTS_LIMIT}
    assert DOCUMENTS_LIMIT >= 20 * 1024 * 1024


async def test_documents_of_too_many_values_together_are_asked_for_in_smaller_pages_without_files_too() -> (
    None
):
    crowded = a_page([a_document() | {"noise": [0] * 600_000}])
    client, http = client_with(crowded, a_page([a_document()]))
    assert len((await client.documents("A")).items) == 1
    assert [params["resultsPerPage"] for _, params, _, _ in http.asked] == ["100", "10"]


async def test_a_single_file_too_large_gives_up() -> None:
    client, http = client_with(*[AnswerTooLarge("big")] * 3)
    with pytest.raises(AnswerTooLarge):
        await client.documents_with_files("A")
    assert [params["resultsPerPage"] for _, params, _, _ in http.asked] == ["100", "10", "1"]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RequestRejected),
        (403, ShopRefused),
        (404, NotFound),
        (503, ShopUnavailable),
        (302, ShopUnavailable),
    ],
)
async def test_what_the_shop_itself_answers_has_an_error_of_its_own(
    status: int, error: type[Exception]
) -> None:
    client, _ = client_with(Reply(json.dumps({"message": "no", "status": str(status)}).encode(), status))
    with pytest.raises(error):
        await client.order("A")


async def test_a_page_of_the_web_server_has_to_name_the_path_that_was_asked() -> None:
    page = b"<title>Error 400</title><h2>HTTP ERROR: 400</h2><p>Problem accessing /rs/shops/S/orders/%s."
    for named, kind in ((b"A", RequestRejected), (b"B", ForeignRefusal)):
        client, _ = client_with(Reply(page % named, 400))
        with pytest.raises(kind):
            await client.order("A")


@pytest.mark.parametrize("body", [b"<html></html>", b'{"results": 1, "items": [{"order', b"", b"null"])
async def test_a_good_status_with_a_useless_body_is_no_answer(body: bytes) -> None:
    client, _ = client_with(Reply(body))
    with pytest.raises(ShopUnavailable):
        await client.orders(OrderQuery(), 1)


async def test_the_single_order_keeps_its_bytes() -> None:
    client, http = client_with(Reply(b'{"orderId": "A", "orderNumber": "7"}'))
    read = await client.order("A")
    assert (read.value.order_number, read.raw) == ("7", b'{"orderId": "A", "orderNumber": "7"}')
    assert http.asked[0][0] == "/orders/A"


async def test_shop_info_is_read_at_the_root() -> None:
    told = b'{"name": "Shop", "countryCode2": "DE", "sfUrl": "https://Shop.example/?b=1&a=2"}'
    client, http = client_with(Reply(told))
    shop = await client.shop_info()
    assert (shop.country_code2, shop.storefront) == ("DE", "shop.example?a=2&b=1")
    assert http.asked[0][0] == ""


@pytest.mark.parametrize("url", ["sfUrl", "mboUrl"])
async def test_one_address_of_the_shop_is_enough(url: str) -> None:
    client, _ = client_with(Reply(f'{{"name": "Shop", "{url}": "https://shop.example/a"}}'.encode()))
    assert (await client.shop_info()).storefront == "shop.example/a"


@pytest.mark.parametrize(
    "told",
    [
        b"{}",
        b"[]",
        b'"shop"',
        b'{"name": "Shop"}',
        b'{"name": "Shop", "sfUrl": null, "mboUrl": ""}',
        b'{"name": "Shop", "sfUrl": "/epages/Shop.sf"}',
        b'{"name": "", "sfUrl": "https://shop.example/"}',
        b'{"name": 7, "sfUrl": "https://shop.example/"}',
        b'{"sfUrl": "https://shop.example/", "mboUrl": "https://shop.example/admin"}',
    ],
)
async def test_json_without_name_and_address_is_no_shop(told: bytes) -> None:
    client, _ = client_with(Reply(told))
    with pytest.raises(NotAShop):
        await client.shop_info()


@pytest.mark.parametrize(
    ("remaining", "reset"),
    [("X-RateLimit-Remaining", "X-RateLimit-Reset"), ("x-rate-limit-remaining", "X-Rate-Limit-Reset")],
)
def test_quota_headers_are_read_in_both_spellings(remaining: str, reset: str) -> None:
    quota = read_quota({remaining: "17", reset: "2025-03-04T13:14:34.611Z"})
    assert quota.remaining == 17
    assert quota.resets_at == datetime(2025, 3, 4, 13, 14, 34, 611000, tzinfo=UTC)


@pytest.mark.parametrize("headers", [{}, {"X-RateLimit-Remaining": "-", "X-RateLimit-Reset": "soon"}])
def test_unusable_quota_headers_say_nothing(headers: dict[str, str]) -> None:
    assert read_quota(headers).remaining is None
    assert read_quota(headers).resets_at is None


@pytest.mark.parametrize(
    ("reset_in", "wait"),
    [(None, 60), (timedelta(seconds=5), 60), (timedelta(seconds=600), 600), (timedelta(hours=9), 3600)],
)
def test_a_used_up_quota_is_waited_for_within_limits(reset_in: timedelta | None, wait: int) -> None:
    resets_at = None if reset_in is None else NOW + reset_in
    assert rate_wait(resets_at, NOW) == timedelta(seconds=wait)


async def test_rate_limit_error_carries_the_wait() -> None:
    reset = (datetime.now(UTC) + timedelta(seconds=1000)).isoformat()
    client, _ = client_with(Reply(b"", 429, {"X-RateLimit-Reset": reset, "X-RateLimit-Remaining": "0"}))
    with pytest.raises(RateLimited) as limited:
        await client.orders(OrderQuery(), 1)
    assert limited.value.retry_after is not None
    assert 900 < limited.value.retry_after.total_seconds() <= 1000
    assert client.quota.remaining == 0
