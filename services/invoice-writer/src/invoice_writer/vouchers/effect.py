"""The write of one voucher: how to send it, find it and record that it is there."""

from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from common.domain.stored_words import BoundHow, DocumentStatus
from common.domain.verdicts import Decision
from common.effects.effect import OnBound, SearchResult
from common.effects.gate import Gate
from common.events.documents import DocumentIssued
from common.lexware.vouchers import VOUCHERS
from common.lexware.wire import Voucher
from invoice_writer.deciding import SETTINGS_VERSION, VoucherPlan
from invoice_writer.keys import effect_key, marker_in, marker_of, numbered
from invoice_writer.outcomes import Booking, Outcome, record_bookings
from invoice_writer.vouchers.elsewhere import NOBODY, Others
from invoice_writer.vouchers.mapping import voucher_of

COUNTED = frozenset({"open", "overdue", "paid", "paidoff", "transferred", "sepadebit"})


class VoucherEffect:
    """One voucher for one document, recognised by the marker that stands first in its remark.

    Where the decision asks for the customer's own contact, `contact_id` is needed to write, not to adopt.
    `chosen` is a voucher that somebody else made for the document, whatever it says. `despite`: a person
    knows that the books hold the document for another connection.
    """

    def __init__(
        self,
        event: DocumentIssued,
        plan: VoucherPlan,
        contact_id: str | None = None,
        chosen: Voucher | None = None,
        *,
        others: Others = NOBODY,
        despite: bool = False,
    ) -> None:
        self._event, self._plan, self._contact_id, self._chosen = event, plan, contact_id, chosen
        self._others, self.despite = others, despite
        self.key = effect_key(plan.organization_id, event)
        self.numbered = numbered(plan.organization_id, event, plan.decision)
        self.tenant_id: UUID = event.tenant_id
        self.marker = marker_of(self.key)

    @cached_property
    def payload(self) -> bytes:
        """The voucher on the wire."""
        return voucher_of(self._plan.decision, self.marker, self._contact_id).to_wire()

    @cached_property
    def decision(self) -> dict[str, Any]:
        """Why it is written so, kept with the attempt."""
        version = {SETTINGS_VERSION: str(self._plan.context.settings.id)}
        return {**self._plan.decision.model_dump(mode="json"), **version}

    def for_contact(self, contact_id: str | None) -> "VoucherEffect":
        """The same effect for the customer's own contact; None is the collective one."""
        return self if contact_id is None else self._with(contact_id=contact_id)

    def adopting(self, voucher: Voucher) -> "VoucherEffect":
        """The same effect, met by a voucher that somebody else made: in what it differs is told."""
        return self._with(chosen=voucher)

    async def prepare(self) -> None:
        """Have credentials and a slot of the rate limit before anything is armed."""
        await self._plan.client.prepare_write(VOUCHERS)

    async def send(self, gate: Gate) -> str:
        """Create the voucher. Returns its id."""
        return await self._plan.client.vouchers.create(self.payload, gate)

    async def search(self) -> SearchResult:
        """Look for vouchers of that type and number, told apart by their markers.

        Another document's voucher of ours is none of our business, whichever connection it came through.
        """
        decision = self._plan.decision
        found = await self._plan.client.voucherlist.find(decision.voucher_type, decision.voucher_number)
        remarks = {row.id: (await self._plan.client.vouchers.get(row.id)).remark for row in found.rows}
        markers = {voucher_id: marker_in(remark) for voucher_id, remark in remarks.items()}
        of_others = {
            one: remarks[one] for one, marker in markers.items() if marker not in (None, self.marker)
        }
        return SearchResult(
            complete=found.complete,
            marked=tuple(one for one, marker in markers.items() if marker == self.marker),
            unmarked=tuple(one for one, marker in markers.items() if marker is None),
            elsewhere=tuple(await self._others.same(self.numbered, of_others)),
        )

    def _with(self, **over: Any) -> "VoucherEffect":
        values: dict[str, Any] = {"contact_id": self._contact_id, "chosen": self._chosen} | over
        values |= {"others": self._others, "despite": self.despite}
        return VoucherEffect(self._event, self._plan, **values)

    def on_bound(self, external_id: str, how: BoundHow) -> OnBound[Booking]:
        """Make what is written with the binding: the outcome and its announcement."""
        decision = self._plan.decision
        outcome = Outcome(
            DocumentStatus.BOOKED,
            rules=decision.rules,
            evidence=dict(decision.evidence),
            decision=decision.model_dump(mode="json"),
            settings_version_id=self._plan.context.settings.id,
            voucher_id=external_id,
            how=how,
        )
        booking = Booking.of(
            self._event,
            decision,
            outcome,
            organization_id=self._plan.organization_id,
            payer=self._plan.context.payer_of(self._event),
            differences=None if self._chosen is None else differences(decision, self._chosen),
        )
        return OnBound(record_bookings, booking)


def counts(voucher: Voucher) -> bool:
    """Whether the books count the voucher: not while nobody checked it, and no longer once it is voided."""
    return voucher.voucher_status is None or voucher.voucher_status in COUNTED


def is_void(voucher: Voucher) -> bool:
    """Whether the voucher was taken back."""
    return voucher.voucher_status == "voided"


def differences(decision: Decision, voucher: Voucher) -> dict[str, Any]:
    """In what a voucher is not what was decided, with both.

    The tax may differ by a cent per rate above zero, and the date within the month that VAT is declared for.
    """
    pairs = (
        ("number", decision.voucher_number, (voucher.voucher_number or "").strip()),
        ("month", _month(decision.voucher_on), _month(voucher.voucher_on)),
        ("status", "booked", "booked" if counts(voucher) else voucher.voucher_status),
    )
    found = {name: _both(decided, there) for name, decided, there in pairs if decided != there}
    rates = len({line.rate for line in decision.lines if line.rate})
    totals = (
        ("gross_total", decision.gross_total, voucher.total_gross_amount, 0),
        ("tax_total", decision.tax_total, voucher.total_tax_amount, rates),
    )
    return found | {
        name: _both(str(decided), None if there is None else f"{there:.2f} EUR")
        for name, decided, there, cents in totals
        if there is None or abs(there - decided.decimal) * 100 > cents
    }


def _month(day: date | None) -> str | None:
    return None if day is None else f"{day:%Y-%m}"


def _both(document: str | None, voucher: str | None) -> dict[str, str | None]:
    return {"document": document, "voucher": voucher}
