"""Alarms are raised and closed here and nowhere else: one is open per kind and subject.

`open_key` is unique while an alarm is open and null afterwards, so that two processes that see the same
cause at once raise one alarm, and a cause that comes back raises a new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import structlog
from sqlalchemy import ColumnElement, func, update
from sqlalchemy.ext.asyncio import AsyncSession

from common.db.dialect import db_now, insert
from common.db.models.effects import AlarmRow
from common.domain.alarms import AlarmKind

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a person has to look at; without a tenant it concerns the installation, and operators see it.

    `subject` names what it is about, with ids where two could be mixed up; `evidence` holds no personal data
    and no secrets.
    """

    kind: AlarmKind
    subject: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    tenant_id: UUID | None = None


async def raise_alarm(session: AsyncSession, alarm: Alarm) -> bool:
    """Open the alarm unless the same one is open; True when it is new. Part of the caller's transaction."""
    return await _raise(session, alarm, uuid4(), "open_key")


async def renew_alarm(session: AsyncSession, alarm: Alarm) -> None:
    """Open the alarm, or say of the open one that its cause is still there, with today's evidence."""
    if not await raise_alarm(session, alarm):
        renewing = (
            update(AlarmRow)
            .where(AlarmRow.open_key == _open_key(alarm))
            .values(evidence=dict(alarm.evidence), seen_at=db_now())
            .execution_options(synchronize_session=False)
        )
        await session.execute(renewing)


async def close_stale_alarms(session: AsyncSession, kind: AlarmKind, prefix: str, seconds: float) -> int:
    """Close alarms of the installation whose cause nobody has seen for so long: who renewed them is gone."""
    seen_at = func.coalesce(AlarmRow.seen_at, AlarmRow.created_at)
    return await close_alarms_where(
        session, kind, AlarmRow.subject.startswith(prefix, autoescape=True), seen_at < db_now(-seconds)
    )


async def raise_once(session: AsyncSession, alarm: Alarm, name: str) -> bool:
    """Open the alarm unless one of this kind and name was ever raised; True when it is new."""
    return await _raise(session, alarm, uuid5(NAMESPACE_URL, f"{alarm.kind.value}:{name}"), "alarm_id")


async def close_alarms(
    session: AsyncSession, kind: AlarmKind, subject: str, *, tenant_id: UUID | None = None
) -> int:
    """Close what is open of this kind about the subject; how many that were."""
    return await close_alarms_where(session, kind, AlarmRow.subject == subject, tenant_id=tenant_id)


async def close_alarms_where(
    session: AsyncSession, kind: AlarmKind, *conditions: ColumnElement[bool], tenant_id: UUID | None = None
) -> int:
    """Close what is open of this kind and meets the conditions, within one tenant or the installation."""
    tenant = AlarmRow.tenant_id.is_(None) if tenant_id is None else AlarmRow.tenant_id == tenant_id
    closing = (
        update(AlarmRow)
        .where(AlarmRow.kind == kind.value, tenant, AlarmRow.closed_at.is_(None), *conditions)
        .values(closed_at=db_now(), open_key=None)
        .returning(AlarmRow.alarm_id)
        .execution_options(synchronize_session=False)
    )
    closed = len((await session.execute(closing)).all())
    if closed:
        log.info("alarm.closed", kind=kind.value, tenant_id=tenant_id and str(tenant_id), count=closed)
    return closed


async def add_evidence(session: AsyncSession, alarm: AlarmRow, **seen: Any) -> None:
    """Put what was seen since the alarm was raised beside what it was raised for."""
    mine = update(AlarmRow).where(AlarmRow.alarm_id == alarm.alarm_id)
    await session.execute(mine.values(evidence={**alarm.evidence, **seen}))


async def _raise(session: AsyncSession, alarm: Alarm, alarm_id: UUID, unless: str) -> bool:
    raising = insert(session, AlarmRow).values(
        alarm_id=alarm_id,
        tenant_id=alarm.tenant_id,
        kind=alarm.kind.value,
        subject=alarm.subject,
        evidence=dict(alarm.evidence),
        open_key=_open_key(alarm) if unless == "open_key" else None,
        created_at=db_now(),
    )
    raised = raising.on_conflict_do_nothing(index_elements=[unless]).returning(AlarmRow.alarm_id)
    is_new = (await session.execute(raised)).one_or_none() is not None
    if is_new:
        tenant_id = alarm.tenant_id and str(alarm.tenant_id)
        log.warning("alarm.raised", kind=alarm.kind.value, subject=alarm.subject, tenant_id=tenant_id)
    return is_new


def _open_key(alarm: Alarm) -> str:
    return f"{alarm.tenant_id or 'installation'}:{alarm.kind.value}:{alarm.subject}"
