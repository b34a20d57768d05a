"""Makes a verdict with what is known beside the document: the buyer's VAT id, the e-invoice in its PDF."""

from datetime import timedelta

from common.domain.buyers import VatCheck, vat_id_to_check
from common.domain.deciding import decide
from common.domain.merchant import MerchantSettings
from common.domain.taxcases import SHOWN_UNCHECKED
from common.domain.verdicts import Decision, Original, Park, Verdict
from common.events.documents import DocumentIssued
from invoice_writer.deciding.profiles import Books
from invoice_writer.files import EInvoices
from invoice_writer.outcomes import DocumentState
from invoice_writer.vat import CHECK_PENDING, VatChecks


class Judge:
    """Brings the facts of a document and the rules together."""

    def __init__(self, checks: VatChecks, einvoices: EInvoices) -> None:
        self._checks, self._einvoices = checks, einvoices

    async def verdict(
        self,
        event: DocumentIssued,
        state: DocumentState | None,
        books: Books,
        settings: MerchantSettings,
        original: Original | None,
    ) -> Verdict:
        """The verdict with the check of the VAT id as far as it is known; nothing here waits for one."""
        document, order = event.document, event.order
        vat_id = vat_id_to_check(document, order, books.profile)
        check = await self._checks.find(event.tenant_id, vat_id) if vat_id else None
        overdue = age_of(state) >= timedelta(hours=settings.vat_check_wait_hours)
        if vat_id and overdue and check is None:
            now = event.occurred_at if state is None else state.read_at
            check = VatCheck(vat_id=vat_id, result="unavailable", checked_at=now)
        verdict = decide(
            document,
            order,
            books.profile,
            books.categories,
            settings,
            original=original,
            vat_check=check,
            check_overdue=overdue,
        )
        if vat_id and _wants_answer(verdict):
            await self._checks.request(event.tenant_id, vat_id)
        if isinstance(verdict, Decision):
            return await self._einvoices.compared(event, state, verdict)
        return verdict


def age_of(state: DocumentState | None) -> timedelta:
    """How long ago the document was first seen, by the database's clock when its row was read."""
    return timedelta() if state is None else state.age


def _wants_answer(verdict: Verdict) -> bool:
    """Whether the authority's answer still matters: for what waits, and for what was booked without one."""
    if isinstance(verdict, Park):
        return verdict.reason == CHECK_PENDING
    return SHOWN_UNCHECKED in verdict.rules
