"""The api under test, with tokens for every role and rows as the other services write them."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import insert, select

from api.settings import Settings
from api.verification import BooksIdentity
from common.archive import Archive
from common.db.crypto import new_key
from common.db.engine import Database
from common.db.models.base import Base
from common.db.models.books import OutcomeRow, TimelineRow
from common.db.models.effects import AlarmRow, AttemptRow
from common.db.models.ingest import DocumentRow, DocumentVersionRow, OrderRow, ShopCursorRow
from common.db.models.line import DeadLetterRow, OutboxRow
from common.db.models.vat import VatAnswerRow
from common.domain.documents import DocumentType, OrderSnapshot, document_id
from common.events.base import Event
from common.events.commands import Command
from common.events.registry import parse
from common.settings import DatabaseSettings, HostPolicy, LexwareSettings

ADMIN = "admin-token-of-the-test"
ORGANIZATION = "0b6f3f6e-0000-4000-8000-00000000a001"
NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
APP_URL = "https://app.books.example"


@dataclass
class FakeChecks:
    """The other side, as a test wants it to be."""

    identity: BooksIdentity = field(default_factory=lambda: BooksIdentity(ORGANIZATION, has_bookkeeping=True))
    problem: Exception | None = None
    asked: list[str] = field(default_factory=list)

    async def shop(self, base_url: str, access_token: SecretStr) -> None:
        await self._ask(base_url)

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
        async with self.db.sessions.begin() as session:
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
        async with self.db.reading.begin() as session:
            rows = (await session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id))).all()
        return [parse(row.type, row.payload or b"") for row in rows]

    async def command_of(self, tenant_id: UUID) -> UUID:
        """The id of a command about this tenant."""
        sent = [command for command in await self.commands() if command.tenant_id == tenant_id]
        assert isinstance(sent[0], Command)
        return sent[0].command_id

    async def rows(self, table: type[Base]) -> list[Any]:
        async with self.db.reading.begin() as session:
            return list((await session.scalars(select(table))).all())


@dataclass
class Tenant:
    """A tenant with one of everything."""

    tenant_id: UUID
    shop_id: UUID
    books_id: UUID
    document_id: UUID
    dead_letter_id: UUID
    token_id: UUID
    command_id: UUID
    merchant: dict[str, str]
    adviser: dict[str, str]


async def furnish(api: Api, name: str, number: str) -> Tenant:
    """A tenant with connections, tokens, a parked document and its story, a dead letter and an alarm."""
    tenant_id = await api.tenant(name)
    shop = await api.shop(tenant_id, name)
    books = await api.books(tenant_id)
    shop_id = UUID(shop["id"])
    outcome = {
        "status": "parked",
        "reason": "number_taken_in_books",
        "params": {"secret_of": name},
        "evidence": {"vat_check": vat_check_of(name)},
    }
    identity = await api.document(
        tenant_id, shop_id, number, order_number=f"Order-{name}", outcome=outcome, file=f"%PDF of {name}"
    )
    async with api.db.sessions.begin() as session:
        content = f"%PDF of {name}".encode()
        pdf = await Archive().store(session, tenant_id, content, "application/pdf")
        await Archive().keep_beside(session, tenant_id, pdf, f"<xml>of {name}</xml>".encode())
    await api.add(VatAnswerRow, vat_answer_row(tenant_id, name))
    await tell_story(api, tenant_id, shop_id, identity, number, name)
    dead_letter_id = uuid4()
    await api.add(DeadLetterRow, dead_letter_row(tenant_id, dead_letter_id, name))
    await api.add(
        AlarmRow,
        {
            "tenant_id": tenant_id,
            "kind": "duplicate",
            "subject": f"about {name}",
            "evidence": {},
            "created_at": NOW,
        },
    )
    made = await api.post(
        "/api/v1/tokens", {"name": f"of {name}", "role": "adviser", "tenant_id": str(tenant_id)}
    )
    return Tenant(
        tenant_id=tenant_id,
        shop_id=shop_id,
        books_id=UUID(books["id"]),
        document_id=identity,
        dead_letter_id=dead_letter_id,
        token_id=UUID(made.json()["id"]),
        command_id=await api.command_of(tenant_id),
        merchant=await api.token("merchant", tenant_id),
        adviser=await api.token("adviser", tenant_id),
    )


async def tell_story(
    api: Api, tenant_id: UUID, shop_id: UUID, identity: UUID, number: str, name: str
) -> None:
    """History, attempt, versions, order and poll state of a document."""
    await api.add(
        TimelineRow,
        {
            "tenant_id": tenant_id,
            "document_id": identity,
            "what": "parked",
            "details": {"reason": "number_taken_in_books"},
            "created_at": NOW,
        },
    )
    await api.add(AttemptRow, attempt_row(tenant_id, f"voucher:{ORGANIZATION}:{shop_id}:invoice:{number}"))
    await api.add(
        DocumentVersionRow,
        *(
            {
                "tenant_id": tenant_id,
                "document_id": identity,
                "content_hash": digest,
                "content": {"name": name},
                "original_sha256": "0" * 64,
                "created_at": NOW,
            }
            for digest in ("first", "second")
        ),
    )
    snapshot = OrderSnapshot(
        order_id=f"id-{number}", order_number=f"Order-{name}", customer_number=f"Customer-{name}"
    )
    await api.add(
        OrderRow,
        {
            "tenant_id": tenant_id,
            "connection_id": shop_id,
            "order_id": f"id-{number}",
            "order_number": f"Order-{name}",
            "marker": "x",
            "version": 1,
            "snapshot": snapshot.model_dump(mode="json"),
            "seen_at": NOW,
        },
    )
    await api.add(
        ShopCursorRow,
        {
            "tenant_id": tenant_id,
            "connection_id": shop_id,
            "cursor_at": NOW,
            "read_from_at": NOW,
            "next_poll_at": NOW,
            "last_poll_at": NOW,
            "last_error": f"error of {name}",
        },
    )


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


def document_row(tenant_id: UUID, connection_id: UUID, number: str, **more: Any) -> dict[str, Any]:
    """A document as ingest stores it."""
    content = str(more.pop("file", "")).encode()
    kind = more.pop("type", "invoice")
    return {
        "document_id": document_id(connection_id, DocumentType(kind), number),
        "tenant_id": tenant_id,
        "connection_id": connection_id,
        "order_id": f"id-{number}",
        "order_number": f"Order-{number}",
        "type": kind,
        "number": number,
        "issued_on": date(2026, 3, 1),
        "gross_minor": 6750,
        "currency": "EUR",
        "content_hash": "first",
        "lane": "live",
        "pdf_sha256": hashlib.sha256(content).hexdigest() if content else None,
        "pdf_size": len(content) or None,
        "file_state": "stored" if content else "pending",
        "seen_at": NOW,
        "created_at": NOW,
        **more,
    }


def outcome_row(document: dict[str, Any], status: str, **more: Any) -> dict[str, Any]:
    """An outcome as the invoice writer records it."""
    shared = (
        "document_id",
        "tenant_id",
        "connection_id",
        "order_id",
        "type",
        "number",
        "issued_on",
        "gross_minor",
    )
    return {
        **{name: document[name] for name in shared},
        "status": status,
        "file_status": "pending",
        "event": b"{}",
        "event_type": "shop.invoice.issued.v1",
        "first_seen_at": NOW,
        "changed_at": NOW + timedelta(minutes=1),
        **more,
    }


def vat_check_of(name: str) -> dict[str, Any]:
    """What a decision keeps of the check of a buyer's VAT id."""
    return {
        "vat_id": "ATU13585627",
        "result": "valid",
        "checked_at": NOW.isoformat(),
        "source": "vies",
        "request_id": f"WAPI-{name}",
    }


def vat_answer_row(tenant_id: UUID, name: str, **more: Any) -> dict[str, Any]:
    """The authority's answer behind that check, kept a moment later."""
    proof = more.pop("proof", orjson.dumps({"valid": True, "requestIdentifier": f"WAPI-{name}"}))
    return {
        "tenant_id": tenant_id,
        "vat_id": "ATU13585627",
        "asked_by": "DE136695976",
        "result": "valid",
        "source": "vies",
        "request_id": f"WAPI-{name}",
        "sha256": hashlib.sha256(proof).hexdigest(),
        "proof": proof,
        "created_at": NOW + timedelta(milliseconds=1),
        **more,
    }


def attempt_row(tenant_id: UUID, effect_key: str) -> dict[str, Any]:
    """A refused try of a write."""
    return {
        "tenant_id": tenant_id,
        "effect_key": effect_key,
        "number": 1,
        "state": "refused",
        "armed_at": NOW,
        "payload_hash": "x",
        "marker": "#0123456789abcdef",
        "decision": {},
        "searches": [{"at": NOW.isoformat(), "found": 0}],
        "answer": {"status": 406},
        "closed_at": NOW,
    }


def dead_letter_row(tenant_id: UUID, dead_letter_id: UUID, name: str) -> dict[str, Any]:
    """A dead letter of the invoice writer."""
    return {
        "dead_letter_id": dead_letter_id,
        "tenant_id": tenant_id,
        "consumer": "invoice-writer",
        "inbox_id": 1,
        "event_id": uuid4(),
        "type": "shop.invoice.issued.v1",
        "ordering_key": f"key of {name}",
        "error": f"KeyError at {name}",
        "attempts": 12,
        "created_at": NOW,
    }
