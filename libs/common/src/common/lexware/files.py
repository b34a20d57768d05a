"""Files of vouchers."""

import re

from common.http.client import ApiClient
from common.http.multipart import file_form
from common.lexware.vouchers import VOUCHERS, written_id

MAX_FILE_BYTES = 5 * 1024 * 1024
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


class Files:
    """Uploads to vouchers and downloads."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def attach(self, voucher_id: str, name: str, content: bytes) -> str:
        """Attach the PDF to the voucher; a repeat with the same content is harmless. Returns the file's id.

        Needs `LexwareClient.prepare_write` before.
        """
        body, content_type = file_form("file", name, content, "application/pdf")
        response = await self._api.post_prepared(files_of(voucher_id), body, content_type)
        return written_id(response.content, "file")

    async def download(self, file_id: str) -> bytes:
        """Read the bytes of a file."""
        return (await self._api.get(f"/v1/files/{file_id}", accept="*/*")).content


def files_of(voucher_id: str) -> str:
    """The path of the voucher's files."""
    return f"{VOUCHERS}/{voucher_id}/files"


def file_name(document_type: str, number: str) -> str:
    """The name `<type>-<number>.pdf` in characters every system takes."""
    stem = _UNFIT.sub("-", f"{document_type}-{number}").strip("-.")[:100]
    return f"{stem}.pdf"
