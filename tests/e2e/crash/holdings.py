"""What the simulated books and our database hold, and whether it is each document exactly once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.db.models.effects import AlarmRow, AttemptRow, BindingRow
from common.db.models.line import DeadLetterRow, InboxKeyRow, InboxRow, OutboxRow
from common.domain.documents import DocumentType
from common.events.documents import DocumentIssued
from common.events.registry import parse
from common.events.topics import INVOICE_WRITER, TRANSIT_WRITER
from common.events.vouchers import VoucherBooked
from sandbox.testing import Handle

UNRESOLVED = ("open", "parked")
VOUCHER_TYPES = {DocumentType.INVOICE: "salesinvoice", DocumentType.CREDIT_NOTE: "salescreditnote"}

Key = tuple[str, str, str]  # organization, type, number


@dataclass(frozen=True)
class Holdings:
    """Both sides, read when asked."""

    db: Database
    lexware: Handle

    async def unsettled(self, documents: int) -> dict[str, int]:
        """How much is left until so many documents are booked, filed and announced; empty at last."""
        done = (OutcomeRow.status == "booked") & (OutcomeRow.file_status == "attached")
        left = {
            "not booked with file": documents - await self._count(OutcomeRow, done),
            "keys with work": await self._count(InboxKeyRow, InboxKeyRow.consumer == INVOICE_WRITER),
            "unsent facts": await self._count(
                OutboxRow, OutboxRow.producer == INVOICE_WRITER, OutboxRow.sent_at.is_(None)
            ),
            "facts not received": documents - await self._count(InboxRow, *_facts()),
        }
        return {name: number for name, number in left.items() if number}

    async def booked(self) -> int:
        """How many documents are booked by now."""
        return await self._count(OutcomeRow, OutcomeRow.status == "booked")

    async def open_attempts(self) -> int:
        """How many writes are on their way or in doubt."""
        return await self._count(AttemptRow, AttemptRow.state == "open")

    async def leased_keys(self) -> int:
        """How many keys somebody works on."""
        mine = InboxKeyRow.consumer == INVOICE_WRITER
        return await self._count(InboxKeyRow, mine, InboxKeyRow.lease_token.is_not(None))

    async def unsent(self) -> int:
        """How many recorded events are not marked as sent."""
        return await self._count(OutboxRow, OutboxRow.sent_at.is_(None))

    async def armed_within(self, seconds: float) -> int:
        """How many writes were armed in the last seconds."""
        return await self._count(AttemptRow, AttemptRow.armed_at > db_now(-seconds))

    async def attempts(self) -> Counter[str]:
        """How many attempts to write vouchers ended in each state."""
        vouchers = AttemptRow.effect_key.startswith("voucher:")
        return Counter(state for (state,) in await self._rows(AttemptRow.state, where=(vouchers,)))

    async def ways(self) -> Counter[str]:
        """How many vouchers were bound in each way."""
        vouchers = BindingRow.effect_key.startswith("voucher:")
        return Counter(how for (how,) in await self._rows(BindingRow.how, where=(vouchers,)))

    async def vouchers(self) -> list[dict[str, Any]]:
        """The vouchers as they truly are, without any lag."""
        return list((await self.lexware.control.state(only="vouchers"))["vouchers"])

    async def verify(self, events: Sequence[DocumentIssued], organizations: dict[Any, str]) -> None:
        """Fail unless both sides hold each document exactly once, with its own file."""
        wanted = {_key(event, organizations[event.tenant_id]): event for event in events}
        vouchers = await self._verify_books(wanted)
        await self._verify_outcomes(wanted, vouchers)
        await self._verify_effects(len(events))
        await self._verify_announcements(vouchers)

    async def _verify_books(self, wanted: dict[Key, DocumentIssued]) -> dict[Key, str]:
        state = await self.lexware.control.state(only="vouchers,files")
        keys = [(one["organizationId"], one["type"], one["voucherNumber"]) for one in state["vouchers"]]
        same("vouchers by document", Counter(keys), Counter(wanted.keys()))
        contents = {file["id"]: (file["voucherId"], file["checksum"]) for file in state["files"]}
        vouchers = dict(zip(keys, state["vouchers"], strict=True))
        attached = {key: [contents[one] for one in voucher["files"]] for key, voucher in vouchers.items()}
        expected = {key: [(vouchers[key]["id"], _checksum(event))] for key, event in wanted.items()}
        same("files by voucher", attached, expected)
        same("number of files", len(contents), len(wanted))
        return {key: voucher["id"] for key, voucher in vouchers.items()}

    async def _verify_outcomes(self, wanted: dict[Key, DocumentIssued], vouchers: dict[Key, str]) -> None:
        columns = (OutcomeRow.document_id, OutcomeRow.status, OutcomeRow.file_status, OutcomeRow.voucher_id)
        stand = {document_id: rest for document_id, *rest in await self._rows(*columns)}
        expected = {event.document_id: ["booked", "attached", vouchers[key]] for key, event in wanted.items()}
        same("outcomes", stand, expected)

    async def _verify_effects(self, documents: int) -> None:
        bindings = await self._rows(BindingRow.effect_key, BindingRow.external_id)
        kinds = Counter(key.partition(":")[0] for key, _ in bindings)
        same("bindings", kinds, Counter(voucher=documents, file=documents))
        same("bound objects", len({external_id for _, external_id in bindings}), 2 * documents)
        same("unresolved attempts", await self._count(AttemptRow, AttemptRow.state.in_(UNRESOLVED)), 0)
        same("alarms", await self._count(AlarmRow), 0)
        same("dead letters", await self._count(DeadLetterRow), 0)
        ours = InboxRow.consumer == INVOICE_WRITER
        same("messages not done", await self._count(InboxRow, ours, InboxRow.state != "done"), 0)

    async def _verify_announcements(self, vouchers: dict[Key, str]) -> None:
        """Each booking is announced once, and arrived once at the reader."""
        columns = (OutboxRow.event_id, OutboxRow.type, OutboxRow.payload)
        said = await self._rows(*columns, where=(OutboxRow.producer == INVOICE_WRITER,))
        facts = [parse(type, payload) for _, type, payload in said]
        booked = [fact for fact in facts if isinstance(fact, VoucherBooked)]
        same("announced vouchers", Counter(one.voucher_id for one in booked), Counter(vouchers.values()))
        payers = {(fact.tenant_id, fact.payer) for fact in booked}  # all are of one customer
        same("payers by merchant: each has one key", len(payers), len({fact.tenant_id for fact in booked}))
        same("bookings without a payer", [fact.number for fact in booked if fact.payer is None], [])
        same("announcements", len(said), len(vouchers))
        heard = [event_id for (event_id,) in await self._rows(InboxRow.event_id, where=_facts())]
        same("received facts", Counter(heard), Counter(event_id for event_id, *_ in said))

    async def _count(self, row: type[Any], *where: ColumnElement[bool]) -> int:
        query = select(func.count()).select_from(row).where(*where)
        async with self.db.reading.of_all_tenants() as session:
            return int((await session.execute(query)).scalar_one())

    async def _rows(self, *columns: Any, where: Sequence[ColumnElement[bool]] = ()) -> list[Any]:
        async with self.db.reading.of_all_tenants() as session:
            return [tuple(row) for row in await session.execute(select(*columns).where(*where))]


def _facts() -> tuple[ColumnElement[bool], ...]:
    return (InboxRow.consumer == TRANSIT_WRITER,)


def _key(event: DocumentIssued, organization_id: str) -> Key:
    return organization_id, VOUCHER_TYPES[event.document_type], event.number


def _checksum(event: DocumentIssued) -> str:
    assert event.pdf is not None
    return event.pdf.sha256


def same(what: str, found: Any, wanted: Any) -> None:
    """Fail and say where the two differ."""
    if found == wanted:
        return
    if isinstance(found, dict) and isinstance(wanted, dict):
        places = {place for place in found.keys() | wanted.keys() if found.get(place) != wanted.get(place)}
        found = {place: found.get(place) for place in places}
        wanted = {place: wanted.get(place) for place in places}
    raise AssertionError(f"{what}: {found} instead of {wanted}")
