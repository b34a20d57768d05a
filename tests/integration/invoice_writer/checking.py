"""A writer whose decisions need checks of VAT ids, and the simulated VIES that answers them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update

from common.db.engine import Database
from common.db.models.vat import VatAnswerRow, VatCheckRow
from common.domain.documents import Document
from common.domain.reasons import DocumentReason
from common.events.documents import DocumentIssued
from common.inbox.accept import accept
from common.inbox.worker import Worker
from common.settings import ViesSettings
from common.transport.base import Incoming
from common.transport.local import LocalTransport
from common.vat.base import VatAnswer
from common.vat.vies import ViesChecker
from factories.documents import euro, make_address, make_invoice, make_line, make_order
from integration.invoice_writer.harness import Writer
from invoice_writer.app import build
from invoice_writer.rechecking import Rechecker
from invoice_writer.released import Portions
from invoice_writer.vat import VatCheckWorker
from sandbox.testing import Handle

AUSTRIAN, FRENCH, DUTCH, GERMAN = "ATU13585627", "FR40303265045", "NL004495445B01", "DE136695976"
PENDING, INVALID = DocumentReason.VAT_CHECK_PENDING.value, DocumentReason.VAT_ID_INVALID.value
CHECK = "/taxation_customs/vies/rest-api/check-vat-number"


@dataclass
class Checking:
    """A writer whose decisions need checks, and a simulated VIES."""

    writer: Writer
    vies: Handle
    settings: ViesSettings = field(default_factory=ViesSettings)

    @property
    def db(self) -> Database:
        """The database under test."""
        return self.writer.db

    def asker(self, settings: ViesSettings | None = None) -> VatCheckWorker:
        """Another replica's worker."""
        used = settings or self.settings
        return VatCheckWorker(self.db, ViesChecker(self.writer.network, used), used, lambda: None)

    async def work(self, *documents: Document) -> None:
        """The writer works off the documents and everything due, but asks nobody."""
        app = build(
            self.writer.settings().model_copy(update={"vies": self.settings}),
            self.db,
            LocalTransport(self.db, accept),
            self.writer.network,
        )
        worker = next(part for part in app.components if isinstance(part, Worker))
        recheck = next(part for part in app.components if isinstance(part, Rechecker))
        portions = next(part for part in app.components if isinstance(part, Portions))
        events = [await self.event(document) for document in documents]
        async with self.db.sessions.of_all_tenants() as session:
            await accept(session, "invoice-writer", [Incoming.of(event) for event in events])
        await worker.run_until_idle(20)
        while await recheck.run_once() or await portions.run_once():
            await worker.run_until_idle(20)

    async def event(self, document: Document) -> DocumentIssued:
        """The document with an order that goes to the same address."""
        return await self.writer.event(document, make_order(billing_address=document.address))

    async def ask(self) -> int:
        """One look of the worker; how many ids it asked about."""
        return await self.asker().run_once()

    async def stands(self, document: Document) -> tuple[str, str | None]:
        """Status and reason of the document."""
        row = await self.writer.outcome(document)
        return row.status, row.reason

    async def questions(self) -> list[str]:
        """The ids VIES was asked about, in order."""
        return [one["vatId"] for one in (await self.vies.control.state())["questions"]]

    async def check(self, vat_id: str = AUSTRIAN) -> VatCheckRow:
        """The row of an id."""
        query = select(VatCheckRow).where(
            VatCheckRow.vat_id == vat_id, VatCheckRow.tenant_id == self.writer.tenant_id
        )
        async with self.db.reading.of_all_tenants() as session:
            return (await session.scalars(query)).one()

    async def answers(self) -> Sequence[VatAnswerRow]:
        """Every proof, oldest first."""
        async with self.db.reading.of_all_tenants() as session:
            return (await session.scalars(select(VatAnswerRow).order_by(VatAnswerRow.answer_id))).all()

    async def change(self, **values: Any) -> None:
        """Move the times of all checks, as if time had passed."""
        async with self.db.sessions.of_all_tenants() as session:
            await session.execute(update(VatCheckRow).values(**values))


class Held:
    """Asks VIES, but keeps the answer to itself until it may go on."""

    def __init__(self, checking: Checking) -> None:
        self._checking, self._vies = checking, ViesChecker(checking.writer.network, checking.settings)
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    def worker(self) -> VatCheckWorker:
        """A replica that asks this way."""
        return VatCheckWorker(self._checking.db, self, self._checking.settings, lambda: None)

    async def check(self, vat_id: str, *, asked_by: str | None = None) -> VatAnswer:
        """The answer of VIES, later."""
        answer = await self._vies.check(vat_id, asked_by=asked_by)
        self.asked.set()
        await self.go_on.wait()
        return answer


def invoice(vat_id: str | None = AUSTRIAN, number: str = "R-1") -> Document:
    """An untaxed invoice to a company in the state of this VAT id; without one a taxed one at home."""
    if vat_id is None:
        return make_invoice(number=number)
    buyer = make_address(company="Handel", vat_id=vat_id, country=vat_id[:2], zip_code=None, city="Ort")
    untaxed = (make_line("49.90", "0"),)
    return make_invoice(number=number, address=buyer, gross_total=euro("49.90"), lines=untaxed)
