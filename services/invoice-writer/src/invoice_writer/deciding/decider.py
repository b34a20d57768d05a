"""From an issued document to what shall become of it: a decision to write, or an outcome to record."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from common.db.engine import Database
from common.domain.buyers import VatCheck, vat_id_to_check
from common.domain.deciding import decide
from common.domain.documents import DocumentType
from common.domain.merchant import MerchantSettings
from common.domain.reasons import CURED_BY_PROFILE, REASONS, DocumentReason
from common.domain.stored_words import ConnectionState, DocumentStatus, VatResult
from common.domain.taxcases import SHOWN_UNCHECKED
from common.domain.verdicts import CorrectionContext, Decision, Exclude, Park, Verdict
from common.effects.runner import EffectRunner
from common.errors import RefusedError
from common.events.documents import DocumentIssued
from common.lexware.client import LexwareClient
from common.lexware.connect import LexwareClients
from invoice_writer.context import BooksConnection, TenantContext, TenantContexts
from invoice_writer.deciding.corrected_invoices import correction_context
from invoice_writer.deciding.open_writes import SETTINGS_VERSION, open_decision
from invoice_writer.deciding.plan import VoucherPlan
from invoice_writer.deciding.profiles import Books, BooksProfiles
from invoice_writer.files import EInvoices
from invoice_writer.keys import effect_key
from invoice_writer.lists import BooksUnreadable, waiting_for_books
from invoice_writer.outcomes import DocumentState, Outcome
from invoice_writer.refusals import connection_reason
from invoice_writer.vat import CHECK_PENDING, VatChecks

log = structlog.get_logger(__name__)

STATE_REASONS = {
    ConnectionState.HALTED: DocumentReason.CONNECTION_HALTED,
    ConnectionState.RECONNECT_NEEDED: DocumentReason.RECONNECT_NEEDED,
}
READ_FROM_PROFILE = frozenset({*CURED_BY_PROFILE, DocumentReason.ORGANIZATION_CHANGED.value})

ReadBooks = Callable[[UUID, BooksConnection, LexwareClient], Awaitable[Books]]


class Decider:
    """Collects what a decision needs and makes it; asks the books only when its own reading is old."""

    def __init__(
        self,
        db: Database,
        contexts: TenantContexts,
        clients: LexwareClients,
        profiles: BooksProfiles,
        runner: EffectRunner,
        checks: VatChecks,
        einvoices: EInvoices,
    ) -> None:
        self._db, self._contexts, self._clients, self._profiles = db, contexts, clients, profiles
        self._runner, self._checks, self._einvoices = runner, checks, einvoices

    async def decide(self, event: DocumentIssued, state: DocumentState | None) -> VoucherPlan | Outcome:
        """Decide about a document. Returns the plan, or the outcome when there is nothing to write.

        Transient troubles are raised.
        """
        context = await self._contexts.get(event.tenant_id)
        return await self._with_books(event, state, context, self._profiles.get)

    async def decide_again(self, event: DocumentIssued, state: DocumentState) -> VoucherPlan | Outcome:
        """Decide with the newest settings, and with a new reading of the profile if that held it up."""
        context = await self._contexts.reread(event.tenant_id)
        is_of_profile = state.reason in READ_FROM_PROFILE
        read = self._profiles.reread if is_of_profile else self._profiles.get
        return await self._with_books(event, state, context, read)

    async def _with_books(
        self, event: DocumentIssued, state: DocumentState | None, context: TenantContext, read: ReadBooks
    ) -> VoucherPlan | Outcome:
        if context.books is None:
            return _parked(DocumentReason.BOOKS_NOT_CONNECTED, context)
        if context.books.state in STATE_REASONS:
            return _parked(STATE_REASONS[context.books.state], context)
        try:
            client = await self._clients.for_connection(event.tenant_id, context.books.connection_id)
            books = await read(event.tenant_id, context.books, client)
        except BooksUnreadable as stalled:
            return waiting_for_books(stalled, context.settings.id)
        except RefusedError as refusal:
            reason = connection_reason(refusal) or DocumentReason.PROFILE_UNAVAILABLE
            return _parked(reason, context, code=refusal.code)
        if books.profile.organization_id != context.books.organization_id:
            return _parked(DocumentReason.ORGANIZATION_CHANGED, context)
        return await self._decide(event, state, context, client, books)

    async def open_write(self, event: DocumentIssued) -> VoucherPlan | None:
        """Find the voucher that a write without an answer may have made, as it was decided then.

        None when there is no such write, or while the books cannot be asked about it.
        """
        context = await self._contexts.get(event.tenant_id)
        if context.books is None or context.books.state in STATE_REASONS:
            return None
        key = effect_key(context.books.organization_id, event)
        if not await self._runner.is_known(key):
            return None
        async with self._db.reading.of(event.tenant_id) as session:
            armed = await open_decision(session, event.tenant_id, key)
        if armed is None:
            return None
        try:
            client = await self._clients.for_connection(event.tenant_id, context.books.connection_id)
        except RefusedError:
            return None
        version = armed.get(SETTINGS_VERSION) or str(context.settings.id)
        settings = context.settings.model_copy(update={"id": UUID(str(version))})
        then = replace(context, settings=settings)
        return VoucherPlan(Decision.model_validate(armed), then, client, context.books.organization_id)

    async def read_profile(self, tenant_id: UUID) -> None:
        """Look whether the seller's profile changed; then what it held up is back in line."""
        context = await self._contexts.reread(tenant_id)
        if context.books is None or context.books.state in STATE_REASONS:
            return
        try:
            client = await self._clients.for_connection(tenant_id, context.books.connection_id)
            await self._profiles.reread(tenant_id, context.books, client)
        except BooksUnreadable as stalled:
            log.info("profile.unreadable", tenant_id=str(tenant_id), list=stalled.ref.list.value)
        except RefusedError as refusal:
            log.warning("profile.refused", tenant_id=str(tenant_id), error=refusal.code)

    async def _decide(
        self,
        event: DocumentIssued,
        state: DocumentState | None,
        context: TenantContext,
        client: LexwareClient,
        books: Books,
    ) -> VoucherPlan | Outcome:
        original = await self._original(event)
        settings = context.settings.values
        verdict = await self._verdict(event, state, books, settings, original)
        match verdict:
            case Decision():
                return VoucherPlan(verdict, context, client, books.profile.organization_id)
            case Park():
                return _outcome_of_park(verdict, context, _age_of(state))
            case Exclude():
                return Outcome(
                    DocumentStatus.EXCLUDED,
                    reason=verdict.rule,
                    rules=verdict.rules,
                    evidence=verdict.evidence,
                    settings_version_id=context.settings.id,
                )

    async def _verdict(
        self,
        event: DocumentIssued,
        state: DocumentState | None,
        books: Books,
        settings: MerchantSettings,
        original: CorrectionContext | None,
    ) -> Verdict:
        """Make the verdict with the check of the VAT id as far as it is known; nothing here waits for one."""
        document, order = event.document, event.order
        vat_id = vat_id_to_check(document, order, books.profile)
        check = await self._checks.find(event.tenant_id, vat_id) if vat_id else None
        overdue = _age_of(state) >= timedelta(hours=settings.vat_check_wait_hours)
        if vat_id and overdue and check is None:
            now = event.occurred_at if state is None else state.read_at
            check = VatCheck(vat_id=vat_id, result=VatResult.UNAVAILABLE, checked_at=now)
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

    async def _original(self, event: DocumentIssued) -> CorrectionContext | None:
        if event.document_type is not DocumentType.CREDIT_NOTE:
            return None
        async with self._db.reading.of(event.tenant_id) as session:
            return await correction_context(session, event)


def _parked(reason: DocumentReason, context: TenantContext, **params: Any) -> Outcome:
    return Outcome(
        DocumentStatus.PARKED, reason=reason.value, params=params, settings_version_id=context.settings.id
    )


def _outcome_of_park(park: Park, context: TenantContext, age: timedelta) -> Outcome:
    """A park whose cause usually goes away by itself counts as waiting while the document is young."""
    waits = REASONS[park.reason].waits if park.waits is None else park.waits
    is_waiting = waits is not None and age < waits
    return Outcome(
        DocumentStatus.WAITING if is_waiting else DocumentStatus.PARKED,
        reason=park.reason.value,
        params=dict(park.params),
        rules=park.rules,
        evidence=park.evidence,
        settings_version_id=context.settings.id,
        waits_for=waits - age if waits is not None and is_waiting else None,
    )


def _age_of(state: DocumentState | None) -> timedelta:
    """How long ago the document was first seen, by the database's clock when its row was read."""
    return timedelta() if state is None else state.age


def _wants_answer(verdict: Verdict) -> bool:
    """Whether the authority's answer still matters: for what waits, and for what was booked without one."""
    if isinstance(verdict, Park):
        return verdict.reason == CHECK_PENDING
    return SHOWN_UNCHECKED in verdict.rules
