"""A small world around the file of one voucher: workers stop at every await, time passes when told to.

The far side commits an upload when it likes, shows the file later, loses answers, refuses, hides the voucher
for a while or answers nothing. The laws of the file step are checked where it arms, uploads and binds.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.domain.stored_words import AttemptState
from common.effects.attempts import ArmRequest, Attempt
from common.effects.effect import OnBound
from common.effects.numbered import Elsewhere
from common.effects.witness import Witness
from common.errors import ConnectorError
from common.http.errors import NotFound, OutcomeLost, RateLimited, Unreachable
from common.lexware.client import LexwareClient
from common.settings import EffectSettings
from invoice_writer.files import (
    AT_ONCE,
    MOST_UPLOADS,
    FileAttached,
    FileRefused,
    FileResult,
    VoucherFile,
    VoucherFiles,
)
from support.memory_attempts import MemoryAttempts
from support.stepping import Stepped

__all__ = ["AT_ONCE", "MOST_UPLOADS", "FileAttached", "FileRefused", "FileResult"]

START = datetime(2026, 3, 2, tzinfo=UTC)
TENANT = UUID(int=1)
LOOK_AFTER = 10.0  # seconds
FILE = VoucherFile(TENANT, "voucher:org:shop:invoice:1", "voucher", "invoice-1.pdf", b"%PDF-1.4\n%%EOF\n")
KEY = f"file:{FILE.voucher_key}"


class LawBroken(AssertionError):
    """The file step did what it must never do."""


class FileAttempts(MemoryAttempts):
    """Attempts of a file; whoever arms again must have looked, or been told, what the last upload did."""

    world: "FileWorld"

    def _insert(
        self, request: ArmRequest, last_number: int, state: AttemptState, external_id: str | None
    ) -> Attempt | Elsewhere | None:
        armed = super()._insert(request, last_number, state, external_id)
        if isinstance(armed, Attempt):
            self.world.check_arming([row.attempt for row in self.rows[request.key][:-1]])
        return armed


@dataclass
class Upload:
    """A file on its way to the voucher."""

    state: str = "under way"
    file_id: str | None = None
    visible_at: float = 0.0


@dataclass
class FileWorld:
    """Time, one voucher in the books, and the uploads that several workers make for it.

    `on_prepare`, `on_upload` and `on_look` are ends of the next calls; None lets one go well.
    """

    pause: Callable[[str], Awaitable[None]]
    now: float = 0.0
    uploads: list[Upload] = field(default_factory=list)
    looks: list[tuple[float, bool]] = field(default_factory=list)  # when it began, and whether it saw a file
    refusals: int = 0
    hidden: bool = False
    down: bool = False
    on_prepare: list[ConnectorError | None] = field(default_factory=list)
    on_upload: Iterator[ConnectorError | None] = field(default_factory=lambda: iter(()))
    on_look: list[ConnectorError | None] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    alone: bool = True
    attempts: FileAttempts = field(init=False)
    stopping: bool = False

    def __post_init__(self) -> None:
        self.attempts = FileAttempts(self.moment, self._pause)
        self.attempts.world = self

    @property
    def under_way(self) -> list[Upload]:
        return [upload for upload in self.uploads if upload.state == "under way"]

    @property
    def visible(self) -> tuple[str, ...]:
        return tuple(
            upload.file_id
            for upload in self.uploads
            if upload.file_id is not None and upload.visible_at <= self.now
        )

    def moment(self) -> datetime:
        """The database's clock."""
        return START + timedelta(seconds=self.now)

    def seconds(self) -> float:
        """The boot clock of the machines."""
        return self.now

    def commit(self, upload: Upload, lag: float = 0.0) -> None:
        upload.state, upload.file_id = "committed", f"f{len([one for one in self.uploads if one.file_id])}"
        upload.visible_at = self.now + lag

    def ensure(self, *, asked_for: bool = False) -> Coroutine[Any, Any, FileResult]:
        """What a process does that begins now."""
        settings = EffectSettings(first_look=LOOK_AFTER)
        files = VoucherFiles(None, settings, Witness(self.seconds), attempts=self.attempts)
        if self.stopping:
            files.stop_arming()
        client = cast(LexwareClient, SimpleNamespace(prepare_write=self._prepare, vouchers=self, files=self))
        ensure = files.ensure_asked_for if asked_for else files.ensure
        return ensure(client, FILE, self._follow)

    def check_arming(self, before: Sequence[Attempt]) -> None:
        """An earlier upload surely was none, or a look that began late enough saw no file."""
        refused = [one for one in before if one.state in (AttemptState.REFUSED, AttemptState.WITHDRAWN)]
        if len(refused) > self.refusals:
            raise LawBroken("refused without a refusal")
        for one in (one for one in before if one not in refused):
            looked_from = (one.armed_at - START).total_seconds() + LOOK_AFTER
            if one.state != AttemptState.ABSENT or not any(
                begun >= looked_from and not seen for begun, seen in self.looks
            ):
                raise LawBroken("uploaded again without a look")
        if self.alone and any(seen for _, seen in self.looks):
            raise LawBroken("uploaded again though the file was seen")

    async def get(self, voucher_id: str) -> Any:
        """The voucher as the books show it."""
        begun = self.now
        await self._pause("look")
        files, trouble = self.visible, self.on_look.pop(0) if self.on_look else None
        await self._pause("looked")
        if trouble is not None:
            raise trouble
        if self.down:
            raise Unreachable("no answer")
        if self.hidden:
            raise NotFound("404")
        self.looks.append((begun, bool(files)))
        return SimpleNamespace(files=list(files))

    async def attach(self, voucher_id: str, name: str, content: bytes) -> str:
        """An upload that commits when it likes; at once where nobody moves the world."""
        await self._pause("upload")
        upload = Upload()
        self.uploads.append(upload)
        if (trouble := next(self.on_upload, None)) is not None:
            upload.state = "lost"
            self.refusals += not isinstance(trouble, OutcomeLost)
            raise trouble
        await self._pause("answer")
        if upload.state == "refused":
            self.refusals += 1
            raise RateLimited
        if upload.state == "unanswered" or upload.file_id is None:
            raise OutcomeLost("no answer")
        return upload.file_id

    async def _prepare(self, path: str) -> None:
        await self._pause("prepare")
        if self.on_prepare and (trouble := self.on_prepare.pop(0)) is not None:
            raise trouble

    async def _pause(self, step: str) -> None:
        self.steps.append(step)
        await self.pause(step)

    def _follow(self, file_id: str) -> OnBound[Any]:
        return OnBound(self._keep, file_id)

    async def _keep(self, session: AsyncSession, items: Sequence[str]) -> None:
        self.attached += items


def calm_world() -> FileWorld:
    """A world that goes on by itself: what is uploaded is there at once."""

    async def at_once(step: str) -> None:
        for upload in world.under_way:
            world.commit(upload)

    world = FileWorld(at_once)
    return world


class FileWorker(Stepped[FileResult]):
    """A process that ensures the file."""

    def __init__(self, world: FileWorld) -> None:
        super().__init__()
        self._world = world

    def begin(self) -> Coroutine[Any, Any, FileResult]:
        return self._world.ensure()
