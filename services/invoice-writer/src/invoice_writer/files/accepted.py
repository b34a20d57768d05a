"""Accepted differences: kept once and for ever, and good for exactly what a person saw."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.models.books import EInvoiceAcceptanceRow

ACCEPTED = "einvoice_difference_accepted"


class Acceptances:
    """The accepted differences of one tenant, inside the caller's transaction."""

    def __init__(self, session: AsyncSession, tenant_id: UUID) -> None:
        self._session, self._tenant_id = session, tenant_id

    async def add(
        self, document_id: UUID, xml_sha256: str, differences: Mapping[str, Any], *, because: str, by: UUID
    ) -> bool:
        """Keep that these differences are accepted, by the command of that id; False when that is kept."""
        row = insert(self._session, EInvoiceAcceptanceRow).values(
            acceptance_id=uuid5(by, str(document_id)),
            tenant_id=self._tenant_id,
            document_id=document_id,
            xml_sha256=xml_sha256,
            differences=dict(differences),
            because=because,
            created_at=db_now(),
        )
        added = row.on_conflict_do_nothing(index_elements=["acceptance_id"])
        returned = await self._session.execute(added.returning(EInvoiceAcceptanceRow.acceptance_id))
        return returned.one_or_none() is not None

    async def covers(self, document_id: UUID, xml_sha256: str, differences: Mapping[str, Any]) -> bool:
        """Look whether somebody accepted these very differences of this e-invoice; others were not seen."""
        query = select(EInvoiceAcceptanceRow.differences).where(
            EInvoiceAcceptanceRow.tenant_id == self._tenant_id,
            EInvoiceAcceptanceRow.document_id == document_id,
            EInvoiceAcceptanceRow.xml_sha256 == xml_sha256,
        )
        return any(seen == differences for seen in (await self._session.scalars(query)).all())
