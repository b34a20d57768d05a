"""Documents that wait for a list of the books, and their way back into line once it can be read."""

from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, exists, func, or_, select

from common.db.dialect import db_now
from common.db.models.books import BooksReadingRow, OutcomeRow, VoucherIndexStateRow
from common.db.models.core import ConnectionRow
from common.domain.reasons import DocumentReason
from common.domain.stored_words import ConnectionKind, ConnectionState, DocumentStatus
from common.lexware.voucherlist import VoucherFilter
from invoice_writer.lists.readings import BooksList, BooksUnreadable
from invoice_writer.lists.slices import part_to_json
from invoice_writer.outcomes import Outcome
from invoice_writer.released import COLUMNS, PLACE, not_requeued

PORTION = 500
WHOLE, PART = "whole", "part"  # of the list, that is longer than it shows
# Written out, so that the partial index is used whatever the parameters are.
UNREADABLE: BindParameter[str] = bindparam(
    "reason", DocumentReason.BOOKS_UNREADABLE.value, literal_execute=True
)
WAITS = (OutcomeRow.reason == UNREADABLE, OutcomeRow.status == DocumentStatus.WAITING, not_requeued())
WAITS_FOR_PART = func.coalesce(OutcomeRow.params["unreadable"].as_string(), WHOLE) == PART


def waiting_for_books(stalled: BooksUnreadable, settings_version_id: UUID | None = None) -> Outcome:
    """The outcome while a list cannot be read, once that has lasted; before, the trouble is raised."""
    if not stalled.is_shown:
        raise stalled
    return Outcome(
        DocumentStatus.WAITING,
        reason=DocumentReason.BOOKS_UNREADABLE.value,
        params={"list": stalled.ref.list.value, "unreadable": WHOLE},
        settings_version_id=settings_version_id,
    )


def waiting_for_part(part: VoucherFilter) -> dict[str, Any]:
    """What is kept of a document in a part of the voucherlist that is longer than it shows."""
    return {"list": BooksList.VOUCHERS.value, "unreadable": PART, "part": part_to_json(part)}


def readable_again(shown_after_seconds: float) -> Select[Any]:
    """Waiting documents whose list is no longer shown as unreadable, or whose part of it changed."""
    too_long = exists().where(
        VoucherIndexStateRow.tenant_id == OutcomeRow.tenant_id,
        VoucherIndexStateRow.connection_id.in_(_in_use()),
        VoucherIndexStateRow.unread_changed_at <= OutcomeRow.changed_at,
    )
    stalled = _stalled(shown_after_seconds)
    ready = or_(and_(WAITS_FOR_PART, ~too_long), and_(~WAITS_FOR_PART, ~stalled))
    return select(*COLUMNS).where(*WAITS, ready).order_by(*PLACE).limit(PORTION)


def tries(shown_after_seconds: float) -> Select[Any]:
    """Of each merchant's documents that wait for a list the first one, when the list may be tried again."""
    resting = _stalled(shown_after_seconds, BooksReadingRow.retry_at > db_now())
    rank = func.row_number().over(
        partition_by=(OutcomeRow.tenant_id, OutcomeRow.params["list"].as_string()), order_by=PLACE
    )
    first = (
        select(*COLUMNS, rank.label("rank"))
        .where(*WAITS, ~WAITS_FOR_PART, _stalled(shown_after_seconds), ~resting)
        .subquery()
    )
    return select(first).where(first.c.rank == 1).limit(PORTION)


def _stalled(shown_after_seconds: float, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        BooksReadingRow.tenant_id == OutcomeRow.tenant_id,
        BooksReadingRow.failing_since <= db_now(-shown_after_seconds),
        BooksReadingRow.connection_id.in_(_in_use()),
        *conditions,
    )


def _in_use() -> Select[Any]:
    return (
        select(ConnectionRow.connection_id)
        .where(
            ConnectionRow.tenant_id == OutcomeRow.tenant_id,
            ConnectionRow.kind == ConnectionKind.BOOKS,
            ConnectionRow.state != ConnectionState.DISABLED,
        )
        .correlate(OutcomeRow)
    )
