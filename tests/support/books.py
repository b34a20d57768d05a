"""A tenant with a books connection to the Lexware simulator, and a document whose voucher is an effect."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import insert
from common.db.engine import Database
from common.db.models.core import ConnectionRow, SecretRow, TenantRow
from common.db.models.effects import AlarmRow
from common.db.secrets import Secrets, new_key
from common.effects.effect import OnBound, SearchResult
from common.effects.gate import Gate
from common.http.transport import Network
from common.lexware.client import LexwareClient
from common.lexware.connect import LexwareClients
from common.lexware.wire import NewVoucher, NewVoucherItem
from common.settings import EffectSettings, LexwareSettings
from sandbox.testing import RunningSandbox, running_sandbox

GOODS = "8f8664a8-fd86-11e1-a21f-0800200c9a66"
TIME_SCALE = 0.005  # of the simulator's waits; `WAITS` are the protocol's for that scale
WAITS = EffectSettings(
    gate=0.5,
    server_patience=0.3,
    commit_delay=0.45,
    read_lag=0.1,
    clock_doubt=0.05,
    first_look=0.05,
    second_look=0.2,
)
# For writes that must go through at the first try: nothing but a stop of half a minute withdraws one.
PATIENT = WAITS.model_copy(update={"gate": 30.0})
# The server's patience with half a request counts in one test only; elsewhere a stall must not use it up.
CALM: Mapping[str, Any] = {"rate_limit": False, "body_timeout": 30 / TIME_SCALE}
QUICK: Mapping[str, Any] = {**CALM, "read_lag": 0.0, "search_lag": 0.0}
LAGGING: Mapping[str, Any] = {**CALM, "read_lag": 2.0, "search_lag": 10.0}


@asynccontextmanager
async def lexware_simulator(switches: Mapping[str, Any] = QUICK) -> AsyncIterator[RunningSandbox]:
    """Run the simulator alone, in scaled time."""
    async with running_sandbox("lexware", time_scale=TIME_SCALE, switches={"lexware": switches}) as running:
        yield running


@dataclass
class Books:
    """A stored books connection and clients for it; `settings` point at the simulator."""

    database: Database
    secrets: Secrets
    settings: LexwareSettings
    network: Network
    tenant_id: UUID = field(default_factory=uuid4)
    connection_id: UUID = field(default_factory=uuid4)

    async def connect(self, *, auth: str = "api_key", key: str | None = None) -> LexwareClient:
        """Store the connection and return its client."""
        async with self.database.sessions.of_all_tenants() as session:
            await session.execute(insert(session, TenantRow).values(tenant_id=self.tenant_id, name="Test"))
            await session.execute(
                insert(session, ConnectionRow).values(
                    connection_id=self.connection_id,
                    tenant_id=self.tenant_id,
                    kind="books",
                    platform="lexware",
                    name="Books",
                    address=str(self.connection_id),
                    auth=auth,
                )
            )
            if key is not None:
                await self.keep_key(session, key)
        return await self.client()

    async def keep_key(self, session: AsyncSession, key: str) -> None:
        """Store the API key, or another one instead."""
        sealed = self.secrets.of(self.tenant_id, self.connection_id).seal("api_key", SecretStr(key))
        row = insert(session, SecretRow).values(
            tenant_id=self.tenant_id, connection_id=self.connection_id, field="api_key", sealed=sealed
        )
        await session.execute(
            row.on_conflict_do_update(index_elements=["connection_id", "field"], set_={"sealed": sealed})
        )

    async def client(self) -> LexwareClient:
        """Make a client as another process would."""
        return await self.clients().for_connection(self.tenant_id, self.connection_id)

    def clients(self) -> LexwareClients:
        """Clients as another process would make them."""
        return LexwareClients(self.database, self.secrets, self.settings, self.network)


def books_at(running: RunningSandbox, database: Database, network: Network, **settings: Any) -> Books:
    """Books of the simulator's demo organization; without our own rate limit unless asked for."""
    there = running.lexware.credentials
    pointing = LexwareSettings(
        api_url=there["base_url"],
        app_url=there["app_url"],
        client_id=there["client_id"],
        client_secret=SecretStr(there["client_secret"]),
        redirect_uri=there["redirect_uri"],
        **{"rate_limit_enabled": False, **settings},
    )
    return Books(database, Secrets([SecretStr(new_key())]), pointing, network)


@dataclass
class DocumentEffect:
    """The voucher of one invoice; what follows from binding or parking is an alarm row that tests count."""

    client: LexwareClient
    tenant_id: UUID
    number: str
    amount: Decimal = Decimal("119.00")
    tax: Decimal = Decimal("19.00")

    @property
    def key(self) -> str:
        return f"voucher:org:shop:invoice:{self.number}"

    @property
    def marker(self) -> str:
        return "#" + hashlib.sha256(self.key.encode()).hexdigest()[:16]

    @property
    def payload(self) -> bytes:
        return self.voucher(f"{self.marker} Order 1").to_wire()

    @property
    def decision(self) -> Mapping[str, Any]:
        return {"number": self.number}

    def voucher(self, remark: str | None) -> NewVoucher:
        """The voucher on the wire."""
        return NewVoucher(
            type="salesinvoice",
            voucher_number=self.number,
            voucher_date=date(2026, 3, 2),
            total_gross_amount=self.amount,
            total_tax_amount=self.tax,
            use_collective_contact=True,
            contact_name="Anna Beispiel",
            remark=remark,
            voucher_items=(
                NewVoucherItem(
                    amount=self.amount,
                    tax_amount=self.tax,
                    tax_rate_percent=Decimal(19),
                    category_id=GOODS,
                ),
            ),
        )

    async def prepare(self) -> None:
        await self.client.prepare_write("/v1/vouchers")

    async def send(self, gate: Gate) -> str:
        return await self.client.vouchers.create(self.payload, gate)

    async def search(self) -> SearchResult:
        found = await self.client.voucherlist.find("salesinvoice", self.number)
        marked: list[str] = []
        unmarked: list[str] = []
        for row in found.rows:
            voucher = await self.client.vouchers.get(row.id)
            ours = (voucher.remark or "").split(" ")[0] == self.marker
            (marked if ours else unmarked).append(row.id)
        return SearchResult(found.complete, tuple(marked), tuple(unmarked))

    def on_bound(self, external_id: str, how: str) -> OnBound[Any]:
        return OnBound(_record_bound, (self, {"voucher": external_id, "how": how}))

    async def parked(self, session: AsyncSession, reason: str, evidence: Mapping[str, Any]) -> None:
        await self.record(session, "test_parked", {"reason": reason})

    async def record(self, session: AsyncSession, kind: str, evidence: Mapping[str, Any]) -> None:
        row = insert(session, AlarmRow).values(
            alarm_id=uuid4(),
            tenant_id=self.tenant_id,
            kind=kind,
            subject=self.key,
            evidence=dict(evidence),
        )
        await session.execute(row)


async def _record_bound(
    session: AsyncSession, items: Sequence[tuple["DocumentEffect", dict[str, Any]]]
) -> None:
    for effect, evidence in items:
        await effect.record(session, "test_bound", evidence)
