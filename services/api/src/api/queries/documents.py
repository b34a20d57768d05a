"""Ingest's documents left-joined with their outcomes, so that none is invisible."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import Scope
from api.problems import (
    NotFound,
)
from api.queries.paging import Pager
from api.schemas.documents import DocumentFilter, Status
from api.stored_documents import Content, DocumentHistory, ListedDocument, StoredDocument
from common.db.keys import voucher_key_in
from common.db.models.books import OutcomeRow, ReleasedDocumentRow, TimelineRow
from common.db.models.core import ConnectionRow, SettingsVersionRow
from common.db.models.effects import AttemptRow
from common.db.models.ingest import DocumentRow, DocumentVersionRow, OrderRow
from common.domain.reasons import DocumentReason
from common.domain.stored_words import ConnectionKind, DocumentStatus, FileState, PdfState

UNDECIDED = OutcomeRow.document_id.is_(None)
UNDELIVERED = and_(UNDECIDED, DocumentRow.undelivered_at.is_not(None))
STATUS = type_coerce(
    case(
        (UNDELIVERED, DocumentStatus.PARKED.value),
        else_=func.coalesce(OutcomeRow.status, DocumentStatus.WAITING.value),
    ),
    OutcomeRow.status.type,
)
REASON = case(
    (UNDELIVERED, DocumentReason.INTERNAL_ERROR.value),
    (UNDECIDED, DocumentReason.IN_LINE.value),
    else_=OutcomeRow.reason,
)
AT_VOUCHER = func.coalesce(OutcomeRow.file_status, FileState.PENDING.value)
FILE_STATUS = type_coerce(
    case(
        (
            and_(AT_VOUCHER == FileState.PENDING, DocumentRow.file_state == PdfState.MISSING),
            FileState.MISSING.value,
        ),
        else_=AT_VOUCHER,
    ),
    OutcomeRow.file_status.type,
)
WITH_OUTCOME = and_(
    OutcomeRow.document_id == DocumentRow.document_id, OutcomeRow.tenant_id == DocumentRow.tenant_id
)
RELEASED_AT = (
    select(func.max(ReleasedDocumentRow.released_at))
    .where(
        ReleasedDocumentRow.document_id == DocumentRow.document_id,
        ReleasedDocumentRow.tenant_id == DocumentRow.tenant_id,
    )
    .scalar_subquery()
)
LISTED = (
    DocumentRow.tenant_id,
    DocumentRow.connection_id,
    DocumentRow.order_id,
    DocumentRow.type,
    DocumentRow.number,
    DocumentRow.document_id,
    DocumentRow.order_number,
    DocumentRow.issued_on,
    DocumentRow.gross_minor,
    DocumentRow.currency,
    DocumentRow.seen_at,
    STATUS.label("status"),
    REASON.label("reason"),
    FILE_STATUS.label("file_status"),
    OutcomeRow.voucher_id,
    OutcomeRow.how,
    OutcomeRow.waits_until,
    RELEASED_AT.label("released_at"),
    OutcomeRow.changed_at,
)
DETAILED = (
    DocumentRow.content_hash,
    DocumentRow.conflicted,
    DocumentRow.file_state,
    DocumentRow.pdf_sha256,
    DocumentRow.pdf_size,
    OutcomeRow.params,
    OutcomeRow.rules,
    OutcomeRow.evidence,
    OutcomeRow.decision,
    OutcomeRow.settings_version_id,
    OutcomeRow.file_note,
    OutcomeRow.revision,
)


IN_LINE = and_(UNDECIDED, DocumentRow.undelivered_at.is_(None))
STATUSES_WITHOUT = {Status.WAITING.value: IN_LINE, Status.PARKED.value: UNDELIVERED}
REASONS_WITHOUT = {DocumentReason.IN_LINE.value: IN_LINE, DocumentReason.INTERNAL_ERROR.value: UNDELIVERED}


class DocumentQueries:
    """Documents of the tenants in scope."""

    def __init__(self, session: AsyncSession, scope: Scope) -> None:
        self._session, self._scope = session, scope

    async def page(self, wanted: DocumentFilter, pager: Pager) -> tuple[Sequence[ListedDocument], str | None]:
        """Read one page, newest document date first, and the next page's cursor; in one statement."""
        query = self._listed(*LISTED).where(*_conditions(wanted))
        context = [
            self._scope.tenant_id,
            wanted.model_dump(mode="json", include=set(DocumentFilter.model_fields)),
        ]
        by = (DocumentRow.issued_on, DocumentRow.number, DocumentRow.document_id)
        rows, cursor = await pager.newest_first(self._session, query, by, context)
        return [ListedDocument(**row._asdict()) for row in rows], cursor

    async def get(self, document_id: UUID) -> StoredDocument:
        """Read one document with everything about its outcome; raises `NotFound`."""
        query = self._listed(*LISTED, *DETAILED).where(DocumentRow.document_id == document_id)
        row = (await self._session.execute(query)).one_or_none()
        if row is None:
            raise NotFound
        return StoredDocument(**row._asdict())

    async def history(self, document: StoredDocument) -> DocumentHistory:
        """Read what happened to the document, what was tried for it, and what it was decided with."""
        return DocumentHistory(
            timeline=await self._timeline(document),
            attempts=await self._attempts(document),
            contents=await self._contents(document),
            order_snapshot=await self._order_snapshot(document),
            settings_number=await self._settings_number(document),
        )

    async def _timeline(self, document: StoredDocument) -> Sequence[TimelineRow]:
        """Read what happened to the document, oldest first."""
        query = (
            select(TimelineRow)
            .where(
                TimelineRow.document_id == document.document_id, *self._scope.limits(TimelineRow.tenant_id)
            )
            .order_by(TimelineRow.entry_id)
            .limit(1000)
        )
        return (await self._session.scalars(query)).all()

    async def _attempts(self, document: StoredDocument) -> Sequence[AttemptRow]:
        """Read the tries of writing the document's voucher, into whichever organization."""
        key = voucher_key_in(ConnectionRow.address, document.connection_id, document.type, document.number)
        query = (
            select(AttemptRow)
            .join(
                ConnectionRow,
                and_(ConnectionRow.tenant_id == AttemptRow.tenant_id, AttemptRow.effect_key == key),
            )
            .where(AttemptRow.tenant_id == document.tenant_id, ConnectionRow.kind == ConnectionKind.BOOKS)
            .order_by(AttemptRow.armed_at, AttemptRow.number)
        )
        return (await self._session.scalars(query)).all()

    async def _contents(self, document: StoredDocument) -> Sequence[Content]:
        """Read hash and moment of each content the shop sent under the number."""
        query = (
            select(DocumentVersionRow.content_hash, DocumentVersionRow.created_at)
            .where(
                DocumentVersionRow.document_id == document.document_id,
                DocumentVersionRow.tenant_id == document.tenant_id,
            )
            .order_by(DocumentVersionRow.version_id)
        )
        return [Content(**row._asdict()) for row in await self._session.execute(query)]

    async def _order_snapshot(self, document: StoredDocument) -> dict[str, Any] | None:
        """Find the newest reading of the document's order."""
        return await self._session.scalar(
            select(OrderRow.snapshot).where(
                OrderRow.connection_id == document.connection_id,
                OrderRow.order_id == document.order_id,
                OrderRow.tenant_id == document.tenant_id,
            )
        )

    async def _settings_number(self, document: StoredDocument) -> int | None:
        """Find the number of the settings version the document was decided with."""
        if document.settings_version_id is None:
            return None
        number: int | None = await self._session.scalar(
            select(SettingsVersionRow.number).where(
                SettingsVersionRow.settings_version_id == document.settings_version_id,
                SettingsVersionRow.tenant_id == document.tenant_id,
            )
        )
        return number

    def _listed(self, *columns: Any) -> Select[Any]:
        return (
            select(*columns)
            .select_from(DocumentRow)
            .outerjoin(OutcomeRow, WITH_OUTCOME)
            .where(*self._scope.limits(DocumentRow.tenant_id))
        )


def _without_outcome(
    wanted: str, column: Any, without: Mapping[str, ColumnElement[bool]]
) -> ColumnElement[bool]:
    """The column has this value, or the document has no outcome and would show it."""
    shown: ColumnElement[bool] = column == wanted
    return or_(shown, without[wanted]) if wanted in without else shown


def _conditions(wanted: DocumentFilter) -> list[ColumnElement[bool]]:
    exact = {
        DocumentRow.tenant_id: wanted.tenant_id,
        DocumentRow.connection_id: wanted.connection_id,
        DocumentRow.type: wanted.type.value if wanted.type else None,
        DocumentRow.number: wanted.number,
        DocumentRow.order_number: wanted.order_number,
        OutcomeRow.voucher_id: wanted.voucher_id,
    }
    conditions = [column == value for column, value in exact.items() if value is not None]
    if wanted.status is not None:
        conditions.append(_without_outcome(wanted.status, OutcomeRow.status, STATUSES_WITHOUT))
    if wanted.reason is not None:
        conditions.append(_without_outcome(wanted.reason, OutcomeRow.reason, REASONS_WITHOUT))
    if wanted.file_status is not None:
        conditions.append(FILE_STATUS == wanted.file_status.value)
    if wanted.issued_from is not None:
        conditions.append(DocumentRow.issued_on >= wanted.issued_from)
    if wanted.issued_to is not None:
        conditions.append(DocumentRow.issued_on <= wanted.issued_to)
    return conditions
