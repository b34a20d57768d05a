"""Uploads files of vouchers on the one runner, under a laxer schedule than vouchers have."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from common.db.engine import Database
from common.effects.attempts import AttemptStore
from common.effects.effect import (
    NOTHING,
    Bound,
    CrashPoints,
    Effect,
    EffectResult,
    NoCrashPoints,
    OnBound,
    Parked,
    Refused,
)
from common.effects.lax import LaxSchedule
from common.effects.runner import EffectRunner
from common.effects.witness import Witness
from common.einvoice.pdf import PDF_START
from common.later import Later
from common.lexware.client import LexwareClient
from common.lexware.errors import FileRejected
from common.lexware.files import MAX_FILE_BYTES
from common.settings import EffectSettings
from invoice_writer.files.effect import Attached, VoucherFile, VoucherFileEffect

UNCONFIRMED = "file_unconfirmed"
VOUCHER_LOCKED = "voucher_locked"
LOCK_SOURCES = ("voucherStatus", "voucherDate")  # a file is refused for these where the voucher is closed
AT_ONCE = 3  # uploads that left no file are repeated at once so often, then later and later
MOST_UPLOADS = 20  # that left no file, over half a day; then a person has to ask for another
LONGEST_REST = timedelta(hours=1)
UNTIL_A_PERSON_ACTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class FileAttached:
    """The voucher has its file."""

    file_id: str


@dataclass(frozen=True, slots=True)
class FileRefused:
    """The file will never be taken as it is; `note` says why."""

    note: str


FileResult: TypeAlias = FileAttached | FileRefused | Later


def _nothing(file_id: str) -> OnBound[Any]:
    return NOTHING


class VoucherFiles:
    """Brings files to their vouchers; `attached` says what is written in the transaction that knows it.

    `witness` is the one of the process: what it has seen of attempts is forgotten by its clock watch alone.
    """

    def __init__(
        self,
        db: Database | None,
        settings: EffectSettings,
        witness: Witness,
        *,
        crash_points: CrashPoints | None = None,
        attempts: AttemptStore | None = None,
    ) -> None:
        schedule = LaxSchedule(
            settings,
            word=UNCONFIRMED,
            most_absent=MOST_UPLOADS,
            at_once=AT_ONCE,
            longest_rest=LONGEST_REST,
        )
        self._look_again, self._crash_points = schedule.first_wait, crash_points or NoCrashPoints()
        self._runner = EffectRunner(
            db, settings, attempts=attempts, schedule=schedule, clock=witness.clock, witness=witness
        )

    def stop_arming(self) -> None:
        """From now on nothing new is uploaded; what is on its way is finished."""
        self._runner.stop_arming()

    async def ensure(
        self, client: LexwareClient, file: VoucherFile, attached: Attached = _nothing
    ) -> FileResult:
        """Bring the file to its voucher, unless too many uploads left none."""
        return await self._ensure(self._runner.ensure, client, file, attached)

    async def ensure_asked_for(
        self, client: LexwareClient, file: VoucherFile, attached: Attached = _nothing
    ) -> FileResult:
        """Bring the file to its voucher, though many uploads left none: a person asks for one more."""
        return await self._ensure(self._runner.ensure_asked_for, client, file, attached)

    async def _ensure(
        self,
        ensure: Callable[[Effect], Awaitable[EffectResult]],
        client: LexwareClient,
        file: VoucherFile,
        attached: Attached,
    ) -> FileResult:
        if (problem := unusable(file.content)) is not None:
            return FileRefused(problem)
        effect = VoucherFileEffect(client, file, attached, self._look_again, self._crash_points)
        return _told(await ensure(effect))


def unusable(content: bytes) -> str | None:
    """Why the books would refuse these bytes; None when they look like a PDF of fair size."""
    if not content.startswith(PDF_START):
        return "not_a_pdf"
    return "too_large" if len(content) > MAX_FILE_BYTES else None


def _told(result: EffectResult) -> FileResult:
    """What the end of the effect means for the file; what is refused to the connection needs a person."""
    match result:
        case Bound(external_id=file_id):
            return FileAttached(file_id)
        case Parked(reason=reason):
            return FileRefused(reason)
        case Refused(error=FileRejected() as refusal):
            is_locked = any(issue.source in LOCK_SOURCES for issue in refusal.issues)
            return FileRefused(VOUCHER_LOCKED if is_locked else refusal.told)
        case Refused(error=refusal):
            return Later(UNTIL_A_PERSON_ACTS, refusal.code)
        case Later():
            return result
