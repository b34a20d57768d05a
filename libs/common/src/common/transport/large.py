"""Events too large for a broker travel by hash: the bytes lie in the archive, the record says where.

The header is the CloudEvents attribute `dataref`; what stands in the payload's place names hash and size.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from common.archive import Archive, ArchivedFileCorrupt, ArchivedFileMissing
from common.domain.documents import OriginalRef

log = structlog.get_logger()

HEADER = "ce_dataref"
INLINE_BYTES = 256 * 1024  # brokers take 1 MiB per batch by default
JSON = "application/json"


async def put_aside(
    session: AsyncSession, tenant_id: UUID, payload: bytes, headers: Mapping[str, str]
) -> tuple[bytes, dict[str, str]]:
    """Put a large payload into the archive, in this transaction. Returns payload and headers to send."""
    if len(payload) <= INLINE_BYTES:
        return payload, dict(headers)
    ref = await Archive().store(session, tenant_id, payload, JSON)
    return ref.model_dump_json().encode(), {**headers, HEADER: f"sha256:{ref.sha256}"}


async def whole(session: AsyncSession, tenant_id: UUID, payload: bytes, headers: Mapping[str, Any]) -> bytes:
    """Read the payload itself; what cannot be found stays a reference, which is no event."""
    if HEADER not in headers:
        return payload
    try:
        ref = OriginalRef.model_validate_json(payload)
        return await Archive().read(session, tenant_id, ref.sha256)
    except (ValidationError, ArchivedFileMissing, ArchivedFileCorrupt) as error:
        log.error("transport.payload_missing", tenant_id=str(tenant_id), error=type(error).__name__)
        return payload
