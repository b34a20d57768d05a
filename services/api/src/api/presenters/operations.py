"""What asks for attention, as it is shown: dead letters, alarms, warnings."""

from dataclasses import asdict

from api.presenters.amounts import amount
from api.presenters.decisions import as_text
from api.schemas.operations import AlarmRead, AlarmTextRead, DeadLetterRead, TurnoverWarningRead
from common.db.models.effects import AlarmRow
from common.db.models.line import DeadLetterRow
from common.db.turnover import TenantWarning
from common.domain.alarms import ALARMS, AlarmKind
from common.domain.stored_words import Role
from common.domain.turnover import TURNOVER_TEXTS

KINDS = frozenset(kind.value for kind in AlarmKind)


def dead_letter_read(row: DeadLetterRow, role: Role) -> DeadLetterRead:
    """The dead letter; its error may quote what it choked on, so only operators see it."""
    return DeadLetterRead(
        id=row.dead_letter_id,
        tenant_id=row.tenant_id,
        service=row.consumer,
        event_id=row.event_id,
        type=row.type,
        ordering_key=row.ordering_key,
        attempts=row.attempts,
        error=row.error if role is Role.OPERATOR else None,
        state=row.state,  # type: ignore[arg-type]  # validated by the model
        created_at=row.created_at,
        closed_at=row.closed_at,
    )


def alarm_read(row: AlarmRow) -> AlarmRead:
    """The alarm with its evidence."""
    return AlarmRead(
        id=row.alarm_id,
        tenant_id=row.tenant_id,
        kind=row.kind,
        subject=row.subject,
        evidence=as_text(row.evidence),
        text=alarm_text_read(AlarmKind(row.kind)) if row.kind in KINDS else None,
        created_at=row.created_at,
        closed_at=row.closed_at,
    )


def alarm_text_read(kind: AlarmKind) -> AlarmTextRead:
    """What alarms of this kind mean."""
    return AlarmTextRead.model_validate(asdict(ALARMS[kind]))


def turnover_warning_read(found: TenantWarning) -> TurnoverWarningRead:
    """The warning in words, with what was counted and what was not."""
    warning, turnover = found.warning, found.warning.turnover
    text = TURNOVER_TEXTS[warning.code]
    return TurnoverWarningRead(
        tenant_id=found.tenant_id,
        code=warning.code,
        who=text.who.value,
        year=turnover.year,
        limit=amount(warning.limit.minor),
        net_turnover=amount(turnover.net.minor),
        documents=turnover.documents,
        open_documents=turnover.open_documents,
        open_gross=amount(turnover.open_gross.minor),
        other_currency=turnover.other_currency,
        cause_de=text.cause_de,
        cause_en=text.cause_en,
        remedy_de=text.remedy_de,
        remedy_en=text.remedy_en,
    )
