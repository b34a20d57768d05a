"""Which documents of a merchant stand twice in an organization's books, as far as our own rows tell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, case, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.db.models.books import VoucherIndexRow
from common.db.models.doubles import VoucherMarkerRow
from common.db.models.effects import BindingRow
from common.db.models.numbers import NumberedEffectRow
from common.domain.documents import DocumentType
from common.domain.stored_words import AttemptState
from common.effects.numbered import NOWHERE, Elsewhere, Numbered
from common.effects.sql_numbers import FACT

VOID = "voided"
TYPES = {"salesinvoice": DocumentType.INVOICE.value, "salescreditnote": DocumentType.CREDIT_NOTE.value}


@dataclass(frozen=True, slots=True)
class Double:
    """One document with several vouchers. `keep` is the one that stays, by our rows, if any is bound.

    `subject` is the effect of this merchant that the double is told of by.
    """

    subject: str
    number: str
    vouchers: tuple[str, ...]
    keep: str | None

    def evidence(self) -> dict[str, Any]:
        """What the alarm says."""
        surplus = [] if self.keep is None else [one for one in self.vouchers if one != self.keep]
        return {"number": self.number, "vouchers": list(self.vouchers), "keep": self.keep, "delete": surplus}


@dataclass(frozen=True, slots=True)
class UnboundVoucher:
    """A listed voucher with a number of ours that stands for nothing; its marker, where that was read."""

    voucher_id: str
    updated_at: datetime | None
    marker: str | None
    is_read: bool  # since the voucher changed last


@dataclass(frozen=True, slots=True)
class _Bound:
    key: str
    tenant_id: UUID
    numbered: Numbered
    despite: bool
    voucher_id: str
    bound_at: datetime


async def bound_doubles(session: AsyncSession, tenant_id: UUID, organization_id: str) -> list[Double]:
    """Find documents bound to several vouchers through several connections, unless that was wanted."""
    rows = (await session.execute(_bound_of_shared_numbers(tenant_id, organization_id))).all()
    found: dict[tuple[str, ...], Double] = {}
    for _, group in groupby(map(_bound, rows), key=lambda one: one.numbered.place):
        for double in _doubles_of(tenant_id, list(group)):
            found.setdefault(double.vouchers, double)
    return list(found.values())


async def unbound_candidates(
    session: AsyncSession, connection_id: UUID, organization_id: str
) -> Sequence[UnboundVoucher]:
    """List vouchers with a number of ours that stand for nothing, and their marker if it was read."""
    marker_is_old = VoucherMarkerRow.as_of.is_distinct_from(VoucherIndexRow.updated_at)
    is_read = and_(VoucherMarkerRow.voucher_id.is_not(None), ~marker_is_old)
    has_number = exists().where(
        NumberedEffectRow.organization_id == organization_id,
        NumberedEffectRow.number == VoucherIndexRow.number,
        or_(*(_is_of(voucher, document) for voucher, document in TYPES.items())),
    )
    query = (
        select(
            VoucherIndexRow.voucher_id,
            VoucherIndexRow.updated_at,
            VoucherMarkerRow.marker,
            case((is_read, 1), else_=0).label("is_read"),
        )
        .outerjoin(
            VoucherMarkerRow,
            and_(
                VoucherMarkerRow.connection_id == VoucherIndexRow.connection_id,
                VoucherMarkerRow.voucher_id == VoucherIndexRow.voucher_id,
            ),
        )
        .where(
            VoucherIndexRow.connection_id == connection_id,
            VoucherIndexRow.status != VOID,
            ~exists().where(BindingRow.external_id == VoucherIndexRow.voucher_id),
            has_number,
        )
        .order_by(VoucherIndexRow.voucher_id)
    )
    return [
        UnboundVoucher(row.voucher_id, row.updated_at, row.marker, bool(row.is_read))
        for row in await session.execute(query)
    ]


def unbound_doubles(
    tenant_id: UUID, markers: Mapping[str, str], known: Mapping[str, Elsewhere]
) -> Iterator[Double]:
    """Vouchers with a marker of this merchant's effects that stand for nothing; a write under way is none."""
    by_effect: dict[str, list[str]] = {}
    effects = {other.key: other for other in known.values() if other.tenant_id == tenant_id}
    for voucher_id, marker in markers.items():
        other = known.get(marker)
        if other is not None and other.key in effects and other.state in (AttemptState.BOUND, NOWHERE):
            by_effect.setdefault(other.key, []).append(voucher_id)
    for key, vouchers in by_effect.items():
        keep, number = effects[key].external_id, effects[key].numbered.number
        together = sorted([*vouchers, *([] if keep is None else [keep])])
        yield Double(key, number, tuple(together), keep)


def _is_of(voucher_type: str, document_type: str) -> Any:
    return and_(VoucherIndexRow.type == voucher_type, NumberedEffectRow.type == document_type)


def _bound_of_shared_numbers(tenant_id: UUID, organization_id: str) -> Any:
    mine, other = aliased(NumberedEffectRow), aliased(NumberedEffectRow)
    is_shared = exists().where(
        mine.tenant_id == tenant_id,
        mine.organization_id == organization_id,
        mine.organization_id == other.organization_id,
        mine.type == other.type,
        mine.number == other.number,
        mine.effect_key != other.effect_key,
    )
    places = select(other.type, other.number).where(other.organization_id == organization_id, is_shared)
    shared = places.distinct().subquery()
    row = NumberedEffectRow
    return (
        select(row, BindingRow.external_id, BindingRow.bound_at)
        .join(shared, and_(row.type == shared.c.type, row.number == shared.c.number))
        .join(BindingRow, BindingRow.effect_key == row.effect_key)
        .where(row.organization_id == organization_id)
        .order_by(row.type, row.number, BindingRow.bound_at, row.effect_key)
    )


def _bound(row: Row[Any]) -> _Bound:
    effect: NumberedEffectRow = row[0]
    numbered = Numbered(**{name: getattr(effect, name) for name in FACT})
    return _Bound(
        effect.effect_key, effect.tenant_id, numbered, effect.despite, row.external_id, row.bound_at
    )


def _doubles_of(tenant_id: UUID, bound: Sequence[_Bound]) -> Iterator[Double]:
    """The oldest binding stays."""
    meant = [one for one in bound if not one.despite]
    for mine in meant:
        if mine.tenant_id != tenant_id:
            continue
        same = [one for one in meant if one.numbered.is_same_document(mine.numbered)]
        vouchers = tuple(sorted({one.voucher_id for one in same}))
        if len(vouchers) > 1:
            yield Double(mine.key, mine.numbered.number, vouchers, same[0].voucher_id)
