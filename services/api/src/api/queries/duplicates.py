"""Open doubles of a tenant with what stands as each voucher."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.presenters.amounts import voucher_link
from api.schemas.duplicates import Advice, DoubleVoucherRead, DuplicateRead
from common.db.models.books import OutcomeRow
from common.db.models.effects import AlarmRow, BindingRow
from common.domain.alarms import AlarmKind
from common.domain.duplicates import vouchers_in

MOST = 500


async def list_doubles(session: AsyncSession, tenant_id: UUID, app_url: str) -> list[DuplicateRead]:
    """List the newest of what is open, each with the tenant's own bindings and documents."""
    query = (
        select(AlarmRow)
        .where(
            AlarmRow.tenant_id == tenant_id,
            AlarmRow.kind == AlarmKind.DUPLICATE.value,
            AlarmRow.closed_at.is_(None),
        )
        .order_by(AlarmRow.created_at.desc(), AlarmRow.alarm_id)
        .limit(MOST)
    )
    alarms = (await session.scalars(query)).all()
    vouchers = sorted({one for alarm in alarms for one in vouchers_in(alarm.evidence)})
    bound = set(
        await session.scalars(
            select(BindingRow.external_id).where(
                BindingRow.tenant_id == tenant_id, BindingRow.external_id.in_(vouchers)
            )
        )
    )
    documents = await _documents(session, tenant_id, vouchers)
    return [_double(alarm, bound, documents, app_url) for alarm in alarms]


async def _documents(
    session: AsyncSession, tenant_id: UUID, vouchers: Sequence[str]
) -> Mapping[str, list[UUID]]:
    query = select(OutcomeRow.voucher_id, OutcomeRow.document_id).where(
        OutcomeRow.tenant_id == tenant_id, OutcomeRow.voucher_id.in_(vouchers)
    )
    found: dict[str, list[UUID]] = {}
    for row in (await session.execute(query.order_by(OutcomeRow.document_id))).all():
        found.setdefault(str(row.voucher_id), []).append(row.document_id)
    return found


def _double(
    alarm: AlarmRow, bound: set[str], documents: Mapping[str, list[UUID]], app_url: str
) -> DuplicateRead:
    vouchers = vouchers_in(alarm.evidence)
    keep = alarm.evidence.get("keep") or next((one for one in vouchers if one in bound), None)
    there = set(alarm.evidence.get("still_there", ()))
    assert alarm.tenant_id is not None
    return DuplicateRead(
        id=alarm.alarm_id,
        tenant_id=alarm.tenant_id,
        subject=alarm.subject,
        number=alarm.evidence.get("number"),
        vouchers=[
            DoubleVoucherRead(
                voucher_id=one,
                view_url=voucher_link(app_url, one, "view") or "",
                edit_url=voucher_link(app_url, one, "edit") or "",
                advice=_advice(one, keep),
                document_ids=documents.get(one, []),
                still_there=one in there,
            )
            for one in vouchers
        ],
        created_at=alarm.created_at,
    )


def _advice(voucher_id: str, keep: str | None) -> Advice:
    if keep is None:
        return "choose"
    return "keep" if voucher_id == keep else "delete"
