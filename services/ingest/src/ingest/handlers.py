"""What ingest does with commands: read one order now, or poll a shop now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from common.archive import Archive
from common.db.engine import Database
from common.errors import RefusedError
from common.events.commands import FetchOrder, FetchShop
from common.inbox.messages import Done, Later
from common.inbox.routes import Route, on, on_try
from common.shops.epages.errors import NotFound, ShopUnavailable
from ingest.connections import ShopConnections
from ingest.orders import OrderReader
from ingest.polling import make_due
from ingest.settings import Settings

log = structlog.get_logger(__name__)

NOT_YET_VISIBLE_TRIES = 3
NOT_YET_VISIBLE_WAIT = timedelta(seconds=10)
REFUSED_WAIT = timedelta(minutes=15)


@dataclass(frozen=True)
class CommandHandlers:
    """The handlers of ingest's own commands."""

    db: Database
    shops: ShopConnections
    archive: Archive
    settings: Settings
    wake_poller: Callable[[], None]
    announced: Callable[[], None] = lambda: None

    def routes(self) -> Sequence[Route]:
        """Each command with its handler."""
        return (on_try(FetchOrder, self.fetch_order), on(FetchShop, self.fetch_shop))

    async def fetch_order(self, command: FetchOrder, failed_tries: int) -> Done | Later:
        """Save the order and its documents as the shop has them now; safe beside a poll of it."""
        connection = await self.shops.find(command.connection_id)
        if connection is None or connection.tenant_id != command.tenant_id:
            return Done()
        try:
            reader = OrderReader(
                db=self.db,
                archive=self.archive,
                connection=connection,
                client=await self.shops.client(connection),
                first_file_retry=self.settings.files.first_retry,
                announced=self.announced,
            )
            read_at = datetime.now(UTC)
            read = await reader.client.order(command.order_id)
            await reader.import_order(read.value, read_at=read_at, server_time=read.server_time)
        except NotFound:
            return self._not_there(command, failed_tries)
        except RefusedError as refusal:
            log.warning("order.refused", connection_id=str(command.connection_id), error=refusal.code)
            return Later(REFUSED_WAIT, refusal.code)
        return Done()

    async def fetch_shop(self, command: FetchShop) -> Done:
        """Make the shop due and wake the poller."""
        async with self.db.sessions.of(command.tenant_id) as session:
            await make_due(session, command.tenant_id, command.connection_id)
        self.wake_poller()
        return Done()

    def _not_there(self, command: FetchOrder, failed_tries: int) -> Done:
        """A notification may come before its order is visible; an order that stays away was deleted."""
        if failed_tries < NOT_YET_VISIBLE_TRIES:
            raise ShopUnavailable("order not visible", retry_after=NOT_YET_VISIBLE_WAIT)
        log.info("order.not_found", connection_id=str(command.connection_id), order_id=command.order_id)
        return Done()
