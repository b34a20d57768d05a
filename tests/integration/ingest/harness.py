"""A tenant with shops in the simulator, ingest's parts around one database, and what can be asked of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.archive import Archive
from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.base import Base
from common.db.models.core import ConnectionRow, SecretRow, SettingsVersionRow, TenantRow
from common.db.models.ingest import DocumentRow, OriginalRow, ShopCursorRow
from common.db.models.line import OutboxRow
from common.db.secrets import Secrets, new_key
from common.events.base import Event
from common.events.registry import parse
from common.http.transport import Network
from common.settings import DatabaseSettings, HostPolicy
from common.shops.epages.http import ShopHttp
from ingest.connections import ShopConnection, ShopConnections
from ingest.orders import FileAsker
from ingest.polling import Poller
from ingest.polling.schedule import last_night
from ingest.settings import FileSettings, PollSettings, Settings
from sandbox.testing import Handle

RowT = TypeVar("RowT", bound=Base)
TRUSTED = ("127.0.0.1",)
KEY = SecretStr(new_key())
LIST, ORDER = "GET /rs/shops/{shop_id}/orders", "GET /rs/shops/{shop_id}/orders/{order_id}"
DOCUMENTS = "GET /rs/shops/{shop_id}/orders/{order_id}/documents"


@dataclass
class Ingest:
    """Everything a test of ingest needs; `requests` counts from the last `forget_requests`."""

    db: Database
    epages: Handle
    network: Network
    archive: Archive = field(default_factory=Archive)
    secrets: Secrets = field(default_factory=lambda: Secrets([KEY]))
    tenant_id: UUID = field(default_factory=uuid4)
    _before: Counter[str] = field(default_factory=Counter)

    def settings(self, *, poll: dict[str, Any] | None = None, **over: Any) -> Settings:
        """Settings with short waits."""
        return Settings(
            database=DatabaseSettings(url="sqlite+aiosqlite://"),
            encryption_keys=(KEY,),
            poll=PollSettings(
                **{"look_every": 0.02, "roster_every": 0.02, "first_backoff": 0.01} | (poll or {})
            ),
            **{"hosts": HostPolicy(trusted_hosts=TRUSTED), **over},
        )

    def shops(self, hosts: Sequence[str] = TRUSTED) -> ShopConnections:
        """Connections whose clients may call the simulator."""

        def http_for(api_url: str) -> ShopHttp:
            return ShopHttp(self.network, api_url, timeout=10)

        return ShopConnections(self.db, self.secrets, http_for, HostPolicy(trusted_hosts=tuple(hosts)))

    def poller(self, settings: Settings | None = None, *, hosts: Sequence[str] = TRUSTED) -> Poller:
        """Another poller, as another replica would have it."""
        return Poller(self.db, self.shops(hosts), self.archive, settings or self.settings())

    def file_asker(self) -> FileAsker:
        """Asks for files as a replica would."""
        return FileAsker(self.db, self.shops(), self.archive, FileSettings())

    async def connect(
        self, shop_id: str = "A", *, config: dict[str, Any] | None = None, **spec: Any
    ) -> ShopConnection:
        """A new shop in the simulator, connected for the tenant."""
        shop = await self.epages.control.post("shops", {"shop_id": shop_id, **spec})
        connection_id = swept_at_another_time()
        async with self.db.sessions.of_all_tenants() as session:
            await self._ensure_tenant(session)
            session.add(
                ConnectionRow(
                    connection_id=connection_id,
                    tenant_id=self.tenant_id,
                    kind="shop",
                    platform="epages",
                    name=shop_id,
                    address=shop["base_url"],
                    config=config or {},
                    created_at=db_now(-1.0),  # the shop's stamps are cut to milliseconds, this moment is not
                )
            )
            await session.flush()
            for name in ("access_token", "client_secret"):
                session.add(self._secret(connection_id, name, shop[name]))
        connection = await self.shops().find(connection_id)
        assert connection is not None
        return connection

    async def replace_token(self, connection: ShopConnection, token: str) -> None:
        """The merchant reconnected the shop."""
        secret = self._secret(connection.connection_id, "access_token", token)
        async with self.db.sessions.of_all_tenants() as session:
            await session.execute(
                update(SecretRow)
                .where(SecretRow.connection_id == connection.connection_id, SecretRow.field == "access_token")
                .values(sealed=secret.sealed)
            )

    async def set_settings(self, number: int = 1, **values: Any) -> None:
        """A new settings version of the tenant."""
        async with self.db.sessions.of_all_tenants() as session:
            await self._ensure_tenant(session)
            session.add(
                SettingsVersionRow(tenant_id=self.tenant_id, number=number, values=values, author="test")
            )

    async def poll(self, settings: Settings | None = None) -> None:
        """Every shop is polled once now."""
        poller = self.poller(settings)
        await self.make_due()
        await poller.run_once()

    async def make_due(self) -> None:
        """Every known shop is due."""
        async with self.db.sessions.of_all_tenants() as session:
            await session.execute(update(ShopCursorRow).values(next_poll_at=db_now(-1.0)))

    async def cursor(self, connection: ShopConnection) -> ShopCursorRow:
        """The shop's cursor row."""
        return (await self.rows(ShopCursorRow, ShopCursorRow.connection_id == connection.connection_id))[0]

    async def set_cursor_back(self, connection: ShopConnection) -> datetime:
        """A cursor a minute old, so that any move shows; the shop's clock has whole seconds only."""
        back = (await self.cursor(connection)).cursor_at - timedelta(minutes=1)
        await self.change_cursor(connection, cursor_at=back)
        return back

    async def change_cursor(self, connection: ShopConnection, **values: Any) -> None:
        """Other values in the shop's cursor row."""
        async with self.db.sessions.of_all_tenants() as session:
            await session.execute(
                update(ShopCursorRow)
                .where(ShopCursorRow.connection_id == connection.connection_id)
                .values(**values)
            )

    async def disable(self, connection: ShopConnection) -> None:
        """The merchant takes the shop out of use."""
        mine = update(ConnectionRow).where(ConnectionRow.connection_id == connection.connection_id)
        async with self.db.sessions.of_all_tenants() as session:
            await session.execute(mine.values(state="disabled"))

    async def rows(self, kind: type[RowT], *conditions: Any) -> list[RowT]:
        """All rows of a kind."""
        async with self.db.reading.of_all_tenants() as session:
            return list((await session.scalars(select(kind).where(*conditions))).all())

    async def documents(self) -> dict[tuple[str, str], DocumentRow]:
        """All documents by type and number."""
        return {(row.type, row.number): row for row in await self.rows(DocumentRow)}

    async def original(self, sha256: str) -> bytes:
        """The archived bytes."""
        async with self.db.reading.of_all_tenants() as session:
            return await self.archive.read(session, self.tenant_id, sha256)

    async def originals(self) -> list[OriginalRow]:
        """Everything archived."""
        return await self.rows(OriginalRow)

    async def events(self, *kinds: type[Event]) -> list[Any]:
        """What was announced, in order."""
        async with self.db.reading.of_all_tenants() as session:
            rows = (await session.scalars(select(OutboxRow).order_by(OutboxRow.outbox_id))).all()
        events = [parse(row.type, row.payload or b"") for row in rows]
        return [event for event in events if not kinds or isinstance(event, kinds)]

    async def requests(self) -> dict[str, int]:
        """How often each address was asked."""
        counted = Counter((await self.epages.control.state())["requests"])
        return dict(counted - self._before)

    async def forget_requests(self) -> None:
        """Count anew from here."""
        self._before = Counter((await self.epages.control.state())["requests"])

    async def shop_documents(self) -> set[tuple[str, str]]:
        """What the simulator says was finalised, in our words."""
        state = await self.epages.control.state()
        names = {"Invoice": "invoice", "CreditNote": "credit_note"}
        return {
            (names[document["type"]], document["number"])
            for shop in state["shops"]
            for order in shop["orders"]
            for document in order["documents"]
            if document["number"]
        }

    async def sell(
        self, shop: str = "A", *, order: dict[str, Any] | None = None, **document: Any
    ) -> dict[str, Any]:
        """An order with a finalised invoice."""
        body = {"shop": shop, "order": order or {}, "document": document}
        return await self.epages.control.post("orders/sell", body)

    async def sell_settled(self, shop: str = "A", **document: Any) -> dict[str, Any]:
        """An order whose stamp is trusted at once; a young one in whole seconds, one of 1000, is not."""
        at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
        return await self.sell(shop, order={"at": at}, at=at, **document)

    async def do(self, action: str, **fields: Any) -> dict[str, Any]:
        """Another action in the simulated shop."""
        return await self.epages.control.post(action, {"shop": "A", **fields})

    async def _ensure_tenant(self, session: AsyncSession) -> None:
        if await session.get(TenantRow, self.tenant_id) is None:
            session.add(TenantRow(tenant_id=self.tenant_id, name="Test"))
            await session.flush()

    def _secret(self, connection_id: UUID, name: str, value: str) -> SecretRow:
        return SecretRow(
            tenant_id=self.tenant_id,
            connection_id=connection_id,
            field=name,
            sealed=self.secrets.of(self.tenant_id, connection_id).seal(name, SecretStr(value)),
        )


def swept_at_another_time() -> UUID:
    """An id whose nightly sweep does not come due while a test runs: the minute follows from the id."""
    now = datetime.now(UTC)
    while last_night(now, identity := uuid4()) != last_night(now + timedelta(minutes=10), identity):
        pass
    return identity
