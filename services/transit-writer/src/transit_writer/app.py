"""Builds the transit writer: its worker, its relay and what they need."""

from common.db.engine import Database
from common.db.probes import needs_of
from common.events.topics import TRANSIT_WRITER
from common.inbox.dead_letters import command_routes
from common.inbox.housekeeping import Housekeeping
from common.inbox.overdue import OverdueWatch
from common.inbox.worker import Worker
from common.outbox.relay import Relay
from common.runtime import ServiceApp
from common.transport.base import Transport
from transit_writer.handlers import routes
from transit_writer.settings import ClusterSettings, Settings

__all__ = ["ClusterSettings", "Settings", "build"]


def build(settings: Settings, db: Database, transport: Transport) -> ServiceApp:
    """The transit writer on this database and transport; nothing runs before it is served."""

    def wake() -> None:
        worker.wake()

    all_routes = (*routes(db), *command_routes(db, TRANSIT_WRITER, wake))
    worker = Worker(db, TRANSIT_WRITER, all_routes, settings.worker)
    transport.subscribe(TRANSIT_WRITER, worker.wake)
    relay = Relay(db, TRANSIT_WRITER, transport, settings.relay)
    return ServiceApp(
        name=TRANSIT_WRITER,
        components=[worker, relay, Housekeeping(db, TRANSIT_WRITER), OverdueWatch(db, TRANSIT_WRITER)],
        needs={**needs_of(db, TRANSIT_WRITER), "worker": worker.check},
        parts={"relay": relay.check},
    )
