"""The rows behind VAT id checks: which ids are to be asked about, and what was answered."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_, update
from sqlalchemy import insert as plain_insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert, row_lock
from common.db.models.vat import VatAnswerRow, VatCheckRow
from common.domain.buyers import VatCheck
from common.settings import ViesSettings
from common.vat.base import VatAnswer

VALID, INVALID, UNAVAILABLE = "valid", "invalid", "unavailable"
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class VatQuestion:
    """A leased id to ask about; only the holder of `lease_token` may settle it."""

    tenant_id: UUID
    vat_id: str
    lease_token: UUID
    tries: int


def still_counts(settings: ViesSettings) -> ColumnElement[bool]:
    """Whether the row's answer is young enough to decide with."""
    return or_(
        _answered(VALID, settings.valid_for_hours),
        _answered(INVALID, settings.invalid_for_hours),
    )


def _answered(result: str, hours: float) -> ColumnElement[bool]:
    return and_(VatCheckRow.result == result, VatCheckRow.answered_at > db_now(-hours * HOUR))


class VatCheckRepository:
    """Checks of one tenant; every method works inside the caller's transaction."""

    def __init__(self, session: AsyncSession, tenant_id: UUID, settings: ViesSettings) -> None:
        self._session, self._tenant_id, self._settings = session, tenant_id, settings

    async def find(self, vat_id: str) -> VatCheck | None:
        """What is known about the id now; None when nobody was asked yet."""
        query = select(VatCheckRow, still_counts(self._settings).label("counts")).where(*self._is(vat_id))
        found = (await self._session.execute(query)).one_or_none()
        if found is None:
            return None
        row: VatCheckRow = found[0]
        if found.counts and row.result is not None and row.answered_at is not None:
            return _check(row, row.result, row.answered_at)
        return None if row.tried_at is None else _check(row, UNAVAILABLE, row.tried_at)

    async def request(self, vat_id: str) -> None:
        """The id is in line to be asked about, unless it is already or its answer still counts."""
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

    async def answered(self, question: VatQuestion, answer: VatAnswer, asked_by: str | None) -> bool:
        """Keep the answer and its proof; False when somebody else holds the question by now."""
        result = VALID if answer.is_valid else INVALID
        values = {"result": result, "source": answer.source, "request_id": answer.request_id}
        if not await self._settle(question, answered_at=db_now(), next_try_at=None, trouble=None, **values):
            return False
        await self._session.execute(
            plain_insert(VatAnswerRow).values(
                tenant_id=self._tenant_id,
                vat_id=question.vat_id,
                asked_by=asked_by,
                sha256=hashlib.sha256(answer.proof).hexdigest(),
                proof=answer.proof,
                created_at=db_now(),
                **values,
            )
        )
        return True

    async def ask_again(self, question: VatQuestion, after: timedelta, trouble: str) -> bool:
        """The id stays in line for a later try."""
        later = db_now(after.total_seconds())
        return await self._settle(question, next_try_at=later, trouble=trouble)

    async def _settle(self, question: VatQuestion, **values: Any) -> bool:
        statement = (
            update(VatCheckRow)
            .where(*self._is(question.vat_id), VatCheckRow.lease_token == question.lease_token)
            .values(lease_token=None, tries=VatCheckRow.tries + 1, tried_at=db_now(), **values)
            .returning(VatCheckRow.vat_id)
            .execution_options(synchronize_session=False)
        )
        return (await self._session.execute(statement)).one_or_none() is not None

    def _is(self, vat_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return VatCheckRow.tenant_id == self._tenant_id, VatCheckRow.vat_id == vat_id


async def is_any_due(session: AsyncSession) -> bool:
    """Whether there is an id to ask about."""
    due = select(VatCheckRow.vat_id).where(VatCheckRow.next_try_at <= db_now()).limit(1)
    return (await session.execute(due)).first() is not None


async def claim_due(session: AsyncSession, settings: ViesSettings) -> Sequence[VatQuestion]:
    """Lease some ids that are due, tenants in turn; other replicas get others until the lease ends."""
    token = uuid4()
    keys = [tuple(row) for row in (await session.execute(_next_due(session, settings.concurrency))).all()]
    if not keys:
        return ()
    statement = (
        update(VatCheckRow)
        .where(tuple_(VatCheckRow.tenant_id, VatCheckRow.vat_id).in_(keys))
        .values(lease_token=token, next_try_at=db_now(settings.lease_seconds))
        .returning(VatCheckRow.tenant_id, VatCheckRow.vat_id, VatCheckRow.tries)
        .execution_options(synchronize_session=False)
    )
    rows = (await session.execute(statement)).all()
    return [VatQuestion(row.tenant_id, row.vat_id, token, row.tries) for row in rows]


def _next_due(session: AsyncSession, count: int) -> Select[tuple[UUID, str]]:
    """The first of each tenant before the second of any: the many ids of one never hold up another's."""
    is_due = VatCheckRow.next_try_at <= db_now()
    place = func.row_number().over(partition_by=VatCheckRow.tenant_id, order_by=VatCheckRow.next_try_at)
    ranked = select(VatCheckRow.tenant_id, VatCheckRow.vat_id, place.label("place")).where(is_due).subquery()
    same = and_(VatCheckRow.tenant_id == ranked.c.tenant_id, VatCheckRow.vat_id == ranked.c.vat_id)
    return (
        select(VatCheckRow.tenant_id, VatCheckRow.vat_id)
        .join(ranked, same)
        .where(is_due)  # again, for a row that another replica leased meanwhile
        .order_by(ranked.c.place, VatCheckRow.next_try_at)
        .limit(count)
        .with_for_update(of=VatCheckRow, **row_lock(session))
    )


def _check(row: VatCheckRow, result: str, at: datetime) -> VatCheck:
    known = result != UNAVAILABLE
    return VatCheck.model_validate(
        {
            "vat_id": row.vat_id,
            "result": result,
            "checked_at": at,
            "source": (row.source if known else None) or "vies",
            "request_id": row.request_id if known else None,
        }
    )
