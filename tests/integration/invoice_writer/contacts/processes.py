"""Contacts of one merchant as several processes would keep them, driven until they are ready."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from common.db.engine import Database
from common.db.secrets import Secrets
from common.domain.buyers import Customer
from common.effects.effect import Bound, EffectResult
from common.effects.runner import EffectRunner
from common.lexware.client import LexwareClient
from common.lexware.connect import LexwareClients
from factories.tenants import KEY
from integration.invoice_writer.harness import Writer
from invoice_writer.contacts import ContactNeed, Contacts
from invoice_writer.lists import Readings
from support.deciding import run_contact_until_decided

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Process:
    """The contacts as one process of the writer has them."""

    harness: Writer
    db: Database
    contacts: Contacts = field(init=False)
    clients: LexwareClients = field(init=False)
    readings: Readings = field(init=False)

    def __post_init__(self) -> None:
        settings = self.harness.settings()
        runner = EffectRunner(self.db, settings.effects)
        first_look = timedelta(seconds=settings.effects.first_look)
        self.readings = Readings(self.db, settings.readings)
        self.contacts = Contacts(self.db, runner, settings.contacts, self.readings, first_look=first_look)
        self.clients = LexwareClients(self.db, Secrets([KEY]), settings.lexware, self.harness.network)

    async def client(self) -> LexwareClient:
        """The merchant's books."""
        return await self.clients.for_connection(self.harness.tenant_id, self.harness.books_id)

    async def need(self, customer: Customer, **over: Any) -> ContactNeed:
        """Say what a document of this customer needs."""
        values: dict[str, Any] = {
            "tenant_id": self.harness.tenant_id,
            "connection_id": self.harness.books_id,
            "organization_id": self.harness.organization["organization_id"],
            "shop_id": self.harness.shop_id,
            "client": await self.client(),
            "customer": customer,
            "tax_free": False,
            "as_of": MONDAY,
        }
        return ContactNeed(**(values | over))

    async def run_until_decided(self, need: ContactNeed) -> EffectResult:
        """Ensure the contact until it is decided. Returns the result."""
        return await run_contact_until_decided(self.contacts, need)

    async def ready(self, customer: Customer, **over: Any) -> str:
        """Make the customer's contact ready to be used. Returns its id."""
        result = await self.run_until_decided(await self.need(customer, **over))
        assert isinstance(result, Bound), result
        return result.external_id
