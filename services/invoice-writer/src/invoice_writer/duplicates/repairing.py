"""What changes in our own rows once a person deleted a surplus voucher in the books."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.models.books import OutcomeRow
from common.db.models.effects import BindingRow
from common.domain.documents import DocumentType, document_id
from common.domain.reasons import SURPLUS_DELETED
from common.domain.stored_words import BoundHow, DocumentStatus
from common.effects.effect import Bound
from common.effects.sql_numbers import effects_bound_to
from invoice_writer.outcomes import Outcome, OutcomeRepository

REBOUND = "voucher_replaced"


async def stand_aside(session: AsyncSession, tenant_id: UUID, keep: str, deleted: Collection[str]) -> None:
    """Leave out this merchant's documents whose vouchers were deleted: the one that stays stands for them.

    Their bindings stay as they are: what was taken over is never changed.
    """
    for other in await effects_bound_to(session, sorted(deleted)):
        if other.tenant_id != tenant_id:
            continue
        numbered = other.numbered
        document = document_id(numbered.connection_id, DocumentType(numbered.type), numbered.number)
        outcomes = OutcomeRepository(session, tenant_id)
        seen = await outcomes.find(document)
        if seen is None or seen.reason == SURPLUS_DELETED:
            continue
        params = {"voucher_id": keep, "deleted": other.external_id}
        await outcomes.update_status(
            document, Outcome(DocumentStatus.EXCLUDED, reason=SURPLUS_DELETED, params=params)
        )


async def keep_standing(session: AsyncSession, tenant_id: UUID, key: str, deleted: str, keep: str) -> bool:
    """Have the document of this effect stand as the voucher that is left, whose mark says that it is ours."""
    moving = (
        update(BindingRow)
        .where(
            BindingRow.effect_key == key,
            BindingRow.tenant_id == tenant_id,
            BindingRow.external_id == deleted,
        )
        .values(external_id=keep, how=Bound(keep, BoundHow.ADOPTED).how)
    )
    moved = (await session.execute(moving.returning(BindingRow.effect_key))).one_or_none()
    if moved is None:
        return False
    mine = (OutcomeRow.tenant_id == tenant_id, OutcomeRow.voucher_id == deleted)
    documents = list(await session.scalars(select(OutcomeRow.document_id).where(*mine)))
    await session.execute(update(OutcomeRow).where(*mine).values(voucher_id=keep))
    for document in documents:
        note = {"deleted": deleted, "voucher_id": keep}
        await OutcomeRepository(session, tenant_id).add_timeline_entry(document, REBOUND, note)
    return True
