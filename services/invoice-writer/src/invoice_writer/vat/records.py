"""The rows behind VAT id checks: which ids are to be asked about, and what was answered."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy import insert as plain_insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.due import DueRows
from common.db.models.base import table
from common.db.models.vat import VatAnswerRow, VatCheckRow
from common.domain.buyers import VatCheck
from common.domain.stored_words import VatResult
from common.errors import ConnectorError
from common.settings import ViesSettings
from common.vat.base import VatAnswer

HOUR = 3600.0


CHECKS = table(VatCheckRow)


@dataclass(frozen=True, slots=True)
class VatQuestion:
    """An id to ask about, and how often that was tried since it was requested."""

    tenant_id: UUID
    vat_id: str
    tries: int


def _question(row: Row[Any]) -> VatQuestion:
    return VatQuestion(row.tenant_id, row.vat_id, row.tries)


# While somebody asks, the moment of the next try is the end of his lease.
QUESTIONS = DueRows(
    table=CHECKS,
    key=(CHECKS.c.tenant_id, CHECKS.c.vat_id),
    read=_question,
    lease_token=CHECKS.c.lease_token,
    lease_until=CHECKS.c.next_try_at,
    due_at=CHECKS.c.next_try_at,
    failures=CHECKS.c.tries,
    fair_by=CHECKS.c.tenant_id,
)


def still_counts(settings: ViesSettings) -> ColumnElement[bool]:
    """Whether the row's answer is young enough to decide with."""
    return or_(
        _answered(VatResult.VALID, settings.valid_for_hours),
        _answered(VatResult.INVALID, settings.invalid_for_hours),
    )


def _answered(result: VatResult, hours: float) -> ColumnElement[bool]:
    return and_(VatCheckRow.result == result, VatCheckRow.answered_at > db_now(-hours * HOUR))


class VatCheckRepository:
    """Checks of one tenant; every method works inside the caller's transaction."""

    def __init__(self, session: AsyncSession, tenant_id: UUID, settings: ViesSettings) -> None:
        self._session, self._tenant_id, self._settings = session, tenant_id, settings

    async def find(self, vat_id: str) -> VatCheck | None:
        """Find what is known about the id now; None when nobody was asked yet."""
        query = select(VatCheckRow, still_counts(self._settings).label("counts")).where(*self._is(vat_id))
        found = (await self._session.execute(query)).one_or_none()
        if found is None:
            return None
        row: VatCheckRow = found[0]
        if found.counts and row.result is not None and row.answered_at is not None:
            return _check(row, row.result, row.answered_at)
        return None if row.tried_at is None else _check(row, VatResult.UNAVAILABLE, row.tried_at)

    async def request(self, vat_id: str) -> None:
        """Put the id in line to be asked about, unless it is already or its answer still counts."""
        row = insert(self._session, VatCheckRow).values(
            tenant_id=self._tenant_id,
            vat_id=vat_id,
            requested_at=db_now(),
            next_try_at=db_now(),
            tries=0,
        )
        again = {name: row.excluded[name] for name in ("requested_at", "next_try_at", "tries")}
        stale = and_(VatCheckRow.next_try_at.is_(None), still_counts(self._settings).is_not(True))
        await self._session.execute(
            row.on_conflict_do_update(index_elements=["tenant_id", "vat_id"], set_=again, where=stale)
        )

    async def add_answer(self, question: VatQuestion, answer: VatAnswer, asked_by: str | None) -> None:
        """Add the answer with its proof to those ever given."""
        await self._session.execute(
            plain_insert(VatAnswerRow).values(
                tenant_id=self._tenant_id,
                vat_id=question.vat_id,
                asked_by=asked_by,
                sha256=hashlib.sha256(answer.proof).hexdigest(),
                proof=answer.proof,
                created_at=db_now(),
                **_said(answer),
            )
        )

    def _is(self, vat_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return VatCheckRow.tenant_id == self._tenant_id, VatCheckRow.vat_id == vat_id


def answered(question: VatQuestion, answer: VatAnswer) -> dict[str, Any]:
    """What the row says after an answer."""
    return {**_tried(question), **_said(answer), "answered_at": db_now(), "trouble": None}


def not_answered(question: VatQuestion, trouble: ConnectorError) -> dict[str, Any]:
    """What the row says after a try without an answer."""
    return {**_tried(question), "trouble": trouble.code}


def _tried(question: VatQuestion) -> dict[str, Any]:
    return {"tries": question.tries + 1, "tried_at": db_now()}


def _said(answer: VatAnswer) -> dict[str, Any]:
    result = VatResult.VALID if answer.is_valid else VatResult.INVALID
    return {"result": result, "source": answer.source, "request_id": answer.request_id}


def _check(row: VatCheckRow, result: VatResult, at: datetime) -> VatCheck:
    known = result != VatResult.UNAVAILABLE
    return VatCheck.model_validate(
        {
            "vat_id": row.vat_id,
            "result": result,
            "checked_at": at,
            "source": (row.source if known else None) or "vies",
            "request_id": row.request_id if known else None,
        }
    )
