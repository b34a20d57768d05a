"""Vouchers that stand for documents of ours, compared with what was decided whenever their row changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, exists, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, close_alarms, raise_alarm
from common.db.dialect import row_lock
from common.db.models.base import table
from common.db.models.books import OutcomeRow
from common.db.models.effects import AlarmRow
from common.domain.alarms import AlarmKind
from common.domain.keys import document_subject
from common.domain.stored_words import BoundHow
from common.domain.verdicts import Decision
from common.lexware.wire import Voucher
from invoice_writer.lists import INDEX
from invoice_writer.vouchers import differences

PORTION = 500
OUTCOMES = table(OutcomeRow)
STANDS_FOR = and_(OUTCOMES.c.voucher_id == INDEX.c.voucher_id, OUTCOMES.c.tenant_id == INDEX.c.tenant_id)
TAX = "tax_total"


@dataclass(frozen=True, slots=True)
class Doubted:
    """An adopted voucher that was told to differ in its tax, which the list does not show."""

    tenant_id: UUID
    connection_id: UUID
    voucher_id: str
    subject: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class BoundVoucher:
    """A voucher as the list shows it, with the document it stands for and what was decided of that."""

    tenant_id: UUID
    connection_id: UUID
    voucher_id: str
    subject: str  # the document as alarms name it
    decision: Decision
    is_adopted: bool
    listed: Voucher
    contact_id: str
    first_contact: str | None  # the first one seen; empty is the collective one

    @classmethod
    def from_row(cls, row: Row[Any]) -> "BoundVoucher":
        """The voucher as its row tells; its tax as decided, because the list shows none."""
        decision = Decision.model_validate(row.decision)
        return cls(
            tenant_id=row.tenant_id,
            connection_id=row.connection_id,
            voucher_id=row.voucher_id,
            subject=document_subject(row.shop_id, row.document_type, row.document_number),
            decision=decision,
            is_adopted=row.how == BoundHow.ADOPTED,
            listed=_as_listed(row, decision),
            contact_id=row.contact_id or "",
            first_contact=row.first_contact,
        )


async def follow_news(session: AsyncSession) -> tuple[int, list[Doubted]]:
    """Open and close the alarms of rows that changed. Returns how many, and what is left in doubt."""
    is_bound = exists().where(STANDS_FOR)
    unbound = update(INDEX).where(INDEX.c.is_news.is_not(None), ~is_bound).values(is_news=None)
    await session.execute(unbound.execution_options(synchronize_session=False))
    rows = (await session.execute(_news(session))).all()
    vouchers = [BoundVoucher.from_row(row) for row in rows]
    known = await _told_at_adoption(session, vouchers)
    doubted: list[Doubted] = []
    for voucher in vouchers:
        one = await _follow(session, voucher, known.get((voucher.tenant_id, voucher.subject), {}))
        doubted += [one] if one else []
    read = [(voucher.connection_id, voucher.voucher_id) for voucher in vouchers]
    if read:
        keys = tuple_(INDEX.c.connection_id, INDEX.c.voucher_id)
        await session.execute(update(INDEX).where(keys.in_(read)).values(is_news=None))
    return len(vouchers), doubted


def changed_since_booked(
    decision: Decision, voucher: Voucher, known: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """In what the voucher is not what was decided, beside what was told of it before."""
    found = differences(decision, voucher)
    return {name: both for name, both in found.items() if both != (known or {}).get(name)}


def changed_alarm(tenant_id: UUID, subject: str, voucher_id: str, changes: Mapping[str, Any]) -> Alarm:
    """The alarm that somebody changed a voucher of ours in the books."""
    evidence = {"voucher_id": voucher_id, "differences": dict(changes)}
    return Alarm(AlarmKind.VOUCHER_CHANGED, subject, evidence, tenant_id)


def _news(session: AsyncSession) -> Any:
    columns = (
        OUTCOMES.c.connection_id.label("shop_id"),
        OUTCOMES.c.type.label("document_type"),
        OUTCOMES.c.number.label("document_number"),
        OUTCOMES.c.decision,
        OUTCOMES.c.how,
    )
    query = select(INDEX, *columns).join(OUTCOMES, STANDS_FOR).where(INDEX.c.is_news.is_not(None))
    query = query.where(OUTCOMES.c.decision.is_not(None)).order_by(INDEX.c.voucher_id).limit(PORTION)
    return query.with_for_update(of=INDEX, **row_lock(session))


async def _told_at_adoption(
    session: AsyncSession, vouchers: Sequence[BoundVoucher]
) -> dict[tuple[UUID | None, str], Mapping[str, Any]]:
    """What was told of vouchers that others made, by tenant and document."""
    subjects = [voucher.subject for voucher in vouchers if voucher.is_adopted]
    if not subjects:
        return {}
    query = select(AlarmRow.tenant_id, AlarmRow.subject, AlarmRow.evidence).where(
        AlarmRow.kind == AlarmKind.ADOPTED_VOUCHER_DIFFERS.value, AlarmRow.subject.in_(subjects)
    )
    found = (await session.execute(query)).all()
    return {(row.tenant_id, row.subject): row.evidence.get("differences") or {} for row in found}


async def _follow(session: AsyncSession, voucher: BoundVoucher, known: Mapping[str, Any]) -> Doubted | None:
    """Open or close the voucher's alarms. Returns it where the list does not show what was told of it."""
    tenant_id, subject, decision = voucher.tenant_id, voucher.subject, voucher.decision
    listed = differences(decision, voucher.listed)
    changes = {name: both for name, both in listed.items() if both != known.get(name)} | _contact(voucher)
    if changes:
        await raise_alarm(session, changed_alarm(tenant_id, subject, voucher.voucher_id, changes))
    else:
        await close_alarms(session, AlarmKind.VOUCHER_CHANGED, subject, tenant_id=tenant_id)
    if not known or listed:
        return None
    if TAX in known:
        return Doubted(tenant_id, voucher.connection_id, voucher.voucher_id, subject, decision)
    await close_alarms(session, AlarmKind.ADOPTED_VOUCHER_DIFFERS, subject, tenant_id=tenant_id)
    return None


def _as_listed(row: Row[Any], decision: Decision) -> Voucher:
    return Voucher(
        id=row.voucher_id,
        type=row.type,
        voucher_status=row.status or None,
        voucher_number=row.number,
        voucher_on=row.voucher_on,
        total_gross_amount=None if row.gross_minor is None else Decimal(row.gross_minor) / 100,
        total_tax_amount=decision.tax_total.decimal,
    )


def _contact(voucher: BoundVoucher) -> dict[str, Any]:
    """Whether the contact is another than the first one seen."""
    first, now = voucher.first_contact, voucher.contact_id
    if first is None or now == first:
        return {}
    return {"contact": {"before": first or None, "now": now or None}}
