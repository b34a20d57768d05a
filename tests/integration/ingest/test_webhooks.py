"""The door for shop notifications: who gets in, what is kept before the 200, and what comes of it."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from common.db.dialect import db_now
from common.db.models.ingest import OrderRow
from common.db.models.line import InboxKeyRow, InboxRow
from common.events.commands import FetchOrder, FetchShop
from common.events.documents import DocumentIssued
from common.events.topics import INGEST
from common.inbox.accept import accept
from common.inbox.worker import Worker
from common.settings import WorkerSettings
from common.transport.base import Incoming
from common.transport.local import LocalTransport
from ingest import handlers
from ingest.app import build
from ingest.connections import ShopConnection
from ingest.orders.reader import STAMP_MAY_REPEAT
from integration.ingest.harness import DOCUMENTS, ORDER, Ingest

LARGEST_BODY = 64 * 1024


class Door:
    """Notifications to one shop's address, and the worker behind it."""

    def __init__(
        self, ingest: Ingest, connection: ShopConnection, http: httpx.AsyncClient, worker: Worker
    ) -> None:
        self.ingest, self.connection, self.http, self.worker = ingest, connection, http, worker

    async def body(self, order_id: str, **over: Any) -> bytes:
        notice = {
            "id": "11111111-2222-3333-4444-555555555555",
            "baseUrl": self.connection.api_url,
            "entityUrl": f"{self.connection.api_url}/orders/{order_id}",
            "createdOn": "2025-03-01T09:15:00Z",
            "eventType": "ORDER_UPDATE",
            "entity": {},
        }
        return json.dumps(notice | over).encode()

    async def sign(self, body: bytes) -> str:
        secret = await self.ingest.shops().secret(self.connection, "client_secret")
        assert secret is not None
        digest = hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).digest()
        return base64.b64encode(digest).decode()

    async def knock(
        self, body: bytes, *, signature: str | None = None, connection_id: object = None
    ) -> httpx.Response:
        signature = await self.sign(body) if signature is None else signature
        return await self.http.post(
            f"/webhooks/epages/{connection_id or self.connection.connection_id}",
            content=body,
            headers={"X-Epages-Hmac-Sha256": signature, "Content-Type": "application/json"},
        )

    async def inbox(self) -> list[InboxRow]:
        return await self.ingest.rows(InboxRow)


@pytest.fixture
async def door(ingest: Ingest) -> AsyncIterator[Door]:
    connection = await ingest.connect()
    settings = ingest.settings(worker=WorkerSettings(idle_poll_seconds=0.02))
    app = build(settings, ingest.db, LocalTransport(ingest.db, accept), ingest.network)
    api = FastAPI()
    for router in app.routers:
        api.include_router(router)
    (worker,) = [component for component in app.components if isinstance(component, Worker)]
    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://ingest") as http:
        yield Door(ingest, connection, http, worker)


async def test_a_notification_is_kept_before_the_answer_and_its_order_read_afterwards(door: Door) -> None:
    sold = await door.ingest.sell()
    answer = await door.knock(await door.body(sold["order_id"]))
    assert answer.status_code == 200
    (row,) = await door.inbox()
    assert (row.consumer, row.type, row.state, row.tenant_id) == (
        INGEST,
        FetchOrder.type,
        "ready",
        door.ingest.tenant_id,
    )
    assert await door.ingest.documents() == {}
    await door.worker.run_until_idle()
    assert set(await door.ingest.documents()) == await door.ingest.shop_documents() != set()
    assert await door.ingest.requests() == {ORDER: 1, DOCUMENTS: 2}


async def test_a_stamp_that_is_young_by_the_shops_clock_is_not_trusted_because_of_ours(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ahead(datetime):
        """Our clock goes an hour fast."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Ahead":
            return super().now(tz) + timedelta(hours=1)

    monkeypatch.setattr(handlers, "datetime", Ahead)
    soon = (datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=30)).isoformat()
    sold = await door.ingest.sell(at=soon)
    await door.knock(await door.body(sold["order_id"]))
    await door.worker.run_until_idle()
    (row,) = await door.ingest.rows(OrderRow)
    assert row.marker.endswith(STAMP_MAY_REPEAT)


async def test_repeated_deliveries_are_one_command(door: Door) -> None:
    sold = await door.ingest.sell()
    body = await door.body(sold["order_id"])
    answers = [await door.knock(body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(await door.inbox()) == 1
    await door.knock(await door.body(sold["order_id"], createdOn="2025-03-01T09:15:01Z"))
    assert len(await door.inbox()) == 2


async def test_an_unknown_shop_is_answered_exactly_like_a_bad_signature(door: Door) -> None:
    body = await door.body("A-1")
    bad = await door.knock(body, signature="nonsense")
    unsigned = await door.knock(body, signature="")
    unknown = await door.knock(body, connection_id=uuid4())
    no_id = await door.knock(body, connection_id="not-an-id")
    knocks = (bad, unsigned, unknown, no_id)
    said = [{**answer.json(), "request_id": ""} for answer in knocks]
    assert all(body == said[0] for body in said)
    assert len({(a.status_code, len(a.content), a.headers["content-type"]) for a in knocks}) == 1
    assert len({answer.json()["request_id"] for answer in knocks}) == len(knocks)
    assert bad.status_code == 401
    assert bad.headers["content-type"] == "application/problem+json"
    assert await door.inbox() == []


async def test_the_signature_of_another_shop_opens_nothing(door: Door) -> None:
    other = await door.ingest.connect("B")
    body = await door.body("A-1")
    assert (await door.knock(body, connection_id=other.connection_id)).status_code == 401


async def test_a_changed_body_opens_nothing(door: Door) -> None:
    body = await door.body("A-1")
    assert (await door.knock(body + b" ", signature=await door.sign(body))).status_code == 401


async def test_an_oversized_body_is_refused_whoever_signs_it(door: Door) -> None:
    body = b" " * (LARGEST_BODY + 1)
    answer = await door.knock(body)
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"
    assert (await door.knock(body, signature="x", connection_id=uuid4())).status_code == 413
    assert (await door.knock(b"{" + b" " * (LARGEST_BODY - 1))).status_code == 400


async def test_an_oversized_body_is_refused_before_it_was_read_whole(door: Door) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 50:
            sent += 1
            yield b" " * 100_000

    address = f"/webhooks/epages/{door.connection.connection_id}"
    answer = await door.http.post(address, content=endless())
    assert answer.status_code == 413
    assert sent < 50


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff", b'{"entityUrl": 1, "eventType": "ORDER_UPDATE"}']
)
async def test_a_malformed_notification_with_the_right_signature_is_a_problem(
    door: Door, body: bytes
) -> None:
    answer = await door.knock(body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert await door.inbox() == []


@pytest.mark.parametrize(
    "over",
    [
        {"eventType": "APP_UNINSTALL", "entityUrl": None},
        {"eventType": "ORDER_DELETE"},
        {"eventType": "SOMETHING_NEW"},
        {"entityUrl": "https://evil.example/rs/shops/A/orders/1"},
    ],
)
async def test_what_names_no_order_of_this_shop_is_taken_and_ignored(
    door: Door, over: dict[str, Any]
) -> None:
    answer = await door.knock(await door.body("A-1", **over))
    assert answer.status_code == 200
    assert await door.inbox() == []


async def test_a_notification_that_cannot_be_kept_is_not_acknowledged(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr("ingest.webhooks.accept", fails)
    answer = await door.knock(await door.body("A-1"))
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")


async def test_an_order_that_is_not_there_is_given_up_after_some_tries(door: Door) -> None:
    await door.knock(await door.body("66666666-0000-0000-0000-000000000001"))
    for _ in range(6):
        await door.worker.run_until_idle(deadline=8.0)
        await make_all_due(door.ingest)
    (row,) = await door.inbox()
    assert row.state == "done"
    assert (await door.ingest.requests())[ORDER] == 4


async def test_a_refused_token_makes_the_command_wait(door: Door) -> None:
    sold = await door.ingest.sell()
    await door.ingest.epages.control.fault("GET", "/rs/shops/{shop_id}/orders/{order_id}", "token_revoked")
    await door.knock(await door.body(sold["order_id"]))
    await door.worker.run_until_idle(deadline=8.0)
    (row,) = await door.inbox()
    assert row.state == "ready"
    await make_all_due(door.ingest)
    await door.worker.run_until_idle()
    assert len(await door.ingest.documents()) == 1


async def test_a_webhook_and_a_poll_at_once_tell_everything_once(door: Door) -> None:
    ingest = door.ingest
    await ingest.poll()
    sold = [await ingest.sell() for _ in range(3)]
    for order in sold:
        await ingest.do("orders/credit", order=order["order_id"])
        await door.knock(await door.body(order["order_id"]))
    await asyncio.gather(door.worker.run_until_idle(), ingest.poll())
    await ingest.poll()
    events = await ingest.events(DocumentIssued)
    told = [(event.document_type.value, event.number) for event in events]
    assert sorted(told) == sorted(await ingest.shop_documents())
    for order in sold:
        kinds = [event.document_type.value for event in events if event.order_id == order["order_id"]]
        assert kinds == ["invoice", "credit_note"]


async def test_the_command_to_fetch_a_shop_makes_it_due(door: Door) -> None:
    ingest, connection = door.ingest, door.connection
    await ingest.poll()
    assert (await ingest.cursor(connection)).next_poll_at > datetime.now(UTC)
    command = FetchShop(
        tenant_id=ingest.tenant_id, connection_id=connection.connection_id, command_id=uuid4()
    )
    async with ingest.db.sessions.of_all_tenants() as session:
        await accept(session, INGEST, [incoming(command)])
    await door.worker.run_until_idle()
    assert (await ingest.cursor(connection)).next_poll_at <= datetime.now(UTC)


def incoming(command: FetchShop) -> Incoming:
    return Incoming(
        event_id=command.event_id,
        type=command.type,
        tenant_id=command.tenant_id,
        ordering_key=command.ordering_key,
        lane=command.lane,
        payload=command.model_dump_json().encode(),
        headers=command.headers(),
    )


async def make_all_due(ingest: Ingest) -> None:
    """Everything in the inbox is due now."""
    async with ingest.db.sessions.of_all_tenants() as session:
        waiting = update(InboxKeyRow).where(InboxKeyRow.due_at.is_not(None))
        await session.execute(waiting.values(due_at=db_now(-1.0)))
