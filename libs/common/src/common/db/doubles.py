"""What is known of documents that the books hold twice: reported by us, seen or repaired by a person."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.alarms import Alarm, raise_alarm
from common.db.dialect import db_now, insert
from common.db.models.doubles import DoubleVoucherRow
from common.domain.stored_words import SaidOfDouble


@dataclass(frozen=True, slots=True)
class Said:
    """What holds of a voucher of the double that the subject names."""

    subject: str
    voucher_id: str
    said: SaidOfDouble

    @classmethod
    def from_row(cls, row: Row[Any]) -> "Said":
        """What a row of vouchers of doubles says."""
        return cls(row.subject, row.voucher_id, row.said)


async def report_double(session: AsyncSession, alarm: Alarm, vouchers: Collection[str]) -> bool:
    """Open the alarm unless it is open, and remember which vouchers it is about; True when it is new."""
    assert alarm.tenant_id is not None
    is_new = await raise_alarm(session, alarm)
    if is_new:
        await say(session, alarm.tenant_id, alarm.subject, vouchers, SaidOfDouble.REPORTED)
    return is_new


async def say(
    session: AsyncSession, tenant_id: UUID, subject: str, vouchers: Collection[str], said: SaidOfDouble
) -> None:
    """Keep what holds of these vouchers from now on."""
    for voucher_id in sorted(set(vouchers)):
        row = insert(session, DoubleVoucherRow).values(
            tenant_id=tenant_id, subject=subject, voucher_id=voucher_id, said=said, said_at=db_now()
        )
        changed = {"said": said, "said_at": db_now()}
        keys = ["tenant_id", "subject", "voucher_id"]
        await session.execute(row.on_conflict_do_update(index_elements=keys, set_=changed))


async def said_of(session: AsyncSession, vouchers: Sequence[str]) -> Sequence[Said]:
    """What was ever said of these vouchers, by any tenant."""
    columns = (DoubleVoucherRow.subject, DoubleVoucherRow.voucher_id, DoubleVoucherRow.said)
    query = select(*columns).where(DoubleVoucherRow.voucher_id.in_(vouchers))
    return [Said.from_row(row) for row in await session.execute(query)]


async def repairing_deletions(session: AsyncSession, vouchers: Sequence[str]) -> set[str]:
    """Those of these vouchers whose deletion in the books repairs a double that we reported (R54).

    Either a person said so, or the double was reported and nobody has decided about it yet. Deleting the one
    that was to stay, or one of two that a person called right, is no repair.
    """
    query = select(DoubleVoucherRow.voucher_id).where(DoubleVoucherRow.voucher_id.in_(vouchers), is_repair())
    return set(await session.scalars(query))


def is_repair() -> ColumnElement[bool]:
    """The condition of `repairing_deletions` for statements that read many vouchers."""
    return DoubleVoucherRow.said.in_((SaidOfDouble.REPORTED, SaidOfDouble.DELETED))
