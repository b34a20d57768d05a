"""VAT ids are checked beside the line: decisions read what is known, a worker asks and releases documents."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, and_, select

from common.backoff import Backoff
from common.db.engine import Database
from common.db.models.books import OutcomeRow
from common.db.models.vat import VatCheckRow
from common.db.tenant_settings import newest_settings
from common.db.trouble import DATABASE_TROUBLE, describe
from common.domain.buyers import VatCheck
from common.errors import ConnectorError, TransientError
from common.pausing import wait
from common.settings import ViesSettings
from common.vat.base import VatAnswer, VatIdChecker
from invoice_writer.outcomes import PARKED, WAITING
from invoice_writer.released import COLUMNS, PLACE, mark, not_in_line
from invoice_writer.vat.late_answers import tell_of_late_answer
from invoice_writer.vat.records import VatCheckRepository, VatQuestion, claim_due, is_any_due

BATCH = 500

log = structlog.get_logger(__name__)

CHECK_PENDING = "vat_check_pending"
VAT_ID = "vat_id"  # the parameter of a parked document that names the id it waits for


class VatChecks:
    """What decisions need to know about VAT ids; never asks anybody itself."""

    def __init__(self, db: Database, settings: ViesSettings) -> None:
        self._db, self._settings = db, settings

    async def find(self, tenant_id: UUID, vat_id: str) -> VatCheck | None:
        """The check as far as it is known and still counts; None when nobody was asked yet."""
        async with self._db.reading.begin() as session:
            return await VatCheckRepository(session, tenant_id, self._settings).find(vat_id)

    async def request(self, tenant_id: UUID, vat_id: str) -> None:
        """Have the id asked about soon; one that is in line already stays where it is."""
        async with self._db.sessions.begin() as session:
            await VatCheckRepository(session, tenant_id, self._settings).request(vat_id)


class VatCheckWorker:
    """Asks about one VAT id after the other and puts the documents that waited for an answer back in line."""

    name = "vat-checks"

    def __init__(self, db: Database, checker: VatIdChecker, settings: ViesSettings, wake: Any) -> None:
        self._db, self._checker, self._settings, self._wake = db, checker, settings, wake

    async def run(self, stop: asyncio.Event) -> None:
        """Ask whenever something is due until told to stop."""
        while not stop.is_set():
            asked = 0
            try:
                asked = await self.look()
            except DATABASE_TROUBLE as error:
                log.warning("vat_checks.look_failed", error=describe(error))
            if asked < self._settings.concurrency:
                await wait(stop, self._settings.look_seconds)

    async def look(self) -> int:
        """Ask about what is due, release what was answered; how many ids were asked about."""
        questions = await self._claim()
        await asyncio.gather(*(self._ask(question) for question in questions))
        if await self._release():
            self._wake()
        return len(questions)

    async def _claim(self) -> list[VatQuestion]:
        async with self._db.reading.begin() as session:
            if not await is_any_due(session):
                return []
        async with self._db.sessions.begin() as session:
            return list(await claim_due(session, self._settings))

    async def _ask(self, question: VatQuestion) -> None:
        async with self._db.reading.begin() as session:
            asked_by = (await newest_settings(session, question.tenant_id)).values.own_vat_id
        try:
            answer = await self._checker.check(question.vat_id, asked_by=asked_by)
        except ConnectorError as trouble:
            await self._again(question, trouble)
        else:
            await self._settle(question, answer, asked_by)

    async def _settle(self, question: VatQuestion, answer: VatAnswer, asked_by: str | None) -> None:
        async with self._db.sessions.begin() as session:
            checks = VatCheckRepository(session, question.tenant_id, self._settings)
            is_ours = await checks.answered(question, answer, asked_by)
            if is_ours and answer.is_valid:
                await tell_of_late_answer(session, question.tenant_id, question.vat_id)
        log.info(
            "vat_check.answered",
            tenant_id=str(question.tenant_id),
            is_valid=answer.is_valid,
            source=answer.source,
            kept=is_ours,
        )

    async def _again(self, question: VatQuestion, trouble: ConnectorError) -> None:
        after = self._pause(question, trouble)
        async with self._db.sessions.begin() as session:
            checks = VatCheckRepository(session, question.tenant_id, self._settings)
            await checks.ask_again(question, after, trouble.code)
        level = log.info if isinstance(trouble, TransientError) else log.error
        level(
            "vat_check.no_answer",
            tenant_id=str(question.tenant_id),
            country=question.vat_id[:2],
            error=trouble.code,
            tries=question.tries + 1,
        )

    def _pause(self, question: VatQuestion, trouble: ConnectorError) -> timedelta:
        """When the other side says, else longer each time; what a person must repair seldom."""
        longest = timedelta(seconds=self._settings.longest_retry_seconds)
        if not isinstance(trouble, TransientError):
            return longest
        backoff = Backoff(self._settings.first_retry_seconds, self._settings.longest_retry_seconds)
        pause = timedelta(seconds=backoff.seconds(question.tries))
        return min(max(pause, trouble.retry_after or timedelta()), longest)

    async def _release(self) -> int:
        async with self._db.reading.begin() as session:
            waiting = (await session.execute(_answered())).all()
        if not waiting:
            return 0
        async with self._db.sessions.begin() as session:
            return await mark(session, waiting, are_all=len(waiting) < BATCH)


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
            OutcomeRow.status.in_((PARKED, WAITING)),
            OutcomeRow.reason == CHECK_PENDING,
            VatCheckRow.next_try_at.is_(None),
            not_in_line(),
        )
        .order_by(*PLACE)
        .limit(BATCH)
    )
