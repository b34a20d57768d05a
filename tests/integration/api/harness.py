"""The api under test, with tokens for every role."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import insert, select

from api.settings import Settings
from api.upstream import BooksIdentity, ShopIdentity
from common.db.engine import Database
from common.db.models.base import Base
from common.db.models.books import OutcomeRow
from common.db.models.core import SecretRow
from common.db.models.ingest import DocumentRow
from common.db.models.line import OutboxRow
from common.db.secrets import Secrets, new_key
from common.events.base import Event
from common.events.commands import Command
from common.events.registry import parse
from common.settings import DatabaseSettings, HostPolicy, LexwareSettings
from integration.api.rows import document_row, outcome_row

ADMIN = "admin-token-of-the-test"
ORGANIZATION = "0b6f3f6e-0000-4000-8000-00000000a001"
APP_URL = "https://app.books.example"


@dataclass
class FakeChecks:
    """The other side, as a test wants it to be."""

    identity: BooksIdentity = field(default_factory=lambda: BooksIdentity(ORGANIZATION, has_bookkeeping=True))
    problem: Exception | None = None
    shown: dict[str, ShopIdentity] = field(default_factory=dict)  # by address
    silent: set[str] = field(default_factory=set)  # addresses that take no token any more
    asked: list[str] = field(default_factory=list)

    async def shop(self, base_url: str, access_token: SecretStr) -> ShopIdentity:
        await self._ask(base_url)
        return self.shown.get(base_url, ShopIdentity())

    async def knows_order(self, base_url: str, access_token: SecretStr, order_ids: Sequence[str]) -> bool:
        return not self.shown.get(base_url, ShopIdentity()).orders.isdisjoint(order_ids)

    async def still_answers(self, base_url: str, access_token: SecretStr) -> bool:
        return base_url not in self.silent

    async def books(self, token: SecretStr) -> BooksIdentity:
        await self._ask("books")
        return self.identity

    async def _ask(self, base_url: str) -> None:
        self.asked.append(base_url)
        if self.problem is not None:
            raise self.problem


@dataclass
class Api:
    """The api, its database and the far side it asks."""

    app: FastAPI
    db: Database
    checks: FakeChecks
    client: httpx.AsyncClient
    operator: dict[str, str] = field(default_factory=lambda: bearer(ADMIN))

    async def get(self, path: str, token: dict[str, str] | None = None, **params: Any) -> httpx.Response:
        return await self.client.get(path, params=params, headers=token or self.operator)

    async def post(
        self,
        path: str,
        body: Any = None,
        token: dict[str, str] | None = None,
        key: str | None = None,
        **params: Any,
    ) -> httpx.Response:
        headers = {**(token or self.operator), **({"Idempotency-Key": key} if key else {})}
        return await self.client.post(path, json=body, headers=headers, params=params)

    async def put(
        self, path: str, body: Any, token: dict[str, str] | None = None, if_match: str | None = None
    ) -> httpx.Response:
        headers = {**(token or self.operator), **({"If-Match": if_match} if if_match else {})}
        return await self.client.put(path, json=body, headers=headers)

    async def tenant(self, name: str = "Muster Versand") -> UUID:
        answer = await self.post("/api/v1/tenants", {"name": name})
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])

    async def token(self, role: str, tenant_id: UUID | None) -> dict[str, str]:
        body = {"name": f"a {role}", "role": role, "tenant_id": str(tenant_id) if tenant_id else None}
        answer = await self.post("/api/v1/tokens", body)
        assert answer.status_code == 201, answer.text
        return bearer(answer.json()["token"])

    async def shop(self, tenant_id: UUID, path: str = "ShopA", **more: Any) -> dict[str, Any]:
        answer = await self.post("/api/v1/connections", shop_body(tenant_id, path, **more))
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())

    async def books(self, tenant_id: UUID, **more: Any) -> dict[str, Any]:
        answer = await self.post("/api/v1/connections", books_body(tenant_id, **more))
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())

    async def add(self, table: type[Base], *rows: dict[str, Any]) -> None:
        async with self.db.sessions.of_all_tenants() as session:
            await session.execute(insert(table), list(rows))

    async def document(self, tenant_id: UUID, connection_id: UUID, number: str, **more: Any) -> UUID:
        """A document as ingest writes it, and with `outcome` as the invoice writer decides it."""
        outcome = more.pop("outcome", None)
        row = document_row(tenant_id, connection_id, number, **more)
        await self.add(DocumentRow, row)
        if outcome is not None:
            await self.add(OutcomeRow, outcome_row(row, **outcome))
        identity: UUID = row["document_id"]
        return identity

    async def commands(self) -> list[Event]:
        """What is in the outbox."""
        async with self.db.reading.of_all_tenants() as session:
            rows = (await session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id))).all()
        return [parse(row.type, row.payload or b"") for row in rows]

    async def command_of(self, tenant_id: UUID) -> UUID:
        """The id of a command about this tenant."""
        sent = [command for command in await self.commands() if command.tenant_id == tenant_id]
        assert isinstance(sent[0], Command)
        return sent[0].command_id

    async def rows(self, table: type[Base]) -> list[Any]:
        async with self.db.reading.of_all_tenants() as session:
            return list((await session.scalars(select(table))).all())


@dataclass
class Tenant:
    """A tenant with one of everything."""

    tenant_id: UUID
    shop_id: UUID
    books_id: UUID
    document_id: UUID
    dead_letter_id: UUID
    alarm_id: UUID
    token_id: UUID
    command_id: UUID
    merchant: dict[str, str]
    adviser: dict[str, str]


def api_settings(**more: Any) -> Settings:
    """Settings of a test; `shop.test` is a trusted host."""
    defaults: dict[str, Any] = {
        "database": DatabaseSettings(url="sqlite+aiosqlite:///never-opened.db"),
        "encryption_keys": (SecretStr(new_key()),),
        "admin_token": SecretStr(ADMIN),
        "lexware": LexwareSettings(api_url="http://books.test", app_url=APP_URL),
        "hosts": HostPolicy(trusted_hosts=("shop.test", "books.test")),
    }
    return Settings(**(defaults | more))


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def shop_body(tenant_id: UUID | None, path: str = "ShopA", **more: Any) -> dict[str, Any]:
    """A request that links a shop."""
    return {
        "kind": "shop",
        "platform": "epages",
        "name": "Main shop",
        "base_url": f"http://shop.test/rs/shops/{path}",
        "access_token": "shop-access-secret",
        "client_secret": "shop-client-secret",
        "tenant_id": str(tenant_id) if tenant_id else None,
        **more,
    }


def books_body(tenant_id: UUID | None, **more: Any) -> dict[str, Any]:
    """A request that links books by API key."""
    return {
        "kind": "books",
        "name": "Lexware Office",
        "api_key": "books-key-secret",
        "tenant_id": str(tenant_id) if tenant_id else None,
        **more,
    }


def secrets_of(api: Api) -> Secrets:
    """What the api seals with."""
    secrets: Secrets = api.app.state.deps.secrets
    return secrets


async def secret_of(api: Api, connection: dict[str, Any], field: str) -> str:
    """The secret that is kept for a field of a connection."""
    tenant_id, connection_id = UUID(connection["tenant_id"]), UUID(connection["id"])
    async with api.db.reading.of_all_tenants() as session:
        sealed = await session.scalar(
            select(SecretRow.sealed).where(SecretRow.connection_id == connection_id, SecretRow.field == field)
        )
    assert sealed is not None
    return secrets_of(api).of(tenant_id, connection_id).open(field, sealed).get_secret_value()
