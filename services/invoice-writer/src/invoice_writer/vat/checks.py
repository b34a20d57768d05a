"""VAT ids are checked beside the line: decisions read what is known, a worker asks and releases documents."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.backoff import Backoff
from common.db.due_loop import DueLoop, Pace, Turn, TurnResult
from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.db.models.vat import VatCheckRow
from common.db.tenant_settings import newest_settings
from common.domain.buyers import VatCheck
from common.domain.stored_words import DocumentStatus
from common.errors import ConnectorError, TransientError
from common.settings import ViesSettings
from common.vat.base import VatAnswer, VatIdChecker
from invoice_writer.released import COLUMNS, PLACE, list_candidates, mark, not_requeued
from invoice_writer.vat.late_answers import tell_of_late_answer
from invoice_writer.vat.records import (
    QUESTIONS,
    VatCheckRepository,
    VatQuestion,
    answered,
    not_answered,
)

BATCH = 500

log = structlog.get_logger(__name__)

CHECK_PENDING = "vat_check_pending"
VAT_ID = "vat_id"  # the parameter of a parked document that names the id it waits for


class VatChecks:
    """What decisions need to know about VAT ids; never asks anybody itself."""

    def __init__(self, db: Database, settings: ViesSettings) -> None:
        self._db, self._settings = db, settings

    async def find(self, tenant_id: UUID, vat_id: str) -> VatCheck | None:
        """Find the check as far as it is known and still counts; None when nobody was asked yet."""
        async with self._db.reading.of(tenant_id) as session:
            return await VatCheckRepository(session, tenant_id, self._settings).find(vat_id)

    async def request(self, tenant_id: UUID, vat_id: str) -> None:
        """Have the id asked about soon; one that is in line already stays where it is."""
        async with self._db.sessions.of(tenant_id) as session:
            await VatCheckRepository(session, tenant_id, self._settings).request(vat_id)


class VatCheckWorker:
    """Asks about one VAT id after the other and puts the documents that waited for an answer back in line."""

    name = "vat-checks"

    def __init__(
        self, db: Database, checker: VatIdChecker, settings: ViesSettings, wake: Callable[[], None]
    ) -> None:
        self._db, self._checker, self._settings, self._wake = db, checker, settings, wake
        self._backoff = Backoff(settings.first_retry_seconds, settings.longest_retry_seconds)
        pace = Pace(settings.concurrency, settings.lease_seconds, settings.look_seconds, self._backoff)
        self._loop = DueLoop(db, self.name, QUESTIONS, self._ask, pace, each_look=self._release)

    async def run(self, stop: asyncio.Event) -> None:
        """Ask whenever something is due until told to stop."""
        await self._loop.run(stop)

    async def run_once(self) -> int:
        """Ask about what is due, release what was answered. Returns how many ids were asked about."""
        asked = await self._loop.run_once()
        await self._release()
        return asked

    async def _ask(self, turn: Turn[VatQuestion]) -> TurnResult:
        """Ask about one id. Returns the answer with its proof, or when to ask again."""
        question = turn.state
        async with self._db.reading.of(question.tenant_id) as session:
            asked_by = (await newest_settings(session, question.tenant_id)).values.own_vat_id
        try:
            answer = await self._checker.check(question.vat_id, asked_by=asked_by)
        except ConnectorError as trouble:
            _log_no_answer(question, trouble)
            return TurnResult(self._pause(question, trouble), not_answered(question, trouble))
        _log_answer(question, answer)
        follow = partial(self._keep, question, answer, asked_by)
        return TurnResult(None, answered(question, answer), follow)

    async def _keep(
        self, question: VatQuestion, answer: VatAnswer, asked_by: str | None, session: AsyncSession
    ) -> None:
        """Add the proof, and tell of documents that were booked before anybody knew."""
        checks = VatCheckRepository(session, question.tenant_id, self._settings)
        await checks.add_answer(question, answer, asked_by)
        if answer.is_valid:
            await tell_of_late_answer(session, question.tenant_id, question.vat_id)

    def _pause(self, question: VatQuestion, trouble: ConnectorError) -> float:
        """When the other side says, else longer each time; what a person must repair seldom."""
        longest = self._settings.longest_retry_seconds
        if not isinstance(trouble, TransientError):
            return longest
        asked_for = (trouble.retry_after or timedelta()).total_seconds()
        return min(max(self._backoff.seconds(question.tries), asked_for), longest)

    async def _release(self) -> None:
        """Put the documents that waited for an answer back in line."""
        async with self._db.reading.of_queues() as session:
            waiting = await list_candidates(session, _answered())
        if not waiting:
            return
        async with self._db.sessions.of_tenants(row.tenant_id for row in waiting) as session:
            marked = await mark(session, waiting, are_all=len(waiting) < BATCH)
        if marked:
            self._wake()


def _log_answer(question: VatQuestion, answer: VatAnswer) -> None:
    tenant_id = str(question.tenant_id)
    log.info("vat_check.answered", tenant_id=tenant_id, is_valid=answer.is_valid, source=answer.source)


def _log_no_answer(question: VatQuestion, trouble: ConnectorError) -> None:
    level = log.info if isinstance(trouble, TransientError) else log.error
    level(
        "vat_check.no_answer",
        tenant_id=str(question.tenant_id),
        country=question.vat_id[:2],
        error=trouble.code,
        tries=question.tries + 1,
    )


def _answered() -> Select[Any]:
    """Documents that wait or were parked for a check that nobody is going to ask about any more."""
    their_check = and_(
        VatCheckRow.tenant_id == OutcomeRow.tenant_id,
        VatCheckRow.vat_id == OutcomeRow.params[VAT_ID].as_string(),
    )
    return (
        select(*COLUMNS)
        .join(VatCheckRow, their_check)
        .where(
            OutcomeRow.status.in_((DocumentStatus.PARKED, DocumentStatus.WAITING)),
            OutcomeRow.reason == CHECK_PENDING,
            VatCheckRow.next_try_at.is_(None),
            not_requeued(),
        )
        .order_by(*PLACE)
        .limit(BATCH)
    )
