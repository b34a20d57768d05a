"""The simulated shop tells registered listeners what happened, signed and again until they take it."""

import base64
import hashlib
import hmac
import json

import httpx
import pytest

from contract.epages.shop_client import Receiver, Shop
from sandbox.testing import running_sandbox
from support.eventually import eventually

RETRIES = (60, 180, 300, 600, 900, 1800, 3600, 7200, 21600, 50400, 86400)


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


async def register(shop: Shop, url: str, event: str = "ORDER_UPDATE") -> httpx.Response:
    body = {"callbackUrl": url, "eventType": event}
    return await shop.http.post(f"{shop.base_url}/webhooks", json=body)


async def test_a_registration_can_be_read_switched_and_deleted(shop: Shop) -> None:
    created = await register(shop, "https://app.example/hook")
    webhook = created.json()
    assert created.status_code == 201
    assert set(webhook) == {
        "webhookId",
        "active",
        "eventType",
        "callbackUrl",
        "createdOn",
        "updatedOn",
        "links",
    }
    url = webhook["links"][0]["href"]
    assert (await shop.http.get(url)).json() == webhook
    assert (await shop.http.post(url, data={"active": "false"})).json()["active"] is False
    assert (await shop.http.post(url, data={"active": "perhaps"})).status_code == 400
    assert (await shop.http.delete(url)).status_code == 204
    assert (await shop.http.get(url)).status_code == 404


async def test_only_known_events_and_https_or_this_machine_are_accepted(shop: Shop) -> None:
    assert (await register(shop, "https://app.example/hook", "INVOICE_CREATE")).status_code == 400
    assert (await register(shop, "http://app.example/hook")).status_code == 400
    assert (await register(shop, "http://127.0.0.1:1/hook")).status_code == 201
    assert (await register(shop, "https://app.example/h", "ORDERS_CREATE")).json()[
        "eventType"
    ] == "ORDER_CREATE"


@pytest.mark.parametrize("how", ["shop", "platform"])
async def test_where_webhooks_do_not_exist_their_path_is_unknown(shop: Shop, how: str) -> None:
    if how == "shop":
        await shop.do("shops/change", webhooks_enabled=False)
    else:
        await shop.control.settings(webhooks=False)
    assert (await register(shop, "https://app.example/hook")).status_code == 404


async def test_a_notification_is_signed_over_its_raw_body(shop: Shop, receiver: Receiver) -> None:
    webhook = (await register(shop, receiver.url, "ORDER_CREATE")).json()
    order = await shop.place()
    ((headers, body),) = await receiver.received(1)
    assert headers["x-epages-hmac-sha256"] == signature(shop.credentials["client_secret"], body)
    notice = json.loads(body)
    assert set(notice) == {"id", "baseUrl", "entityUrl", "createdOn", "eventType", "entity"}
    assert notice["id"] == webhook["webhookId"]
    assert notice["baseUrl"] == shop.base_url
    assert notice["entityUrl"] == f"{shop.base_url}/orders/{order['order_id']}"
    assert notice["entity"] == {}


async def test_the_entity_can_be_the_whole_order(shop: Shop, receiver: Receiver) -> None:
    await shop.do("shops/change", webhook_full_entity=True)
    await register(shop, receiver.url, "ORDER_CREATE")
    order = await shop.place()
    ((_, body),) = await receiver.received(1)
    assert json.loads(body)["entity"] == await shop.json(f"/orders/{order['order_id']}")


async def test_finalising_is_announced_only_where_the_shop_does_so(shop: Shop, receiver: Receiver) -> None:
    await register(shop, receiver.url)
    await shop.sell()
    await shop.do("shops/change", webhook_on_finalise=True)
    sold = await shop.sell()
    ((_, body),) = await receiver.received(1)
    assert json.loads(body)["entityUrl"].endswith(sold["order_id"])


async def test_uninstalling_is_announced_and_nothing_after_it(shop: Shop, receiver: Receiver) -> None:
    await register(shop, receiver.url, "APP_UNINSTALL")
    await register(shop, receiver.url, "ORDER_CREATE")
    await shop.do("shops/uninstall")
    await shop.place()
    ((_, body),) = await receiver.received(1)
    assert json.loads(body)["eventType"] == "APP_UNINSTALL"
    await eventually(lambda: delivered(shop))
    assert len(receiver.requests) == 1


async def test_a_failed_notification_comes_again_while_others_wait(shop: Shop, receiver: Receiver) -> None:
    receiver.statuses = [302]
    await register(shop, receiver.url)
    failing, waiting = await shop.place(), await shop.place()
    await shop.do("orders/touch", order=failing["order_id"])
    await eventually(lambda: tried(shop))
    await shop.do("orders/touch", order=waiting["order_id"])
    bodies = [body for _, body in await receiver.received(3)]
    assert sorted(bodies.count(body) for body in set(bodies)) == [1, 2]
    assert receiver.times[1] - receiver.times[0] >= 0.05


async def test_after_the_eleventh_retry_the_webhook_is_switched_off(shop: Shop, receiver: Receiver) -> None:
    receiver.statuses = [500] * 100
    # A millionth of the real waits, except for reading requests.
    switches = {"epages": {"body_timeout": 1e7}}
    async with running_sandbox("epages", time_scale=1e-6, switches=switches) as sandbox:
        hasty = Shop(sandbox.epages.credentials, sandbox.epages.control)
        url = (await register(hasty, receiver.url)).json()["links"][0]["href"]
        order = await hasty.place()
        await hasty.do("orders/touch", order=order["order_id"])
        await receiver.received(12)
        await eventually(lambda: inactive(hasty, url))
        await hasty.do("orders/touch", order=order["order_id"])
        state = await sandbox.epages.control.state()
        await hasty.http.aclose()
    gaps = [later - earlier for earlier, later in zip(receiver.times, receiver.times[1:], strict=False)]
    assert len(receiver.requests) == 12
    assert len({body for _, body in receiver.requests}) == 1
    assert all(gap >= wait * 1e-6 for gap, wait in zip(gaps, RETRIES, strict=True))
    assert state["pending_deliveries"] == 0


async def tried(shop: Shop) -> bool:
    return len((await shop.control.state())["deliveries"]) > 0


async def delivered(shop: Shop) -> bool:
    return bool((await shop.control.state())["pending_deliveries"] == 0)


async def inactive(shop: Shop, url: str) -> bool:
    return (await shop.http.get(url)).json()["active"] is False


async def test_a_notification_can_be_fired_wrong_twice_and_backwards(shop: Shop, receiver: Receiver) -> None:
    first, second = await shop.place(), await shop.place()
    orders = [first["order_id"], second["order_number"]]
    sent = await shop.do(
        "webhooks/fire", orders=orders, url=receiver.url, copies=2, out_of_order=True, bad_signature=True
    )
    assert sent["sent"] == 4
    requests = await receiver.received(4)
    urls = [json.loads(body)["entityUrl"].rsplit("/", 1)[1] for _, body in requests]
    assert urls == [second["order_id"]] * 2 + [first["order_id"]] * 2
    for headers, body in requests:
        assert headers["x-epages-hmac-sha256"] != signature(shop.credentials["client_secret"], body)


async def test_any_text_can_be_fired(shop: Shop, receiver: Receiver) -> None:
    await shop.do("webhooks/fire", url=receiver.url, body="{not json")
    ((headers, body),) = await receiver.received(1)
    assert body == b"{not json"
    assert headers["x-epages-hmac-sha256"] == signature(shop.credentials["client_secret"], body)
