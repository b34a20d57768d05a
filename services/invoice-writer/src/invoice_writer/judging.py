"""Makes a verdict with what is known beside the document: the buyer's VAT id, the e-invoice in its PDF."""

from typing import Any

from sqlalchemy import Row

from common.domain.decide import decide, vat_id_to_check
from common.domain.merchant import MerchantSettings
from common.domain.verdicts import Decision, Original, Park, Verdict
from common.events.documents import DocumentIssued
from invoice_writer.einvoices import EInvoices
from invoice_writer.profiles import Books
from invoice_writer.vat_checks import CHECK_PENDING, VatChecks


class Judge:
    """Brings the facts of a document and the rules together."""

    def __init__(self, checks: VatChecks, einvoices: EInvoices) -> None:
        self._checks, self._einvoices = checks, einvoices

    async def verdict(
        self,
        event: DocumentIssued,
        seen: Row[Any] | None,
        books: Books,
        settings: MerchantSettings,
        original: Original | None,
    ) -> Verdict:
        """The verdict with the check of the VAT id as far as it is known; nothing here waits for one."""
        document, order = event.document, event.order
        vat_id = vat_id_to_check(document, order, books.profile)
        check = await self._checks.find(event.tenant_id, vat_id) if vat_id else None
        verdict = decide(
            document, order, books.profile, books.categories, settings, original=original, vat_check=check
        )
        if vat_id and isinstance(verdict, Park) and verdict.reason == CHECK_PENDING:
            await self._checks.request(event.tenant_id, vat_id)
        if isinstance(verdict, Decision):
            return await self._einvoices.compared(event, seen, verdict)
        return verdict
