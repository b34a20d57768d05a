"""Webhooks: who wants to be told what, and deliveries with the platform's patience for failing receivers."""

import asyncio
import heapq
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx

from sandbox.clock import Clock
from sandbox.epages.models import Delivery, Shop, Webhook
from sandbox.epages.signatures import WEBHOOK_HEADER, sign_webhook
from sandbox.epages.state import World
from sandbox.epages.switches import EpagesSwitches
from sandbox.epages.values import guid, stamp
from sandbox.store import Store

RETRY_SECONDS = (60, 180, 300, 600, 900, 1800, 3600, 7200, 21600, 50400, 86400)
DISABLED_SECONDS = 60
KEPT_ATTEMPTS = 500

log = logging.getLogger("sandbox.epages.webhooks")


class Webhooks:
    """Registrations and what is still to be delivered; both survive a restart."""

    def __init__(
        self, store: Store, world: World, clock: Clock, switches: Callable[[], EpagesSwitches]
    ) -> None:
        self._store, self._world, self._clock, self._switches = store, world, clock, switches
        self._registered = store.collection("webhooks")
        self._pending = store.collection("deliveries")
        self.attempts: deque[dict[str, Any]] = deque(maxlen=KEPT_ATTEMPTS)
        self._by_shop: dict[str, dict[str, Webhook]] = {}
        self._disabled: dict[str, float] = {}
        self._line: list[tuple[float, str]] = []
        self._wake = asyncio.Event()
        self._take_over()

    def forget(self) -> None:
        """Take over what the store holds now."""
        self.attempts.clear()
        self._disabled.clear()
        self._take_over()

    def register(self, shop: Shop, event_type: str, callback_url: str, *, active: bool) -> Webhook:
        """A new registration."""
        now = stamp(self._clock.now())
        place = shop.counters["webhook"] = shop.counters.get("webhook", 0) + 1
        webhook = Webhook(
            webhook_id=guid(shop.key, "webhook", place),
            shop_key=shop.key,
            active=active,
            event_type=event_type,
            callback_url=callback_url,
            created=now,
            updated=now,
        )
        self._world.save(shop)
        self._keep_registration(webhook)
        return webhook

    def find(self, shop: Shop, webhook_id: str) -> Webhook | None:
        """The shop's registration with this id."""
        return self._by_shop.get(shop.key, {}).get(webhook_id)

    def of_shop(self, shop: Shop) -> list[Webhook]:
        """All registrations of the shop."""
        return list(self._by_shop.get(shop.key, {}).values())

    def all(self) -> list[Webhook]:
        """All registrations."""
        return [webhook for of_shop in self._by_shop.values() for webhook in of_shop.values()]

    def set_active(self, webhook: Webhook, active: bool) -> Webhook:
        """The registration switched on or off; off, what waits for it is dropped."""
        changed = webhook.model_copy(update={"active": active, "updated": stamp(self._clock.now())})
        self._keep_registration(changed)
        if not active:
            self._drop_deliveries(changed.webhook_id)
        return changed

    def delete(self, webhook: Webhook) -> None:
        """The registration is gone, with what waits for it."""
        self._registered.delete(webhook.webhook_id)
        self._by_shop.get(webhook.shop_key, {}).pop(webhook.webhook_id, None)
        self._drop_deliveries(webhook.webhook_id)

    def notify(self, shop: Shop, event_type: str, body_for: Callable[[str], bytes]) -> None:
        """Put the event in line for every active registration of its type."""
        if not self._switches().webhooks or not shop.webhooks_enabled:
            return
        for webhook in self.of_shop(shop):
            if webhook.active and webhook.event_type == event_type:
                self._enqueue(webhook, body_for(webhook.webhook_id))

    def pending(self) -> list[Delivery]:
        """Deliveries not yet acknowledged."""
        return [Delivery.model_validate(stored) for stored in self._pending.values()]

    async def run(self) -> None:
        """Deliver what is due until cancelled."""
        limits = asyncio.Semaphore(self._switches().webhook_parallel)
        async with httpx.AsyncClient(trust_env=False) as http, asyncio.TaskGroup() as group:
            while True:
                delivery = await self._next_due()
                await limits.acquire()
                task = group.create_task(self._deliver(http, delivery))
                task.add_done_callback(lambda _: limits.release())

    async def send(self, http: httpx.AsyncClient, url: str, body: bytes, signature: str) -> int:
        """Send one POST. Returns the status, or 0 when there was no answer."""
        headers = {"Content-Type": "application/json", "User-Agent": "ePages", WEBHOOK_HEADER: signature}
        timeout = self._switches().webhook_timeout
        try:
            response = await http.post(url, content=body, headers=headers, timeout=timeout)
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            log.info("no answer from a webhook receiver: %r", failure)
            return 0
        return response.status_code

    def _enqueue(self, webhook: Webhook, body: bytes) -> None:
        delivery = Delivery(
            delivery_id=str(uuid4()),
            webhook_id=webhook.webhook_id,
            shop_key=webhook.shop_key,
            body=body.decode(),
            due=self._clock.now().timestamp(),
        )
        self._keep(delivery)

    def _keep(self, delivery: Delivery) -> None:
        self._pending.put(delivery.delivery_id, delivery.model_dump(mode="json"))
        heapq.heappush(self._line, (delivery.due, delivery.delivery_id))
        self._wake.set()

    async def _next_due(self) -> Delivery:
        while True:
            self._wake.clear()
            now = self._clock.now().timestamp()
            delivery = self._pop_due(now)
            if delivery is not None:
                return delivery
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._line[0][0] - now if self._line else None)

    def _pop_due(self, now: float) -> Delivery | None:
        while self._line and self._line[0][0] <= now:
            _, delivery_id = heapq.heappop(self._line)
            stored = self._pending.get(delivery_id)
            if stored is None:
                continue
            delivery = Delivery.model_validate(stored)
            disabled_until = self._disabled.get(delivery.shop_key, 0)
            if disabled_until <= now:
                return delivery
            heapq.heappush(self._line, (disabled_until, delivery_id))
        return None

    async def _deliver(self, http: httpx.AsyncClient, delivery: Delivery) -> None:
        webhook = self._by_shop.get(delivery.shop_key, {}).get(delivery.webhook_id)
        state = self._world.shops.get(delivery.shop_key)
        if webhook is None or state is None:
            return
        body = delivery.body.encode()
        signature = sign_webhook(state.shop.client_secret, body)
        status = await self.send(http, webhook.callback_url, body, signature)
        self.record(webhook.callback_url, status, body, failures=delivery.failures)
        if 200 <= status < 300:
            self._pending.delete(delivery.delivery_id)
        elif delivery.delivery_id in self._pending:
            self._failed(webhook, delivery)
        self._store.flush()

    def record(self, url: str, status: int, body: bytes, **more: object) -> None:
        """Remember a try for those who look at the state."""
        at = stamp(self._clock.now())
        self.attempts.append({"url": url, "status": status, "at": at, "body": body.decode(), **more})

    def _failed(self, webhook: Webhook, delivery: Delivery) -> None:
        now = self._clock.now().timestamp()
        self._disabled[delivery.shop_key] = now + self._clock.real(DISABLED_SECONDS)
        if delivery.failures >= len(RETRY_SECONDS):
            self.set_active(webhook, False)
            return
        wait = self._clock.real(RETRY_SECONDS[delivery.failures])
        self._keep(delivery.model_copy(update={"failures": delivery.failures + 1, "due": now + wait}))

    def _drop_deliveries(self, webhook_id: str) -> None:
        for delivery_id, stored in self._pending.items():
            if stored["webhook_id"] == webhook_id:
                self._pending.delete(delivery_id)

    def _keep_registration(self, webhook: Webhook) -> None:
        self._registered.put(webhook.webhook_id, webhook.model_dump(mode="json"))
        self._by_shop.setdefault(webhook.shop_key, {})[webhook.webhook_id] = webhook

    def _take_over(self) -> None:
        self._by_shop.clear()
        for stored in self._registered.values():
            webhook = Webhook.model_validate(stored)
            self._by_shop.setdefault(webhook.shop_key, {})[webhook.webhook_id] = webhook
        self._line = [(delivery.due, delivery.delivery_id) for delivery in self.pending()]
        heapq.heapify(self._line)
