"""Makes a verdict with what is known beside the document: the buyer's VAT id, the e-invoice in its PDF."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Row

from common.domain.decide import decide, vat_id_to_check
from common.domain.documents import Document, OrderSnapshot
from common.domain.merchant import MerchantSettings
from common.domain.profile import PostingCategory, SellerProfile
from common.domain.vat_checks import VatCheck
from common.domain.verdicts import Decision, Original, Park, Verdict
from common.events.documents import DocumentIssued
from invoice_writer.einvoices import EInvoices
from invoice_writer.profiles import Books
from invoice_writer.vat_checks import CHECK_PENDING, VAT_ID, VatChecks


class Decide(Protocol):
    """The pure decision about one document."""

    def __call__(
        self,
        document: Document,
        order: OrderSnapshot,
        profile: SellerProfile,
        categories: Mapping[str, PostingCategory],
        settings: MerchantSettings,
        *,
        original: Original | None = None,
        vat_check: VatCheck | None = None,
    ) -> Verdict:
        """The verdict; the same input always gives the same one."""


class VatIdToCheck(Protocol):
    """Which VAT id the tax treatment of a document depends on."""

    def __call__(self, document: Document, order: OrderSnapshot, profile: SellerProfile) -> str | None:
        """The id, or None where none matters."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The pure functions that verdicts are made with."""

    decide: Decide = decide
    vat_id_to_check: VatIdToCheck = vat_id_to_check


RULES = Rules()


class Judge:
    """Brings the facts of a document and the rules together."""

    def __init__(self, checks: VatChecks, einvoices: EInvoices, rules: Rules = RULES) -> None:
        self._checks, self._einvoices, self._rules = checks, einvoices, rules

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
        vat_id = self._rules.vat_id_to_check(document, order, books.profile)
        check = await self._checks.find(event.tenant_id, vat_id) if vat_id else None
        verdict = self._rules.decide(
            document, order, books.profile, books.categories, settings, original=original, vat_check=check
        )
        if vat_id and isinstance(verdict, Park) and verdict.reason == CHECK_PENDING:
            await self._checks.request(event.tenant_id, vat_id)
            return verdict.model_copy(update={"params": {**verdict.params, VAT_ID: vat_id}})
        if isinstance(verdict, Decision):
            return await self._einvoices.compared(event, seen, verdict)
        return verdict
