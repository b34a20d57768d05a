"""Builds the invoice writer: its worker, its relay, its re-check and what they need."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from common.archive import Archive
from common.db.engine import Database
from common.db.payer_keys import PayerKeys
from common.db.probes import needs_of
from common.db.secrets import Secrets
from common.effects.effect import CrashPoints
from common.effects.runner import EffectRunner
from common.effects.watch import ClockWatch
from common.effects.witness import Witness
from common.events.topics import INVOICE_WRITER
from common.http.transport import Network
from common.inbox.dead_letters import command_routes
from common.inbox.housekeeping import Housekeeping
from common.inbox.overdue import OverdueWatch
from common.inbox.routes import Route
from common.inbox.waiting import Waiting
from common.inbox.worker import Worker
from common.lexware.breakers import Breakers
from common.lexware.connect import LexwareClients
from common.outbox.relay import Relay
from common.runtime import ServiceApp
from common.settings import ViesSettings
from common.transport.base import Transport
from common.vat.vies import ViesChecker
from invoice_writer.books_watch import BooksWatch, StalledLists
from invoice_writer.contacts import Contacts
from invoice_writer.context import TenantContexts
from invoice_writer.deciding import BooksProfiles, Decider
from invoice_writer.documents import DocumentCommands, DocumentDesk, DocumentFacts
from invoice_writer.duplicates import Adopting, DuplicateWatch, Sayings
from invoice_writer.excluding import Exclusions
from invoice_writer.files import EInvoiceDifferences, EInvoices, FileAttacher, VoucherFiles
from invoice_writer.lists import Readings
from invoice_writer.outcomes import park_buried, park_dead
from invoice_writer.rechecking import ConnectionWatch, Rechecker, release_after_denial, show_delayed
from invoice_writer.released import Portions
from invoice_writer.settings import ClusterSettings, Settings
from invoice_writer.vat import VatChecks, VatCheckWorker
from invoice_writer.vouchers import VoucherContacts, VoucherIndex
from invoice_writer.writing import VoucherWriter

__all__ = ["ClusterSettings", "Settings", "build"]


class StopArming:
    """Nothing new is sent from the moment the process is told to stop."""

    name = "stop-arming"

    def __init__(self, *senders: EffectRunner | VoucherFiles) -> None:
        self._senders = senders

    async def run(self, stop: asyncio.Event) -> None:
        """Wait for the stop and pass it on."""
        await stop.wait()
        for sender in self._senders:
            sender.stop_arming()


def build(
    settings: Settings,
    db: Database,
    transport: Transport,
    network: Network,
    *,
    crash_points: CrashPoints | None = None,
) -> ServiceApp:
    """The invoice writer on this database and transport; nothing runs before it is served."""
    witness = Witness()
    runner = EffectRunner(db, settings.effects, crash_points=crash_points, witness=witness)
    files = VoucherFiles(db, settings.effects, witness, crash_points=crash_points)

    def wake() -> None:
        worker.wake()

    clients, *watching = _connections(settings, db, network, wake)
    commands = command_routes(db, INVOICE_WRITER, wake)
    routes = (*_routes(settings, db, clients, runner, files), *commands)
    worker = Worker(db, INVOICE_WRITER, routes, settings.worker, on_dead=park_dead)
    relay = Relay(db, INVOICE_WRITER, transport, settings.relay)
    transport.subscribe(INVOICE_WRITER, worker.wake, park_buried)
    return ServiceApp(
        name=INVOICE_WRITER,
        components=[
            worker,
            relay,
            *_deciding_again(settings, db, worker),
            *watching,
            StopArming(runner, files),
            ClockWatch(db, witness, settings.effects),
            DuplicateWatch(db, clients, settings.duplicates_seconds),
            Housekeeping(db, INVOICE_WRITER),
            OverdueWatch(db, INVOICE_WRITER, show_delayed),
            *_vat_checks(settings.vies, db, network, worker),
        ],
        needs={**needs_of(db, INVOICE_WRITER, Secrets(settings.encryption_keys)), "worker": worker.check},
        parts={"relay": relay.check},
    )


def _deciding_again(settings: Settings, db: Database, worker: Worker) -> tuple[Rechecker, Portions]:
    """Who finds the documents that are decided again, and who puts them in line."""
    recheck = Rechecker(db, worker.wake, settings.recheck_seconds, settings.readings, settings.effects)
    return recheck, Portions(db, worker.wake, settings.lexware.rate_per_second)


def _connections(
    settings: Settings, db: Database, network: Network, wake: Callable[[], None]
) -> tuple[LexwareClients, *tuple[Waiting | ConnectionWatch | BooksWatch, ...]]:
    """The clients of the books, what frees the messages that wait for them, and who tries the others."""
    answered = asyncio.Event()
    breakers = Breakers(db, settings.lexware.breaker, reopened=release_after_denial, wake=answered.set)
    waiting = Waiting(db, INVOICE_WRITER, learn=breakers.read_others, wake=wake, answered=answered)
    box = Secrets(settings.encryption_keys)
    clients = LexwareClients(db, box, settings.lexware, network, breakers)
    readings = Readings(db, settings.readings)
    stalled = StalledLists(db, readings, timedelta(seconds=settings.contacts.refill_seconds))
    reading = BooksWatch(db, clients, readings, settings.recheck_seconds, stalled=stalled)
    return clients, waiting, ConnectionWatch(db, clients, breakers), reading


def _vat_checks(
    settings: ViesSettings, db: Database, network: Network, worker: Worker
) -> Sequence[VatCheckWorker]:
    if not settings.enabled:
        return ()
    return (VatCheckWorker(db, ViesChecker(network, settings), settings, worker.wake),)


def _routes(
    settings: Settings,
    db: Database,
    clients: LexwareClients,
    runner: EffectRunner,
    files: VoucherFiles,
) -> Sequence[Route]:
    contexts = TenantContexts(db, PayerKeys(db, Secrets(settings.encryption_keys)))
    first_look = timedelta(seconds=settings.effects.first_look)
    einvoices = EInvoices(db, Archive())
    readings = Readings(db, settings.readings)
    contacts = Contacts(db, runner, settings.contacts, readings, first_look=first_look)
    decider = Decider(
        db, contexts, clients, BooksProfiles(db, readings), runner, VatChecks(db, settings.vies), einvoices
    )
    writer = VoucherWriter(db, runner, VoucherIndex(db, readings), VoucherContacts(contacts, readings))
    attacher = FileAttacher(db, Archive(), clients, contexts, files, einvoices)
    desk = DocumentDesk(db, contexts, decider, writer, attacher)
    return (
        *DocumentFacts(db, decider, desk).routes(),
        *DocumentCommands(db, decider, writer, attacher, desk).routes(),
        *Exclusions(db, contexts, decider, writer).routes(),
        *EInvoiceDifferences(db).routes(),
        *Sayings(db, clients, contexts).routes(),
        *Adopting(db).routes(),
    )
