"""The upload of one file to its voucher: how to send it and how to look whether it is there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

from common.domain.keys import file_key
from common.domain.stored_words import BoundHow
from common.effects.effect import CrashPoints, OnBound, SearchResult
from common.effects.gate import Gate
from common.errors import RefusedError, TransientError
from common.http.errors import NotFound, RequestNotExecuted, RequestUnfit
from common.lexware.client import LexwareClient
from common.lexware.errors import VoucherRejected
from common.lexware.files import files_of
from invoice_writer.refusals import NOT_VISIBLE

Attached: TypeAlias = Callable[[str], OnBound[Any]]


class VoucherNotThere(RequestNotExecuted):
    """The voucher of an upload is not known, or not yet; the file was not taken."""

    code = NotFound.code


class VoucherNotVisible(TransientError):
    """A look was answered that there is no such voucher: that says nothing about its files."""

    code = NOT_VISIBLE


class VoucherUnreadable(RefusedError):
    """The books refuse to show the voucher; that is worth another look when somebody may have acted."""

    code = VoucherRejected.code


@dataclass(frozen=True, slots=True)
class VoucherFile:
    """A file that belongs to a bound voucher; `voucher_key` is the effect key of the voucher."""

    tenant_id: UUID
    voucher_key: str
    voucher_id: str
    name: str
    content: bytes


class VoucherFileEffect:
    """One file at one voucher; any file of the voucher stands for it.

    The books keep equal bytes only once, so a repeat is cosmetic: no last byte is held back for it.
    """

    def __init__(
        self,
        client: LexwareClient,
        file: VoucherFile,
        attached: Attached,
        look_again: timedelta,
        crash_points: CrashPoints,
    ) -> None:
        self._client, self._file, self._attached = client, file, attached
        self._look_again, self._crash_points = look_again, crash_points
        self.key = file_key(file.voucher_key)
        self.tenant_id = file.tenant_id
        self.marker = file.voucher_id
        self.payload = file.content
        self.decision = {"name": file.name}

    async def prepare(self) -> None:
        """Have credentials and a slot of the rate limit before anything is armed."""
        await self._client.prepare_write(files_of(self._file.voucher_id))

    async def send(self, gate: Gate) -> str:
        """Upload the file. Returns its id.

        The gate opens before the upload begins: whatever happens from then on, the file may be there.
        """
        gate.check()
        self._crash_points.reach("before_file")
        try:
            file_id = await self._client.files.attach(
                self._file.voucher_id, self._file.name, self._file.content
            )
        except NotFound as error:
            raise VoucherNotThere(str(error)) from error
        self._crash_points.reach("after_file")
        return file_id

    async def search(self) -> SearchResult:
        """Read the voucher and look whether it has a file."""
        try:
            voucher = await self._client.vouchers.get(self._file.voucher_id)
        except NotFound as error:
            raise VoucherNotVisible(str(error), retry_after=self._look_again) from error
        except RequestUnfit as error:
            raise VoucherUnreadable(str(error)) from error
        return SearchResult(complete=True, marked=tuple(voucher.files[-1:]))

    def on_bound(self, external_id: str, how: BoundHow) -> OnBound[Any]:
        """The document's file counts as attached with the binding."""
        return self._attached(external_id)
