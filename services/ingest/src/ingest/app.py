"""Builds ingest: poller, file asker, worker, relay, the door for webhooks, and what they need."""

from common.archive import Archive
from common.db.engine import Database
from common.db.probes import needs_of
from common.db.secrets import Secrets
from common.events.topics import INGEST
from common.http.transport import Network
from common.inbox.dead_letters import command_routes
from common.inbox.housekeeping import Housekeeping
from common.inbox.overdue import OverdueWatch
from common.inbox.worker import Worker
from common.outbox.relay import Relay
from common.runtime import ServiceApp
from common.shops.epages.http import ShopHttp
from common.transport.base import Transport
from ingest.connections import ShopConnections
from ingest.handlers import CommandHandlers
from ingest.orders import FileAsker
from ingest.polling import Poller
from ingest.settings import ClusterSettings, Settings
from ingest.undelivered import show_undelivered
from ingest.webhooks import Webhooks

__all__ = ["ClusterSettings", "Settings", "build", "shop_connections"]


def build(settings: Settings, db: Database, transport: Transport, network: Network) -> ServiceApp:
    """Ingest on this database and transport; nothing runs before it is served."""
    shops, archive = shop_connections(settings, db, network), Archive()
    relay = Relay(db, INGEST, transport, settings.relay, show_undelivered)
    poller = Poller(db, shops, archive, settings, relay.wake)
    files = FileAsker(db, shops, archive, settings.files, relay.wake)
    commands = CommandHandlers(db, shops, archive, settings, poller.wake, relay.wake)

    def wake_worker() -> None:
        worker.wake()

    routes = (*commands.routes(), *command_routes(db, INGEST, wake_worker))
    worker = Worker(db, INGEST, routes, settings.worker)
    transport.subscribe(INGEST, worker.wake)
    return ServiceApp(
        name=INGEST,
        components=[poller, files, worker, relay, Housekeeping(db, INGEST), OverdueWatch(db, INGEST)],
        needs=needs_of(db, INGEST, Secrets(settings.encryption_keys)),
        parts={"worker": worker.check, "relay": relay.check},
        routers=[Webhooks(db, shops, worker.wake, settings.webhook_bytes).router()],
    )


def shop_connections(settings: Settings, db: Database, network: Network) -> ShopConnections:
    """Clients for every connected shop over these network connections."""

    guarded = network.guarded(settings.hosts)

    def http_for(api_url: str) -> ShopHttp:
        return ShopHttp(guarded, api_url, timeout=settings.poll.timeout)

    return ShopConnections(db, Secrets(settings.encryption_keys), http_for, settings.hosts)
