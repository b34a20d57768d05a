"""The whole line around a writer process that dies: merchants, documents, Kafka, the simulated books."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGKILL
from typing import Any
from uuid import UUID, uuid4

from common.archive import Archive
from common.db.engine import Database
from common.domain.documents import Document, OrderSnapshot, content_hash
from common.events.documents import DocumentIssued, issued
from common.events.topics import INGEST
from common.outbox.record import record
from common.settings import EffectSettings, KafkaSettings
from e2e.crash.holdings import Holdings
from factories.documents import make_credit_note, make_invoice, make_order
from factories.tenants import KEY, add_books, add_tenant
from sandbox.testing import Handle
from support.crashing import LIVE_ON, Child, Nursery
from support.crashing_roles import Fate

MERCHANTS = 5
DOCUMENTS = 100
FRESH = 20  # documents for each writer that dies: what others began is searched for, not written once more
SCALE = 0.016  # of the simulator's waits and of ours; a trust time of 3.8 s
LEASE_SECONDS = 1.0
# The gate alone keeps more than its share: a busy machine may need a moment from arming to the last byte.
EFFECTS = EffectSettings().scaled(SCALE).model_copy(update={"gate": 0.8})
TRUST_SECONDS = EFFECTS.trust_time.total_seconds()
SETTLE_SECONDS = 90.0
POLL_SECONDS = 0.05
DRAIN_SECONDS = 10


Supply = Callable[[], Iterator[tuple[OrderSnapshot, Document]]]


def mixed_documents() -> Iterator[tuple[OrderSnapshot, Document]]:
    """Orders without end; every third has an invoice and, behind it, a credit note."""
    for number in itertools.count(1):
        order = make_order(order_id=str(uuid4()).upper(), order_number=f"2025-{number}")
        yield order, make_invoice(number=f"R-{number:03}")
        if number % 3 == 0:
            yield order, make_credit_note(number=f"K-{number:03}")


@dataclass(frozen=True)
class Merchant:
    """A tenant with a shop and an organization of its own in the books."""

    tenant_id: UUID
    organization_id: str
    shop_id: UUID = field(default_factory=uuid4)


@dataclass
class CrashLine:
    """Feeds documents as ingest does and starts processes that work them off."""

    db: Database
    database_url: str
    kafka: KafkaSettings
    lexware: Handle
    nursery: Nursery
    folder: Path
    documents: Supply = mixed_documents
    supplies: dict[UUID, Iterator[tuple[OrderSnapshot, Document]]] = field(default_factory=dict)
    merchants: list[Merchant] = field(default_factory=list)
    events: list[DocumentIssued] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)

    async def set_up(self) -> None:
        """Merchants with books; document numbers repeat from one to the next."""
        for _ in range(MERCHANTS):
            organization = await self.lexware.control.post("organizations")
            merchant = Merchant(await add_tenant(self.db), organization["organization_id"])
            await add_books(
                self.db,
                merchant.tenant_id,
                organization_id=merchant.organization_id,
                api_key=organization["api_key"],
            )
            self.merchants.append(merchant)

    async def issue(self, count: int = DOCUMENTS) -> None:
        """Record so many more documents in the outbox, spread over the merchants."""
        for merchant in self.merchants:
            supply = self.supplies.setdefault(merchant.tenant_id, self.documents())
            wanted = list(itertools.islice(supply, count // len(self.merchants)))
            async with self.db.sessions.of_all_tenants() as session:
                events = [await _event(session, merchant, order, document) for order, document in wanted]
                await record(session, INGEST, *events)
            self.events += events

    def writer(self, fate: Fate = LIVE_ON) -> Child:
        """A running invoice writer."""
        effects = {f"effects__{name}": value for name, value in EFFECTS}
        settings: dict[str, Any] = {
            **self._common(),
            **effects,
            "encryption_keys": KEY.get_secret_value(),
            "lexware__api_url": self.lexware.base_url,
            "lexware__rate_limit_enabled": False,
            "lexware__timeout_seconds": 5,
            "worker__concurrency": 32,  # fewer than there are documents, so that each writer meets some
            "worker__claim_batch": 64,
            "worker__lease_seconds": LEASE_SECONDS,
            "worker__idle_poll_seconds": 0.05,
            "worker__backoff_seconds": 0.1,
            "worker__backoff_limit_seconds": 0.5,
        }
        return self._start("writer", "INVOICE_WRITER_", settings, fate)

    def relay(self, fate: Fate = LIVE_ON) -> Child:
        """A running relay of ingest's outbox."""
        return self._start("relay", "RELAY_", self._common(), fate)

    async def writers_die(self, fates: Sequence[Fate], seconds: float = SETTLE_SECONDS) -> None:
        """One writer after the other, each until its fate comes; the last one lives until all is settled."""
        for fate in fates:
            await self.issue(FRESH)
            child = self.writer(fate)
            code = await child.ended(seconds)
            assert code == -fate.number, f"{fate} did not come: exit code {code}"
        self.writer()
        await self.settled(seconds)

    async def settled(self, seconds: float = SETTLE_SECONDS) -> None:
        """Return once all issued documents are booked, filed and announced."""
        await self.eventually(self._is_settled, seconds)

    async def trusted(self) -> None:
        """Return once nothing that was ever sent can still arrive."""

        async def nothing_young() -> bool:
            return await self.holdings.armed_within(TRUST_SECONDS) == 0

        await self.eventually(nothing_young)

    async def eventually(
        self, condition: Callable[[], Awaitable[bool]], seconds: float = SETTLE_SECONDS
    ) -> None:
        """Return as soon as the condition holds; fail when time is up or a process broke."""
        deadline = time.monotonic() + seconds
        while not await condition():
            broken = [child for child in self.children if child.code not in (None, 0, -SIGKILL)]
            assert not broken, broken[0].story()
            assert time.monotonic() < deadline, await self.holdings.unsettled(len(self.events))
            await asyncio.sleep(POLL_SECONDS)

    async def verify(self) -> None:
        """Fail unless the books and we hold each issued document exactly once."""
        organizations = {one.tenant_id: one.organization_id for one in self.merchants}
        await self.holdings.verify(self.events, organizations)

    @property
    def holdings(self) -> Holdings:
        """What the books and our database hold."""
        return Holdings(self.db, self.lexware)

    async def _is_settled(self) -> bool:
        return not await self.holdings.unsettled(len(self.events))

    def _start(self, role: str, prefix: str, settings: dict[str, Any], fate: Fate) -> Child:
        environment = {prefix + name.upper(): str(value) for name, value in settings.items()}
        log = self.folder / f"{role}-{len(self.children)}.log"
        child = self.nursery.start(role, environment, log, fate)
        self.children.append(child)
        return child

    def _common(self) -> dict[str, Any]:
        return {
            "database__url": self.database_url,
            "database__idle_transaction_seconds": LEASE_SECONDS,
            "kafka__bootstrap_servers": self.kafka.bootstrap_servers,
            "kafka__topic_prefix": self.kafka.topic_prefix,
            "relay__lease_seconds": LEASE_SECONDS,
            "relay__batch": 10,
            "relay__idle_poll_seconds": 0.05,
            "ops__host": "127.0.0.1",
            "ops__port": 0,
            "ops__drain_timeout": f"PT{DRAIN_SECONDS}S",
        }


async def _event(
    session: Any, merchant: Merchant, order: OrderSnapshot, document: Document
) -> DocumentIssued:
    content = f"%PDF-1.4 {merchant.tenant_id} {document.number}".encode()
    return issued(
        tenant_id=merchant.tenant_id,
        connection_id=merchant.shop_id,
        order_id=order.order_id,
        order=order,
        document=document,
        content_hash=content_hash(document),
        pdf=await Archive().store(session, merchant.tenant_id, content, "application/pdf"),
        occurred_at=datetime.now(UTC),
    )
