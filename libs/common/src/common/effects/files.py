"""Attaches the file of a bound voucher: looks first after any doubt; a repeat is cosmetic."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

from common.backoff import Backoff
from common.db.engine import Database
from common.effects.attempts import (
    ABSENT,
    OPEN,
    REFUSED,
    ArmRequest,
    Attempt,
    AttemptStore,
    EffectState,
    answer_of,
)
from common.effects.effect import NOTHING, Bound, CrashPoints, NoCrashPoints, OnBound, Pending
from common.effects.sql_attempts import SqlAttempts
from common.errors import ConnectorError, RefusedError, TransientError, UnknownOutcomeError
from common.http.errors import NotFound, RequestNotExecuted
from common.lexware.client import LexwareClient
from common.lexware.errors import FileRejected
from common.lexware.files import MAX_FILE_BYTES, files_of

PDF_START = b"%PDF"
VOUCHER_LOCKED = "voucher_locked"
LOCK_SOURCES = ("voucherStatus", "voucherDate")  # a file is refused for these where the voucher is closed
LONGEST_PAUSE_SECONDS = 300.0
TRY_AGAIN = Backoff(1.0, LONGEST_PAUSE_SECONDS)
LOOK_AGAIN = timedelta(seconds=10)
AT_ONCE = 3  # uploads that left no file are repeated at once so often, then later and later
MOST_UPLOADS = 20  # that left no file, over half a day; then a person has to ask for another
LONGEST_REST = timedelta(hours=1)
PART_OF_AGE = 8  # a look that says nothing is repeated after this part of the time that it lasts already
USED_UP = "attempts_used_up"
UNTIL_A_PERSON_ACTS = timedelta(minutes=5)

Attached: TypeAlias = Callable[[str], OnBound[Any]]


@dataclass(frozen=True, slots=True)
class VoucherFile:
    """A file that belongs to a bound voucher; `voucher_key` is the effect key of the voucher."""

    tenant_id: UUID
    voucher_key: str
    voucher_id: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class FileAttached:
    """The voucher has its file."""

    file_id: str


@dataclass(frozen=True, slots=True)
class FileRefused:
    """The file will never be taken as it is; `note` says why."""

    note: str


FileResult: TypeAlias = FileAttached | FileRefused | Pending


def _nothing(file_id: str) -> OnBound[Any]:
    return NOTHING


class FileStep:
    """Uploads files of vouchers with an attempt row of their own, so that a doubt is seen by the next try."""

    def __init__(
        self,
        db: Database,
        *,
        crash_points: CrashPoints | None = None,
        attempts: AttemptStore | None = None,
        look_after: timedelta = LOOK_AGAIN,
    ) -> None:
        self._attempts: AttemptStore = attempts or SqlAttempts(db)
        self._crash_points, self._look_after = crash_points or NoCrashPoints(), look_after
        self._stopping = False

    def stop_arming(self) -> None:
        """From now on nothing new is uploaded; what is on its way is finished."""
        self._stopping = True

    async def ensure(
        self,
        client: LexwareClient,
        file: VoucherFile,
        *,
        attached: Attached = _nothing,
        is_new: bool = False,
        asked_for: bool = False,
    ) -> FileResult:
        """Bring the file to its voucher; `attached` is written in the transaction that says so.

        `asked_for`: a person wants one more upload though many left no file.
        """
        problem = unusable(file.content)
        if problem is not None:
            return FileRefused(problem)
        request = ArmRequest(
            f"file:{file.voucher_key}", file.tenant_id, file.voucher_id, file.content, {"name": file.name}
        )
        state = EffectState() if is_new else await self._attempts.read(request.key, request.tenant_id)
        if state.unresolved is not None:
            seen = await self._look(client, file, request, state, state.unresolved, attached)
            if seen is not None:
                return seen
        if state.bound is not None:
            return FileAttached(state.bound.external_id)
        if state.absent >= MOST_UPLOADS and not asked_for:
            return FileRefused(USED_UP)
        return await self._upload(client, file, request, state.last_number, attached)

    async def _look(
        self,
        client: LexwareClient,
        file: VoucherFile,
        request: ArmRequest,
        state: EffectState,
        attempt: Attempt,
        attached: Attached,
    ) -> FileResult | None:
        """What an upload without an answer did; None when the voucher has no file."""
        assert state.now is not None
        wait = attempt.armed_at + self._look_after - state.now
        if wait > timedelta():
            return Pending(wait, "file_unconfirmed")
        later = min((state.now - attempt.armed_at) / PART_OF_AGE, timedelta(seconds=LONGEST_PAUSE_SECONDS))
        try:
            files = (await client.vouchers.get(file.voucher_id)).files
        except NotFound:
            return Pending(max(self._look_after, later), "voucher_not_visible")
        except ConnectorError as trouble:
            again = _again(trouble, attempt.number)
            return replace(again, retry_after=max(again.retry_after, later))
        if files:
            return await self._bind(request, attempt, Bound(files[-1], "reconciled"), attached)
        await self._attempts.close(attempt.attempt_id, ABSENT)
        if state.absent + 1 < AT_ONCE:
            return None
        return Pending(min(self._look_after * 2**state.absent, LONGEST_REST), "file_unconfirmed")

    async def _upload(
        self,
        client: LexwareClient,
        file: VoucherFile,
        request: ArmRequest,
        last_number: int,
        attached: Attached,
    ) -> FileResult:
        try:
            if not self._stopping:
                await client.prepare_write(files_of(file.voucher_id))
        except ConnectorError as trouble:
            return _again(trouble, last_number)
        if self._stopping:
            return Pending(timedelta(), "stopping")
        attempt = await self._attempts.arm(request, last_number)
        if not isinstance(attempt, Attempt):
            return Pending(self._look_after, "file_unconfirmed")
        self._crash_points.reach("before_file")
        try:
            file_id = await client.files.attach(file.voucher_id, file.name, file.content)
        except FileRejected as refusal:
            await self._close(attempt, refusal)
            is_locked = any(issue.source in LOCK_SOURCES for issue in refusal.issues)
            return FileRefused(VOUCHER_LOCKED if is_locked else refusal.told)
        except (RequestNotExecuted, RefusedError) as refusal:
            await self._close(attempt, refusal)
            return _again(refusal, attempt.number)
        except (TransientError, UnknownOutcomeError) as trouble:
            if trouble.waits_for is not None:
                await self._attempts.excuse(attempt.attempt_id, answer_of(trouble))
            return Pending(self._look_after, "file_unconfirmed")
        self._crash_points.reach("after_file")
        return await self._bind(request, attempt, Bound(file_id, "written"), attached)

    async def _bind(
        self, request: ArmRequest, attempt: Attempt, bound: Bound, attached: Attached
    ) -> FileResult:
        if await self._attempts.bind(request, attempt, bound, (OPEN,), attached(bound.external_id)):
            return FileAttached(bound.external_id)
        return Pending(timedelta(seconds=1), "file_unconfirmed")

    async def _close(self, attempt: Attempt, error: ConnectorError) -> None:
        await self._attempts.close(attempt.attempt_id, REFUSED, answer=answer_of(error))


def unusable(content: bytes) -> str | None:
    """Why the books would refuse these bytes; None when they look like a PDF of fair size."""
    if not content.startswith(PDF_START):
        return "not_a_pdf"
    return "too_large" if len(content) > MAX_FILE_BYTES else None


def _again(trouble: ConnectorError, tries: int) -> Pending:
    """Later: when the other side says, else longer each time; a refusal of the connection needs a person."""
    if isinstance(trouble, RefusedError) and not isinstance(trouble, NotFound):
        return Pending(UNTIL_A_PERSON_ACTS, trouble.code)
    wish = trouble.retry_after if isinstance(trouble, TransientError) else None
    pause = timedelta(seconds=TRY_AGAIN.seconds(tries))
    return Pending(pause if wish is None else wish, trouble.code, trouble.waits_for)
