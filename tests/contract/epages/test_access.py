"""Who may ask the simulated shop, and how a request has to look."""

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from contract.epages.shop_client import Receiver, Shop
from sandbox.testing import running_sandbox

LIMIT_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


async def test_the_directory_leads_to_an_api_that_can_be_used_at_once(shop: Shop) -> None:
    assert shop.credentials["base_url"].endswith("/rs/shops/DemoShop")
    response = await shop.get("/orders")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-epages-media-type"] == "application/vnd.epages.v1+json"
    assert "date" in response.headers


async def test_the_base_url_may_end_with_a_slash_as_http_clients_make_it(shop: Shop) -> None:
    async with httpx.AsyncClient(base_url=shop.base_url, headers=shop.headers(), trust_env=False) as client:
        response = await client.get("")
    assert response.url.path.endswith("/DemoShop/")
    assert response.json() == await shop.json()
    requests = (await shop.control.state())["requests"]
    assert requests == {"GET /rs/shops/{shop_id}": 2}


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("User-Agent", "", 400),
        ("Accept", "application/vnd.epages.v2+json", 406),
        ("Accept", "application/vnd.epages.v1+csv", 406),
        ("Authorization", "Bearer nonsense", 403),
        ("Authorization", "Basic eDp5", 403),
        ("Accept", "*/*", 200),
    ],
)
async def test_headers_decide_about_the_answer(shop: Shop, header: str, value: str, status: int) -> None:
    response = await shop.http.get(f"{shop.base_url}/orders", headers={header: value})
    assert response.status_code == status
    assert all(name in response.headers for name in LIMIT_HEADERS)


async def test_a_missing_token_is_forbidden(shop: Shop) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(f"{shop.base_url}/orders")).status_code == 403


async def test_a_token_reaches_as_far_as_its_scopes(shop: Shop) -> None:
    await shop.do("shops/change", scopes=["orders_read"])
    assert (await shop.get("/orders")).status_code == 200
    assert (await shop.get("/countries")).status_code == 200
    for path in ("", "/tax-model", "/customers", "/legal"):
        assert (await shop.get(path)).status_code == 403


async def test_wrong_methods_and_unknown_shops_are_refused(shop: Shop) -> None:
    assert (await shop.http.post(f"{shop.base_url}/orders", json={})).status_code == 405
    assert (await shop.http.get(shop.base_url.replace("DemoShop", "Nobody") + "/orders")).status_code == 404


async def test_a_token_opens_its_own_shop_only(shop: Shop) -> None:
    other = await shop.control.post("shops", {"shop_id": "Other"})
    response = await shop.http.get(f"{other['base_url']}/orders")
    assert response.status_code == 403


async def test_two_hosts_can_have_a_shop_of_the_same_id(shop: Shop) -> None:
    twin = Shop(await shop.control.post("shops", {"shop_id": "DemoShop", "host": "localhost"}), shop.control)
    assert urlsplit(twin.base_url).hostname == "localhost"
    await twin.place(number="twin-1")
    assert [item["orderNumber"] for item in (await twin.json("/orders"))["items"]] == ["twin-1"]
    assert (await shop.json("/orders"))["results"] == 0
    assert (await twin.json("/orders"))["items"][0]["links"][0]["href"].startswith(twin.base_url)
    await twin.http.aclose()


async def test_links_name_the_host_that_was_asked_or_the_one_that_is_switched_on(shop: Shop) -> None:
    await shop.place()
    for host, switch in ((urlsplit(shop.base_url).netloc, ""), ("www.shop.example", "www.shop.example")):
        await shop.control.settings(link_host=switch)
        told = await shop.json("")
        item = (await shop.json("/orders"))["items"][0]
        urls = [told["sfUrl"], told["mboUrl"], told["logoUrl"], *(link["href"] for link in item["links"])]
        assert {urlsplit(url).netloc for url in urls} == {host}


async def test_every_call_counts_and_the_one_too_many_is_refused(shop: Shop) -> None:
    began = datetime.now(UTC)
    async with running_sandbox("epages", switches={"epages": {"hourly_limit": 3}}) as sandbox:
        limited = Shop(sandbox.epages.credentials, sandbox.epages.control)
        answers = [await limited.get("/orders") for _ in range(8)]
        state = await sandbox.epages.control.state()
        await limited.http.aclose()
    refused = [answer for answer in answers if answer.status_code == 429]
    assert answers[0].status_code == 200
    assert refused
    assert refused[-1].headers["X-RateLimit-Remaining"] == "0"
    assert refused[-1].headers["X-RateLimit-Limit"] == "3"
    assert "retry-after" not in refused[-1].headers
    reset = datetime.fromisoformat(refused[-1].headers["X-RateLimit-Reset"])
    assert reset > began
    assert (reset.minute, reset.second, reset.microsecond) == (0, 0, 0)
    assert state["rate_limited"] == len(refused)


async def test_the_quota_is_refilled_when_the_header_says(shop: Shop) -> None:
    switches = {"epages": {"hourly_limit": 1}}
    async with running_sandbox("epages", time_scale=0.0001, switches=switches) as sandbox:
        limited = Shop(sandbox.epages.credentials, sandbox.epages.control)
        while (refused := await limited.get("/orders")).status_code != 429:
            pass
        reset = datetime.fromisoformat(refused.headers["X-RateLimit-Reset"])
        assert (reset - datetime.now(UTC)).total_seconds() <= 0.36
        deadline = time.monotonic() + 5
        while (await limited.get("/orders")).status_code != 200:
            assert time.monotonic() < deadline
        await limited.http.aclose()
    assert datetime.now(UTC) >= reset


async def test_a_limit_that_is_switched_off_refuses_nobody(shop: Shop) -> None:
    await shop.do("shops/change", rate_limit=1)
    await shop.control.settings(rate_limit=False)
    assert {(await shop.get("/orders")).status_code for _ in range(5)} == {200}


async def test_an_installation_ends_with_a_new_token_and_the_code_is_used_up(shop: Shop) -> None:
    old = shop.credentials["access_token"]
    install = await shop.do("install", callback_url="https://app.example/install?x=1")
    query = {name: values[0] for name, values in parse_qs(urlsplit(install["redirect_url"]).query).items()}
    assert set(query) == {"x", "code", "signature", "return_url", "api_url", "access_token_url"}
    secret = str(shop.credentials["client_secret"]).encode()
    message = f"{query['code']}:{query['access_token_url']}".encode()
    expected = base64.b64encode(hmac.new(secret, message, hashlib.sha256).digest()).decode()
    assert query["signature"] == expected
    assert query["api_url"] == shop.base_url
    assert (await shop.get("/orders")).status_code == 403

    form = {
        "code": query["code"],
        "client_id": shop.credentials["client_id"],
        "client_secret": shop.credentials["client_secret"],
    }
    answer = await shop.http.post(query["access_token_url"], data=form)
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token"}
    assert answer.json()["access_token"] != old
    assert (await shop.http.post(query["access_token_url"], data=form)).status_code == 400
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await shop.http.get(f"{shop.base_url}/orders", headers=headers)).status_code == 200
    page = await shop.http.get(query["return_url"])
    assert "Open app" in page.text


async def test_a_code_is_given_to_nobody_else(shop: Shop) -> None:
    install = await shop.do("install", callback_url="https://app.example/install")
    url, good = (
        f"{shop.base_url}/token",
        {"code": install["code"], "client_id": shop.credentials["client_id"]},
    )
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"data": {**good, "client_secret": "wrong"}}, 403),
        ({"data": {**good, "client_secret": shop.credentials["client_secret"], "code": "x"}}, 400),
        ({"json": {**good, "client_secret": shop.credentials["client_secret"]}}, 400),
    ]
    for body, status in wrong:
        assert (await shop.http.post(url, **body)).status_code == status


async def test_an_uninstalled_app_is_locked_out(shop: Shop) -> None:
    await shop.do("shops/uninstall")
    assert (await shop.get("/orders")).status_code == 403


async def test_a_revoked_token_is_replaced_at_the_press_of_a_button(shop: Shop) -> None:
    await shop.do("shops/revoke")
    assert (await shop.get("/orders")).status_code == 403
    renewed = await shop.do("shops/token")
    headers = {"Authorization": f"Bearer {renewed['access_token']}"}
    assert (await shop.http.get(f"{shop.base_url}/orders", headers=headers)).status_code == 200


async def test_the_simulator_can_play_the_browser_of_an_installation(shop: Shop, receiver: Receiver) -> None:
    await shop.do("install", callback_url=f"{receiver.url}?x=1", follow=True)
    ((headers, _),) = await receiver.received(1)
    assert headers["user-agent"] == "Browser"
