"""The invoice writer around a database and a simulated organization, fed as ingest feeds it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy import select, update

from common.archive import Archive
from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.books import OutcomeRow, TimelineRow
from common.db.models.line import InboxKeyRow, OutboxRow
from common.domain.documents import Document, OrderSnapshot, OriginalRef, content_hash, document_id
from common.events.base import Event
from common.events.commands import ExcludeDocument, IncludeDocument, ResolveDocument, RetryDocument
from common.events.documents import DocumentIssued, issued
from common.events.registry import parse
from common.http.transport import Network
from common.inbox.accept import accept
from common.inbox.waiting import Waiting
from common.inbox.worker import Worker
from common.runtime import ServiceApp
from common.settings import BreakerSettings, DatabaseSettings, EffectSettings, LexwareSettings, WorkerSettings
from common.transport.base import Incoming
from common.transport.local import LocalTransport
from factories.documents import make_order
from factories.tenants import KEY, add_books, add_tenant
from invoice_writer.app import build
from invoice_writer.rechecking import Rechecker
from invoice_writer.released import Portions
from invoice_writer.settings import ContactSettings, Settings
from sandbox.lexware.switches import LexwareSwitches
from sandbox.testing import Handle
from support.eventually import eventually
from support.services import running_services

PDF = b"%PDF-1.4 test document"
CREATE, ATTACH = "POST /v1/vouchers", "POST /v1/vouchers/{id}/files"
SCALE = 0.01  # of the simulators' waits and of ours
LISTED_AFTER = LexwareSwitches().search_lag * SCALE
# Two waits are no hundredth: a busy machine may need a moment from arming to the last byte of a write, and
# from the head of a request to its body.
EFFECTS = EffectSettings().scaled(SCALE).model_copy(update={"gate": 2.0})
QUICK_BREAKER = BreakerSettings(first_pause=0.05, longest_pause=0.2, denied_pause=0.2)
LASTING = QUICK_BREAKER.model_copy(update={"refused_for": 0.3})  # a refusal that goes on so long is for good
CALM: dict[str, Any] = {"rate_limit": False, "body_timeout": 30 / SCALE}


@dataclass
class Writer:
    """Everything a test of the invoice writer needs."""

    db: Database
    lexware: Handle
    network: Network
    effects: EffectSettings
    contacts: ContactSettings = field(default_factory=ContactSettings)
    breaker: BreakerSettings = field(default_factory=lambda: QUICK_BREAKER)
    tenant_id: UUID = field(default_factory=uuid4)
    books_id: UUID = field(default_factory=uuid4)
    shop_id: UUID = field(default_factory=uuid4)
    organization: dict[str, Any] = field(default_factory=dict)
    keys: tuple[SecretStr, ...] = (KEY,)

    async def set_up(self, **settings: Any) -> None:
        """A merchant with these settings and an organization of its own."""
        self.organization = await self.lexware.control.post("organizations")
        self.tenant_id = await add_tenant(self.db, **settings)
        self.books_id = await add_books(
            self.db,
            self.tenant_id,
            organization_id=self.organization["organization_id"],
            api_key=self.organization["api_key"],
        )

    def settings(self) -> Settings:
        """Settings with short waits and no rate limit of our own."""
        return Settings(
            database=DatabaseSettings(url="sqlite+aiosqlite://"),
            encryption_keys=self.keys,
            lexware=LexwareSettings(
                api_url=self.lexware.base_url, rate_limit_enabled=False, breaker=self.breaker
            ),
            effects=self.effects,
            contacts=self.contacts,
            worker=WorkerSettings(idle_poll_seconds=0.05),
        )

    async def work(self, *events: Event, deadline: float = 20.0) -> None:
        """Receive the events and work until nothing is due any more."""
        app = build(self.settings(), self.db, LocalTransport(self.db, accept), self.network)
        worker = next(part for part in app.components if isinstance(part, Worker))
        recheck = next(part for part in app.components if isinstance(part, Rechecker))
        portions = next(part for part in app.components if isinstance(part, Portions))
        async with self.db.sessions.of_all_tenants() as session:
            await accept(session, "invoice-writer", [Incoming.of(event) for event in events])
        waiting = next(part for part in app.components if isinstance(part, Waiting))
        await waiting.run_once()
        await worker.run_until_idle(deadline)
        until = time.monotonic() + deadline
        while (
            await waiting.run_once()
            or await recheck.run_once()
            or await portions.run_once()
            or await self._rests(waiting, until)
        ):
            await worker.run_until_idle(deadline)

    async def _rests(self, waiting: Waiting, until: float) -> bool:
        """Whether something waits for its connection that may be worked in time."""
        if not await waiting.count() or time.monotonic() > until:
            return False
        await asyncio.sleep(0.02)
        return True

    async def work_until(
        self, holds: Callable[[], Awaitable[bool]], *events: Event, parts: tuple[type, ...] = (Worker,)
    ) -> None:
        """Receive the events and work with these parts until it holds, whatever is left to be done."""
        app = build(self.settings(), self.db, LocalTransport(self.db, accept), self.network)
        working_parts = [part for part in app.components if isinstance(part, parts)]
        async with self.db.sessions.of_all_tenants() as session:
            await accept(session, "invoice-writer", [Incoming.of(event) for event in events])
        async with running_services(ServiceApp("writer", working_parts)):
            await eventually(holds, within=60)

    async def make_all_due(self) -> None:
        """Every message that waits is due now."""
        async with self.db.sessions.of_all_tenants() as session:
            waiting = update(InboxKeyRow).where(InboxKeyRow.due_at.is_not(None))
            await session.execute(waiting.values(due_at=db_now(-1.0)))

    async def event(
        self, document: Document, order: OrderSnapshot | None = None, *, pdf: bytes | None = PDF, **over: Any
    ) -> DocumentIssued:
        """The event ingest sends for this document, with its file in the archive."""
        values: dict[str, Any] = {
            "tenant_id": self.tenant_id,
            "connection_id": self.shop_id,
            "order": order or make_order(),
            "document": document,
            "content_hash": content_hash(document),
            "pdf": None if pdf is None else await self.archive(pdf),
            "occurred_at": datetime.now(UTC),
        }
        values |= over
        return issued(**values, order_id=values["order"].order_id)

    async def archive(self, content: bytes) -> OriginalRef:
        """The bytes as ingest stores them."""
        async with self.db.sessions.of_all_tenants() as session:
            return await Archive().store(session, self.tenant_id, content, "application/pdf")

    def retry(self, event: DocumentIssued) -> RetryDocument:
        """A person asks to decide again."""
        return RetryDocument.about(event.ref, command_id=uuid4())

    def resolve(
        self, event: DocumentIssued, action: Literal["adopt", "book", "by_hand"], **said: Any
    ) -> ResolveDocument:
        """A person says what shall become of the document."""
        return ResolveDocument.about(event.ref, command_id=uuid4(), action=action, **said)

    def exclude(self, event: DocumentIssued, because: str = "nothing was sold") -> ExcludeDocument:
        """A person leaves the document out."""
        return ExcludeDocument.about(event.ref, command_id=uuid4(), because=because)

    def include(self, event: DocumentIssued) -> IncludeDocument:
        """A person takes that back."""
        return IncludeDocument.about(event.ref, command_id=uuid4())

    async def is_booked(self, document: Document) -> bool:
        """Whether the document has come so far."""
        key = document_id(self.shop_id, document.type, document.number)
        query = select(OutcomeRow.status).where(OutcomeRow.document_id == key)
        async with self.db.reading.of_all_tenants() as session:
            return await session.scalar(query) == "booked"

    async def outcome(self, document: Document) -> OutcomeRow:
        """Where the document stands."""
        row = await self.find_outcome(document)
        assert row is not None, f"{document.number} has no outcome"
        return row

    async def find_outcome(self, document: Document) -> OutcomeRow | None:
        """Where the document stands; None before it was worked."""
        wanted = document_id(self.shop_id, document.type, document.number)
        async with self.db.reading.of_all_tenants() as session:
            row: OutcomeRow | None = await session.scalar(
                select(OutcomeRow).where(OutcomeRow.document_id == wanted)
            )
        return row

    async def story(self, document: Document) -> list[str]:
        """What happened to the document, in order."""
        wanted = document_id(self.shop_id, document.type, document.number)
        query = (
            select(TimelineRow.what).where(TimelineRow.document_id == wanted).order_by(TimelineRow.entry_id)
        )
        async with self.db.reading.of_all_tenants() as session:
            return list((await session.scalars(query)).all())

    async def announced(self) -> Sequence[Event]:
        """The events in the outbox, in order."""
        query = select(OutboxRow.type, OutboxRow.payload).order_by(OutboxRow.outbox_id)
        async with self.db.reading.of_all_tenants() as session:
            rows = (await session.execute(query)).all()
        return [parse(row.type, row.payload) for row in rows]

    async def vouchers(self) -> list[dict[str, Any]]:
        """What the books hold for this merchant."""
        state = await self.lexware.control.state(organization_id=self.organization["organization_id"])
        vouchers: list[dict[str, Any]] = list(state["vouchers"])
        return vouchers

    async def customers(self) -> list[dict[str, Any]]:
        """The contacts of this merchant as they truly are."""
        query = {"organization_id": self.organization["organization_id"], "only": "contacts"}
        contacts: list[dict[str, Any]] = (await self.lexware.control.state(**query))["contacts"]
        return contacts

    async def add_contact(self, **contact: Any) -> str:
        """A contact that a person made in the web application; its id, once lists show it."""
        order = {"organization_id": self.organization["organization_id"], **contact}
        contact_id = str((await self.lexware.control.post("contacts", order))["id"])
        await asyncio.sleep(LISTED_AFTER)
        return contact_id

    async def requests(self) -> dict[str, int]:
        """How often each path was asked."""
        counts: dict[str, int] = (await self.lexware.control.state())["requests"]
        return counts
