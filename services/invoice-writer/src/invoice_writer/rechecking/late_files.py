"""Files of booked vouchers that do not arrive in the books, although they are there and the books in use."""

from typing import Any

from sqlalchemy import Select, exists, select

from common.db.dialect import db_now
from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.db.models.core import ConnectionRow
from common.domain.alarms import AlarmKind
from common.domain.stored_words import ConnectionKind, ConnectionState, DocumentStatus, FileState
from invoice_writer.rechecking.merchants import MerchantWatch

DAY_SECONDS = 86_400.0


class LateFiles(MerchantWatch):
    """Files that are on their way for a day; where the books are out of use, that is what a person sees."""

    def __init__(self, db: Database, after_seconds: float = DAY_SECONDS) -> None:
        super().__init__(db, AlarmKind.FILES_DELAYED, "files", lambda: _late(after_seconds))


def _late(after_seconds: float) -> Select[Any]:
    in_use = exists().where(
        ConnectionRow.tenant_id == OutcomeRow.tenant_id,
        ConnectionRow.kind == ConnectionKind.BOOKS,
        ConnectionRow.state == ConnectionState.ACTIVE,
    )
    since = OutcomeRow.changed_at.label("since")
    return select(OutcomeRow.tenant_id, OutcomeRow.type, OutcomeRow.number, since).where(
        OutcomeRow.status == DocumentStatus.BOOKED,
        OutcomeRow.file_status == FileState.PENDING,
        OutcomeRow.pdf_sha256.is_not(None),
        OutcomeRow.changed_at <= db_now(-after_seconds),
        in_use,
    )
